"""`penstock plugins --check`: run the conformance tests on one plugin."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import click

from penstock.cli.catalogue import Row, named
from penstock.errors import PluginError
from penstock.overrides import apply_overrides
from penstock.report import Exit, printable
from penstock.testing.conformance.checking import CLASSES, Outcome, live_effects, outcomes
from penstock.testing.conformance.errors import ConformanceError

PRINTED_LINES = 20  # of a component's own output, for a failed test
MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}


def check_plugin(name: str, settings: Iterable[str], *, live: bool = False) -> Exit:
    """Check the plugins with a name, or a class in a file, and print the outcome of each test.

    ``live`` includes the tests that may send pages to a service or wait for input. Raises PluginError
    if there is no such plugin, or it cannot be loaded or made.
    """
    options: dict[str, Any] = {}
    apply_overrides(options, settings, examples="for example paths=['.']")
    return max(_check(row, options, live=live) for row in named(name))


def _check(row: Row, options: dict[str, Any], *, live: bool) -> Exit:
    if row.cls is None or row.fault:
        raise PluginError(row.fault, row.remedy)
    click.echo(row.title)
    name, kind = row.offer.name, row.offer.kind
    try:
        if live and (effects := live_effects(kind, row.cls, options)):
            click.echo(f"--live {effects}")
        found = _show(outcomes(kind, row.cls, options, live=live))
    except ConformanceError as error:
        raise PluginError(f"{name}: {error.message}", _how_to_make(name, row.cls, options)) from None
    failed = sum(outcome.state == "failed" for outcome in found)
    skipped = sum(outcome.state == "skipped" for outcome in found)
    click.echo(f"{len(found) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    if any(outcome.is_fatal for outcome in found):
        click.echo("fix this first: the other tests cannot be run before")
    if skipped:
        also = "add --live, or " if not live and live_effects(kind, row.cls, options) else ""
        subclass = f"subclass penstock.testing.{CLASSES[kind].__name__} and run pytest"
        click.echo(f"to run the skipped tests, {also}{subclass}")
    return Exit.SOMETHING_FAILED if failed else Exit.DONE


def _how_to_make(name: str, cls: type, options: dict[str, Any]) -> str:
    """Return a hint for the options that a component needs and did not get."""
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
    return f"set its options: penstock plugins --check {name} {settings}"


def _show(found: Iterable[Outcome]) -> list[Outcome]:
    """Print the outcome of each test; an error that several tests find is printed once."""
    shown: list[Outcome] = []
    for outcome in found:
        reason = f" ({outcome.message})" if outcome.state == "skipped" else ""
        click.echo(f"  {MARKS[outcome.state]:<7}  {outcome.rule}{reason}")
        if outcome.state == "failed":
            _show_error(outcome, again=any(_cause(each) == _cause(outcome) for each in shown))
        shown.append(outcome)
    return shown


def _cause(outcome: Outcome) -> tuple[str, str]:
    """What two outcomes of one error have in common: the exception with its line, and the hint."""
    return outcome.message.partition(", got ")[2] or outcome.message, outcome.hint


def _show_error(outcome: Outcome, *, again: bool) -> None:
    if again:
        click.echo("           same error as above")
        return
    click.echo(f"           {outcome.message}")
    if outcome.hint:
        click.echo(f"           → {outcome.hint}")
    for line in outcome.printed[-PRINTED_LINES:]:
        click.echo(f"           | {printable(line)}")
