"""`penstock plugins`: list the installed plugins, or describe one of them."""

from __future__ import annotations

import dataclasses
import inspect
import json
import shutil
import textwrap
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click

from penstock.cli.option_words import OptionRow, in_toml, option_rows, plain
from penstock.errors import PluginError, with_article
from penstock.plugins import KINDS, Offer, component_class, find, kind_of, load, nearest, offers
from penstock.report import Exit

# Class attributes that a component may declare; `penstock.hookspecs` explains them.
ATTRIBUTES = ("fetches", "is_live", "is_stateless", "output_option", "version")


@dataclass(frozen=True, slots=True)
class Row:
    """One installed plugin; ``fault`` says why it cannot be used, and ``remedy`` what to do."""

    offer: Offer
    cls: type | None  # None if it cannot be loaded
    fault: str = ""
    remedy: str = ""

    @property
    def title(self) -> str:
        """``pdf: a sink of penstock 1.0``."""
        origin = f" of {self.offer.origin}" if self.offer.origin else ""
        return f"{self.offer.name}: {with_article(self.offer.kind)}{origin}"

    @property
    def summary(self) -> str:
        """The first line of the class's docstring."""
        return plain((inspect.getdoc(self.cls) or "").partition("\n")[0])

    @property
    def options(self) -> list[OptionRow]:
        return option_rows(self.cls) if self.cls else []

    @property
    def attributes(self) -> dict[str, Any]:
        """The class attributes that the plugin declares, such as ``fetches``."""
        declared = {name: getattr(self.cls, name, None) for name in ATTRIBUTES}
        return {name: value for name, value in declared.items() if isinstance(value, (bool, str))}


def rows() -> list[Row]:
    return [_row(offer, of_kind) for of_kind in map(offers, KINDS) for offer in of_kind]


def _row(offer: Offer, of_kind: list[Offer]) -> Row:
    try:
        cls = component_class(load(offer), offer.name)
    except PluginError as error:
        return Row(offer, None, error.message, error.hint)
    same_name = [each for each in of_kind if each.name == offer.name]
    if len(same_name) > 1:
        origins = " and ".join(each.origin for each in same_name)
        return Row(offer, cls, f"the name is offered by {origins}", "uninstall one of them")
    return Row(offer, cls)


def show_plugins(*, as_json: bool = False) -> Exit:
    found = rows()
    if as_json:
        return _show_json(found)
    width = max((len(row.offer.name) for row in found), default=0)
    kind = ""
    for row in found:
        if row.offer.kind != kind:
            kind = row.offer.kind
            click.echo(f"{kind}s")
        click.echo(f"  {row.offer.name:<{width}}  {row.offer.origin}")
        _show_short(row)
    return Exit.DONE


def _show_short(row: Row) -> None:
    if row.fault:
        _paragraph(f"cannot be used: {row.fault}")
        _paragraph(row.remedy)
    else:
        _paragraph(row.summary)
        _paragraph("; ".join(str(option) for option in row.options))


def _paragraph(text: str) -> None:
    width = shutil.get_terminal_size().columns - 2
    for line in textwrap.wrap(text, max(width, 40), initial_indent=" " * 6, subsequent_indent=" " * 6):
        click.echo(line)


def named(name: str) -> list[Row]:
    """Return the plugins with a name, or the class ``./file.py:Class``. Raises PluginError without any."""
    if ".py:" in name or name.endswith(".py"):
        cls = find("sink", name, Path.cwd())
        return [Row(Offer(kind_of(cls), name, "", "", EntryPoint(name, "", "")), cls)]
    found = rows()
    if matching := [row for row in found if row.offer.name == name]:
        return matching
    meant = nearest(name, [row.offer.name for row in found])
    raise PluginError(
        f"there is no plugin named {name!r}",
        f"did you mean {meant!r}?" if meant else "`penstock plugins` lists the installed plugins",
    )


def show_one(name: str, *, as_json: bool = False) -> Exit:
    """Print the options of every plugin with a name. Raises PluginError if no plugin has it."""
    matching = named(name)
    code = Exit.SOMETHING_FAILED if any(row.fault for row in matching) else Exit.DONE
    if as_json:
        _show_json(matching)
        return code
    for row in matching:
        click.echo(row.title)
        if row.fault:
            click.echo(f"cannot be used: {row.fault}\n{row.remedy}")
        if row.cls:
            _show_whole(row)
    return code


def _show_whole(row: Row) -> None:
    click.echo(row.summary)
    if not row.options:
        click.echo("\nno options")
    for option in row.options:
        click.echo(f"\n  {option}")
        if option.variable:
            click.echo(f"      default: environment variable {option.variable}")
        for line in option.about.splitlines():
            click.echo(f"      {line}")
    if row.attributes:
        declared = ", ".join(f"{name} = {in_toml(value)}" for name, value in row.attributes.items())
        click.echo(f"\ndeclares {declared}")


def _show_json(found: list[Row]) -> Exit:
    click.echo(json.dumps([_form(row) for row in found], indent=2, ensure_ascii=False))
    return Exit.DONE


def _form(row: Row) -> dict[str, Any]:
    return {
        "name": row.offer.name,
        "kind": row.offer.kind,
        "distribution": row.offer.distribution,
        "version": row.offer.version,
        "summary": row.summary if row.cls else "",
        "usable": not row.fault,
        "fault": row.fault,
        "remedy": row.remedy,
        "options": [dataclasses.asdict(option) for option in row.options],
        "attributes": row.attributes,
    }
