"""What `penstock plugins --check` does: the cheap part of the conformance tests, on one plugin."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from penstock.cli.catalogue import Row, named
from penstock.errors import PluginError, with_article
from penstock.overrides import apply_overrides
from penstock.plugins import find, kind_of
from penstock.report import Exit, printable
from penstock.testing.conformance.checking import CLASSES, Outcome, outcomes
from penstock.testing.conformance.faults import NotConforming

LINES = 20
"""Of what a component printed before it broke a promise, at most."""

MARKS = {"kept": "ok", "broken": "BROKEN", "left out": "left out"}


def check_plugin(name: str, settings: Iterable[str]) -> Exit:
    """Check the plugins of a name, or a class in a file, and print what each promise came to.

    Raises
    ------
    PluginError
        There is none of that name, or it cannot be loaded or made.
    """
    options: dict[str, Any] = {}
    apply_overrides(options, settings)
    if ".py:" in name:
        found = find("sink", name, Path.cwd())
        return _checked(name, kind_of(found), found, options)
    return max(_checked_row(row, options) for row in named(name))


def _checked_row(row: Row, options: dict[str, Any]) -> Exit:
    if row.cls is None or row.fault:
        raise PluginError(row.fault, row.remedy)
    return _checked(row.offer.name, row.offer.kind, row.cls, options, row.offer.origin)


def _checked(name: str, kind: str, cls: type, options: dict[str, Any], origin: str = "") -> Exit:
    click.echo(f"{name}: {with_article(kind)}" + (f" of {origin}" if origin else ""))
    try:
        tried = _shown(outcomes(kind, cls, options))
    except NotConforming as fault:
        raise PluginError(f"{name}: {fault.what}", _how_to_make(name, cls, options)) from None
    broken = sum(outcome.state == "broken" for outcome in tried)
    kept = sum(outcome.state == "kept" for outcome in tried)
    click.echo(f"{kept} kept, {broken} broken, {len(tried) - kept - broken} left out")
    if any(outcome.ends for outcome in tried):
        click.echo("nothing else can be tried before this is mended")
    if any(outcome.state == "left out" for outcome in tried):
        click.echo(f"the rest: subclass penstock.testing.{CLASSES[kind].__name__} and run pytest")
    return Exit.SOMETHING_FAILED if broken else Exit.DONE


def _how_to_make(name: str, cls: type, options: dict[str, Any]) -> str:
    """How to give a component the options that it cannot do without, and was not given."""
    missing = [
        each.name
        for each in dataclasses.fields(cls)
        if each.init
        and each.name not in options
        and each.default is dataclasses.MISSING
        and each.default_factory is dataclasses.MISSING
    ]
    if not missing:
        return f"`penstock plugins {name}` shows its options"
    settings = " ".join(f"--set {option}=..." for option in missing)
    return f"give it its options: penstock plugins --check {name} {settings}"


def _shown(tried: Iterable[Outcome]) -> list[Outcome]:
    """Print what came of each test; a fault that several find stands there once."""
    shown: list[Outcome] = []
    for outcome in tried:
        reason = f" ({outcome.what})" if outcome.state == "left out" else ""
        click.echo(f"  {MARKS[outcome.state]:<8}  {outcome.promise}{reason}")
        if outcome.state == "broken":
            same = any(_cause(each) == _cause(outcome) for each in shown)
            _show_fault(outcome, same=same)
        shown.append(outcome)
    return shown


def _cause(outcome: Outcome) -> tuple[str, str]:
    """What two outcomes of one fault have in common: not which document it befell."""
    return outcome.what.partition(": ")[2] or outcome.what, outcome.instead


def _show_fault(outcome: Outcome, *, same: bool) -> None:
    if same:
        click.echo("            the same")
        return
    click.echo(f"            {outcome.what}")
    if outcome.instead:
        click.echo(f"            → {outcome.instead}")
    for line in outcome.printed[-LINES:]:
        click.echo(f"            | {printable(line)}")


__all__ = ["check_plugin"]
