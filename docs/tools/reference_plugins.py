"""The reference of the built-in plugins and of the pipeline file, from their options."""

from __future__ import annotations

import inspect

from markdown_text import cell, explained, from_docstring, rows

from penstock.cli.option_words import OptionRow, option_rows
from penstock.config import NEEDED, TABLES, EngineOptions, LimitOptions
from penstock.model import Limits
from penstock.outputs import PLACEHOLDERS
from penstock.plugins import KINDS, Offer, component_class, load, offers

WHAT_FILLS = {
    "document": "the document's name: the file's without its ending, the folder's, the one that was given",
    "page": "the page's number in its document, for outputs of which every page has its own",
    "folder": "where the document lies below the path that the source names; empty at its top",
    "name": "the pipeline's name",
    "date": "the day the run began, as YYYY-MM-DD",
    "beside": "the folder that the original lies in; stands first",
    "searchable": "`.searchable` if the original is a PDF, nothing otherwise: so a PDF is not in its own way",
}
"""What each placeholder stands for. One without a meaning here stops the build."""

KINDS_DO = {
    "source": "finds documents and their pages",
    "transform": "changes a page's picture before it is read",
    "recognizer": "is given a page, and asked until it is read",
    "sink": "writes a document that was read",
    "observer": "watches the run",
}


def built_in(kind: str) -> list[Offer]:
    """The plugins of a kind that come with penstock."""
    return [offer for offer in offers(kind) if offer.distribution == "penstock"]


def plugins_page() -> str:
    """Every built-in plugin with its options."""
    parts = [
        (
            "# Plugins and their options\n\n"
            "`penstock plugins` lists what is installed, yours too; `penstock plugins NAME` shows one.\n\n"
        ),
        rows(("kind", "plugins", "does"), [(kind, _links(kind), KINDS_DO[kind]) for kind in KINDS]),
    ]
    for kind in KINDS:
        parts += ["\n", *(_plugin(offer) for offer in built_in(kind))]
    return "".join(parts)


def _links(kind: str) -> str:
    return ", ".join(f"[`{each.name}`](#{each.name})" for each in built_in(kind))


def _plugin(offer: Offer) -> str:
    cls = component_class(load(offer), offer.name)
    about = (inspect.getdoc(cls) or "").partition("Parameters\n---")[0]
    text = f"\n## {offer.name}\n\nA {offer.kind}. {from_docstring(about)}\n"
    return text + (_options(cls) if option_rows(cls) else "It has no options.\n")


def _options(cls: type) -> str:
    about = explained(cls)
    table = [_row(each, about.get(each.name, "")) for each in option_rows(cls)]
    return rows(("option", "type", "default", "about"), table)


def _row(option: OptionRow, about: str) -> tuple[str, str, str, str]:
    default = f"`{option.default}`" if option.default is not None else "needed" if option.needed else ""
    variable = f" From the environment variable `{option.variable}` if it is not given."
    return f"`{option.name}`", cell(option.type), default, cell(about) + (variable if option.variable else "")


def pipeline_page() -> str:
    """The pipeline file: its tables, what every recognizer takes, the engine's options, placeholders."""
    needed = [(f"`[[{table}]]`", KINDS_DO[kind], _how_many(table)) for table, kind in TABLES.items()]
    meaning = explained(Limits)
    limits = [(f"`{each.name}`", each.type, cell(meaning[each.name])) for each in option_rows(LimitOptions)]
    return (
        "# The pipeline file\n\nTOML, in UTF-8. `name` at its top is the pipeline's name (else the file's "
        "own). Relative paths start at the file's folder. `${NAME}` is filled in from the environment, "
        "`$${` stands for `${`.\n\n"
        + rows(("table", "component", "how many"), needed)
        + "\nEach has `plugin`, its name or `./file.py:Class`, and the [plugin's own options](plugins.md). "
        "Components are called in the file's order.\n\n"
        "## Limits of any recognizer {#limits}\n\n"
        "A recognizer knows what its service bears. These stand in the place of its own word:\n\n"
        + rows(("option", "type", "about"), limits)
        + "\n## [engine] {#engine}\n\n"
        + _options(EngineOptions)
        + "\n## Names of outputs {#placeholders}\n\n"
        + rows(("placeholder", "stands for"), [(f"`{{{each}}}`", WHAT_FILLS[each]) for each in PLACEHOLDERS])
        + "\nWhat is filled in comes from outside: it is made one safe name, and never leaves the folder "
        "that you wrote. For a brace itself write `{{` or `}}`.\n"
    )


def _how_many(table: str) -> str:
    return "one or more" if table in NEEDED else "any number"


__all__ = ["KINDS_DO", "built_in", "pipeline_page", "plugins_page"]
