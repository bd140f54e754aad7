"""What `penstock plugins --check` does: the cheap part of the conformance tests, on one plugin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from penstock.cli.catalogue import Row, named
from penstock.errors import PluginError
from penstock.overrides import apply_overrides
from penstock.plugins import find, kind_of
from penstock.report import Exit
from penstock.testing.conformance.checking import CLASSES, Outcome, outcomes
from penstock.testing.conformance.faults import NotConforming

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
    click.echo(f"{name}: a {kind}" + (f" of {origin}" if origin else ""))
    try:
        tried = [_shown(outcome) for outcome in outcomes(kind, cls, options)]
    except NotConforming as fault:
        raise PluginError(
            f"{name}: {fault.what}",
            f"give it its options: penstock plugins --check {name} --set option=value",
        ) from None
    broken = sum(outcome.state == "broken" for outcome in tried)
    kept = sum(outcome.state == "kept" for outcome in tried)
    click.echo(f"{kept} kept, {broken} broken, {len(tried) - kept - broken} left out")
    if any(outcome.state == "left out" for outcome in tried):
        click.echo(f"the rest: subclass penstock.testing.{CLASSES[kind].__name__} and run pytest")
    return Exit.SOMETHING_FAILED if broken else Exit.DONE


def _shown(outcome: Outcome) -> Outcome:
    reason = f" ({outcome.what})" if outcome.state == "left out" else ""
    click.echo(f"  {MARKS[outcome.state]:<8}  {outcome.promise}{reason}")
    if outcome.state == "broken":
        click.echo(f"            {outcome.what}")
        if outcome.instead:
            click.echo(f"            → {outcome.instead}")
    return outcome


__all__ = ["check_plugin"]
