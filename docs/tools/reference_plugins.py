"""The reference of the built-in plugins and of the pipeline file."""

from __future__ import annotations

import inspect

from markdown_text import cell, explained, from_docstring, required, rows

from penstock.cli.option_words import OptionRow, option_rows
from penstock.config import NEEDED, TABLES
from penstock.model import Limits
from penstock.outputs import PLACEHOLDERS
from penstock.plugins import KINDS, Offer, component_class, load, offers
from penstock.table_options import EngineOptions, LimitOptions, WatchOptions

PLACEHOLDER_MEANINGS = {
    "document": "The document's name: its file's name without the ending, its folder's name, or the given name.",
    "page": "The page's number in its document, for sinks that write one file per page.",
    "folder": "The document's folder below the path that the source names; empty at the top.",
    "name": "The pipeline's name.",
    "date": "The day on which the run began, as YYYY-MM-DD.",
    "beside": "The folder of the original file. Must come first.",
    "searchable": "`.searchable` if the original is a PDF, so that the output has another name; else empty.",
}
"""The meaning of each placeholder. One that is missing here fails the build."""

KIND_MEANINGS = {
    "source": "finds documents and their pages",
    "transform": "changes a page's picture before it is recognized",
    "recognizer": "recognizes the text of a page",
    "rule": "decides whether a page keeps a recognizer's result or goes on to the next recognizer",
    "amender": "changes a recognizer's result, for example to correct or redact text",
    "sink": "writes recognized documents",
    "observer": "receives the events of a run",
}


def built_in(kind: str) -> list[Offer]:
    """Return the plugins of a kind that are part of penstock."""
    return [offer for offer in offers(kind) if offer.distribution == "penstock"]


def plugins_page() -> str:
    """Return the page with every built-in plugin and its options."""
    parts = [
        (
            "# Plugins and their options\n\n"
            "`penstock plugins` lists all installed plugins; `penstock plugins NAME` shows the options of one.\n\n"
        ),
        rows(("kind", "plugins", "purpose"), [(kind, _links(kind), KIND_MEANINGS[kind]) for kind in KINDS]),
    ]
    for kind in KINDS:
        parts += ["\n", *(_plugin(offer) for offer in built_in(kind))]
    return "".join(parts)


def _links(kind: str) -> str:
    return ", ".join(f"[`{each.name}`](#{each.name})" for each in built_in(kind)) or "none is built in"


def _plugin(offer: Offer) -> str:
    cls = component_class(load(offer), offer.name)
    about = required(inspect.getdoc(cls), offer.name).partition("Parameters\n---")[0]
    text = f"\n## {offer.name}\n\nKind: {offer.kind}. {from_docstring(about)}\n"
    return text + (_options(cls) if option_rows(cls) else "No options.\n")


def _options(cls: type) -> str:
    about = explained(cls)
    table = [
        _row(each, required(about.get(each.name), f"the option {each.name} of {cls.__name__}"))
        for each in option_rows(cls)
    ]
    return rows(("option", "type", "default", "meaning"), table)


def _row(option: OptionRow, about: str) -> tuple[str, str, str, str]:
    default = f"`{option.default}`" if option.default is not None else "required" if option.needed else ""
    variable = f" Default: the environment variable `{option.variable}`."
    return f"`{option.name}`", cell(option.type), default, cell(about) + (variable if option.variable else "")


def pipeline_page() -> str:
    """Return the page about the pipeline file: tables, limits of recognizers, engine options, placeholders."""
    needed = [(f"`[[{table}]]`", KIND_MEANINGS[kind], _how_many(table)) for table, kind in TABLES.items()]
    meaning = explained(Limits)
    limits = [(f"`{each.name}`", each.type, cell(meaning[each.name])) for each in option_rows(LimitOptions)]
    return (
        "# The pipeline file\n\nA TOML file in UTF-8. The top-level key `name` is the pipeline's name; it defaults "
        "to the file's name. Relative paths start at the file's folder. `${NAME}` is replaced by the environment "
        "variable of that name; write `$${` for a literal `${`. A secret must be such a variable, or in a file of "
        'its own: `key = { file = "azure.key" }`. If a service refuses a key with status 401, the file is read again.\n\n'
        + rows(("table", "component", "number"), needed)
        + "\nEach table has the key `plugin`, which is a plugin's name or `./file.py:Class`, and the "
        "[plugin's options](plugins.md). Components are called in the order of the file.\n\n"
        "## Limits of any recognizer {#limits}\n\n"
        "Each recognizer has default limits. These options override them:\n\n"
        + rows(("option", "type", "meaning"), limits)
        + "\n`accept` names rules for the results of a recognizer, and `unit` is `pages` or `lines`: [what is sent]"
        "(../how-to/cheap-first.md) of a page that they do not accept.\n"
        + "\n## [engine] {#engine}\n\n"
        + _options(EngineOptions)
        + "\n## [watch] {#watch}\n\nFor `penstock watch`: [how to watch folders](../how-to/watch.md).\n\n"
        + _options(WatchOptions)
        + "\n## Output names {#placeholders}\n\n"
        + rows(
            ("placeholder", "value"), [(f"`{{{each}}}`", PLACEHOLDER_MEANINGS[each]) for each in PLACEHOLDERS]
        )
        + "\nInserted values are made safe: they cannot leave the folder that the template names. Write `{{` "
        "or `}}` for a literal brace. A name can be an address of [object "
        "storage](../how-to/object-storage.md#write-outputs): `s3://bucket/{document}.pdf`.\n"
    )


def _how_many(table: str) -> str:
    return "one or more" if table in NEEDED else "any number"


__all__ = ["KIND_MEANINGS", "built_in", "pipeline_page", "plugins_page"]
