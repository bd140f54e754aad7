"""What `penstock plugins` prints."""

from __future__ import annotations

import dataclasses
import inspect
import re
from dataclasses import dataclass
from typing import Any, get_type_hints

import click

from penstock.errors import PluginError
from penstock.plugins import KINDS, Offer, load, nearest, offers
from penstock.report import Exit

_PARAMETER = re.compile(r"^(\w[\w, ]*)\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One plugin, loaded or not."""

    offer: Offer
    cls: type | None
    fault: str = ""

    @property
    def summary(self) -> str:
        """The first sentence of its docstring, or why it does not load."""
        if self.fault:
            return f"does not load: {self.fault}"
        return (inspect.getdoc(self.cls) or "").partition("\n")[0]


def rows() -> list[Row]:
    """Every plugin that some distribution offers."""
    return [_row(offer) for kind in KINDS for offer in offers(kind)]


def _row(offer: Offer) -> Row:
    try:
        loaded = load(offer)
    except PluginError as error:
        return Row(offer, None, str(error))
    if isinstance(loaded, type) and dataclasses.is_dataclass(loaded):
        return Row(offer, loaded)
    return Row(offer, None, "a component is a dataclass; decorate its class with @dataclass(eq=False)")


def show_plugins() -> Exit:
    """Print all of them, by kind."""
    kind = ""
    for row in rows():
        if row.offer.kind != kind:
            kind = row.offer.kind
            click.echo(f"{kind}s")
        click.echo(f"  {row.offer.name:<28} {row.offer.origin:<18} {row.summary}")
    return Exit.DONE


def show_one(name: str) -> Exit:
    """Print the options of every plugin of a name. Raises PluginError if there is none."""
    matching = [row for row in rows() if row.offer.name == name]
    if not matching:
        meant = nearest(name, [row.offer.name for row in rows()])
        raise PluginError(f"there is no plugin named {name!r}", f"did you mean {meant!r}?" if meant else "")
    for row in matching:
        click.echo(f"{row.offer.name}: a {row.offer.kind} of {row.offer.origin}\n{row.summary}")
        if row.cls:
            _show_options(row.cls)
    return Exit.SOMETHING_FAILED if any(row.fault for row in matching) else Exit.DONE


def _show_options(cls: type) -> None:
    explained = explanations(inspect.getdoc(cls) or "")
    try:
        hints = get_type_hints(cls)
    except Exception:
        hints = {}
    fields = [option for option in dataclasses.fields(cls) if option.init]
    if not fields:
        click.echo("\nIt has no options.")
    for option in fields:
        variable = option.metadata.get("env")
        click.echo(f"\n  {option.name}: {_type(hints.get(option.name, option.type))}{_default(option)}")
        if variable:
            click.echo(f"      from the environment variable {variable} if it is not given")
        for line in explained.get(option.name, "").splitlines():
            click.echo(f"      {line}")


def explanations(docstring: str) -> dict[str, str]:
    """What a docstring's "Parameters" section says of each option."""
    _, _, section = docstring.partition("Parameters\n----------\n")
    section = re.split(r"\n\n?\w+\n-{3,}\n", section)[0]
    return {
        name.strip(): inspect.cleandoc(text)
        for names, text in _PARAMETER.findall(section)
        for name in names.split(",")
    }


def _type(hint: Any) -> str:
    shown = str(hint) if not isinstance(hint, type) or hasattr(hint, "__args__") else hint.__name__
    return re.sub(r"typing\.|pathlib\.\w*?\.?(?=Path)|penstock\.\w+\.", "", shown)


def _default(option: dataclasses.Field[Any]) -> str:
    if option.default is not dataclasses.MISSING:
        return f" = {option.default!r}"
    if option.default_factory is not dataclasses.MISSING:
        try:
            return f" = {option.default_factory()!r}"
        except Exception as error:
            return f"  (its default cannot be made: {type(error).__name__})"
    return "  (needed)" if not option.metadata.get("env") else ""
