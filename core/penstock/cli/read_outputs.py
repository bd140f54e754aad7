"""The outputs of `penstock read`: which sinks write them, and their names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.api.inputs import is_url
from penstock.cli.file_list import STANDARD_INPUT, wrong
from penstock.errors import Complaint, ConfigurationError, PluginError, with_article
from penstock.options import literal
from penstock.plugins import find
from penstock.storage import Address, Place

DEFAULT = "pdf"
BY_SUFFIX = {
    ".pdf": "pdf",
    ".txt": "text",
    ".json": "json",
    ".hocr": "hocr",
    ".html": "html",
    ".alto.xml": "alto",
    ".page.xml": "page",
}
"""The sinks that `--output` selects by the end of its file's name if there is no `--to`."""
_GLOB = re.compile(r"[*?\[]")


@dataclasses.dataclass(frozen=True, slots=True)
class OutputNames:
    """What the options of `penstock read` for outputs say."""

    to: str | None = None  # names of sinks, separated by commas
    out: Place | None = None  # the folder; None for the folder of each input
    file: Place | None = None  # the file to write, if there is one document
    is_single: bool = False  # whether `out` takes one document, because it is standard output
    on_bad_page: str = "placeholder"  # the engine's option `on_failed_page`
    facts: Mapping[str, str | None] = dataclasses.field(default_factory=dict)  # title and author, if given

    @property
    def sinks(self) -> list[str]:
        """The names of the sinks. Raises ConfigurationError without any, or if one is named twice."""
        if self.to is None:
            return [_sink_for(self.file) if self.file else DEFAULT]
        names = [name.strip() for name in self.to.split(",") if name.strip()]
        if not names:
            raise wrong("--to", "must name at least one output", "for example --to pdf,text")
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ConfigurationError(
                [Complaint("--to", f"names {name!r} twice", "name each output once") for name in twice]
            )
        return names

    def tables(self) -> list[dict[str, Any]]:
        """Return the tables of the sinks. Raises ConfigurationError."""
        names = self.sinks
        if self.file is not None:
            _check_file(self.file, self.out)
        tables = [self._table(name, is_alone=len(names) == 1) for name in names]
        if self.file is not None and not any(_is_named(table, self.file) for table in tables):
            endings = " or ".join(sorted({_suffix(table) for table in tables} - {""}))
            raise wrong(
                "--output", f"must end in {endings} with --to {self.to}, got {self.file}", "rename it"
            )
        _set_facts(tables, self.facts)
        return tables

    def _table(self, name: str, *, is_alone: bool) -> dict[str, Any]:
        """Return the table of a sink, with a template for its output if the sink has an option for that."""
        try:
            cls = find("sink", name, Path.cwd())
        except PluginError:
            # `check` reports it together with everything else that is wrong.
            return {"plugin": name}
        options = {field.name: field for field in dataclasses.fields(cls)}
        option = getattr(cls, "output_option", "path")
        if option not in options:
            return {"plugin": name}
        default = options[option].default
        template = default if isinstance(default, str) else _file_name(name)
        if self.file is not None:
            return {"plugin": name, option: _named_template(template, self.file, is_alone=is_alone)}
        return {"plugin": name, option: _template(template, self.out)}


def _set_facts(tables: Sequence[dict[str, Any]], facts: Mapping[str, str | None]) -> None:
    """Set title and author in the tables of the sinks that have such options."""
    for option, value in facts.items():
        if value is None:
            continue
        takers = [table for table in tables if option in _options_of(table["plugin"])]
        if not takers:
            raise wrong(f"--{option}", f"no output in --to has {with_article(option)}", "use --to pdf")
        for table in takers:
            table[option] = literal(value)


def _options_of(sink: str) -> set[str]:
    try:
        return {field.name for field in dataclasses.fields(find("sink", sink, Path.cwd()))}
    except PluginError:
        # `check` reports it together with everything else that is wrong.
        return set()


def check_single(place: str, names: Sequence[str], *, merged: bool) -> None:
    """Raise ConfigurationError unless the inputs make one document, which ``place`` writes to one file."""
    instead = "name one file, or use --out FOLDER"
    if len(names) > 1 and not merged:
        raise wrong(place, f"takes the output of one input, got {len(names)} inputs", instead)
    for name in names:
        if merged or name == STANDARD_INPUT or is_url(name):
            continue
        if Path(name).is_dir():
            raise wrong(place, f"takes the output of one input, and {name} is a folder", instead)
        if _GLOB.search(name) and not Path(name).exists():
            raise wrong(place, f"takes the output of one input, and {name} is a pattern", instead)


def refuse_second_output(names: Sequence[str]) -> None:
    """Raise ConfigurationError for ``in.pdf out.pdf``, if there is only the first: both would be inputs."""
    if len(names) != 2 or any(map(is_url, names)):
        return
    first, second = map(Path, names)
    if first.is_file() and _known_suffix(second) and not second.exists():
        what = "there is no such file, and every INPUT must exist"
        raise wrong(f"INPUT {second}", what, f"to write that file: penstock read {first} --output {second}")


def _sink_for(file: Place) -> str:
    if (suffix := _known_suffix(file)) is None:
        known = ", ".join(BY_SUFFIX)
        raise wrong("--output", f"must end in one of {known}, got {file}", "or name the output with --to")
    return BY_SUFFIX[suffix]


def _known_suffix(file: Place) -> str | None:
    return next((suffix for suffix in BY_SUFFIX if file.name.lower().endswith(suffix)), None)


def _check_file(file: Place, out: Place | None) -> None:
    if out is not None:
        example = f"{str(out).rstrip('/')}/{file.name}"
        raise wrong("--output", "cannot be used with --out", f"for example --output {example}")
    if not file.name or (isinstance(file, Path) and file.is_dir()):
        raise wrong("--output", f"must name a file, and {file} is a folder", "for a folder use --out")


def _is_named(table: dict[str, Any], file: Place) -> bool:
    """Whether a sink writes exactly the file."""
    return _escaped(file) in table.values()


def _suffix(table: dict[str, Any]) -> str:
    return next((_ending(Path(value)) for key, value in table.items() if key != "plugin"), "")


def _ending(file: Place) -> str:
    return _known_suffix(file) or file.suffix


def _file_name(sink: str) -> str:
    """Return a template for a sink that has no default: ``{document}.shout`` for ``./my.py:Shout``."""
    return "{document}." + re.sub(r"\W", "_", sink.rpartition(":")[2]).lower()


def _named_template(default: str, file: Place, *, is_alone: bool) -> str:
    """Return the template of the output that is called ``file``, or like it with the sink's own suffix."""
    if is_alone:
        return _escaped(file)
    name = re.sub(r"\{(beside|folder|searchable)\}/?", "", default).lstrip("/\\")
    stem = file.name[: len(file.name) - len(_ending(file))]
    return f"{_escaped(file.parent)}/{name.replace('{document}', _braces_doubled(stem))}"


def _template(default: str, out: Place | None) -> str:
    """Return the template of an output beside its input, or below ``out`` in the input's folders."""
    name = default.removeprefix("{beside}").lstrip("/\\")
    if out is not None:
        return f"{_escaped(out)}/{{folder}}/{name.removeprefix('{folder}/')}"
    if "{searchable}" not in name and name.endswith("{document}.pdf"):
        # Beside a PDF, the input itself has this name.
        name = name.removesuffix(".pdf") + "{searchable}.pdf"
    return f"{{beside}}/{name}"


def _escaped(path: Place) -> str:
    """Return a place as it is written in a template."""
    text = str(path).rstrip("/") if isinstance(path, Address) else str(path.absolute())
    return _braces_doubled(text)


def _braces_doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
