"""The reference of the JSON output, of the events and of the run report."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from markdown_text import cell, explained, required, rows

from penstock import (
    Alternative,
    Line,
    Page,
    Picture,
    Quad,
    Recognition,
    RecognizedDocument,
    RecognizedPage,
    Region,
    Word,
)
from penstock.cli.event_schema import COMMON, CONTEXT, EVENTS
from penstock.engine import Survey
from penstock.json_lines import SCHEMA_VERSION
from penstock.report import RunReport
from penstock.testing import make_outputs
from penstock.testing.outputs import PageList
from penstock_plugins.sinks.json import Json

KEYS = {
    "penstock": "Version of this format.",
    "document": "Name of the document.",
    "origin": "Path or address of the document or page, as it was given.",
    "pages": "The pages in order. Pages that failed are missing.",
    "number": "Number of the page in its document, counted from 1.",
    "width": "Width of the upright page in pixels.",
    "height": "Height of the upright page in pixels.",
    "dpi": "Pixels per inch across and down, or null.",
    "angle": "Rotation of the page's text in degrees, clockwise, or null.",
    "recognizer": "The recognizer with its version or model.",
    "language": "Language as a BCP 47 tag, or null. A word or region has this key only if its language is known.",
    "direction": "Direction of the characters in upright text, of the page, region, line or word: `ltr`, `rtl`, "
    "`ttb` or `btt`.",
    "regions": "The regions of the page in reading order.",
    "kind": "Kind of the region: `paragraph`, `heading`, `marginalia` and the other terms of PAGE XML, or `text`.",
    "polygon": "Outline of the region, line or word: points `[x, y]` in pixels of the upright page.",
    "baseline": "The line on which the characters stand: points `[x, y]` from left to right of the upright text.",
    "alternatives": "Other texts that the line or word may have, the most likely first.",
    "region": "Index of the line's region in `regions`, counted from 0.",
    "unread_lines": "Number of lines that the recognizer found and could not read.",
    "lines": "The lines in reading order.",
    "text": "Text of the line or word.",
    "quad": "Four corners `[x, y]` in pixels of the upright page, clockwise from the text's top left.",
    "handwritten": "Probability from 0 to 1 that the line is handwritten, or null.",
    "words": "The words of the line.",
    "confidence": "From 0 to 1, or null. Null for a word that was corrected by hand.",
    "flagged_low": "Whether the service called the word doubtful without giving a number.",
    "corrected": "`true` for a word that was corrected by hand; other words do not have this key.",
}
"""The meaning of each key. A key that the sink writes and that is missing here fails the build."""

LEFT_OUT = ("regions", "unread_lines", "direction", "baseline", "polygon", "alternatives", "region")
"""The keys that came with version 2. Objects without such a value do not have the key."""


def json_page() -> str:
    """Return the page about the files that the ``json`` sink writes."""
    written = _example()
    keys = list(dict.fromkeys(_keys(json.loads(written))))
    return (
        "# JSON output\n\nThe `json` sink writes this format; `penstock.json_form` reads it back. Values that "
        "the service did not give are null. The keys "
        f"{', '.join(f'`{key}`' for key in LEFT_OUT)} are left out where nothing is known, and so is "
        "`confidence` of a line. Ignore keys that you do not know: later versions may add some. "
        "Each word is on a line of its own, so that it can be found and corrected in an editor:\n\n"
        f"```json\n{written}```\n\nWith `compact = true`, the sink writes each page on a single line: smaller "
        "files for programs. The format is the same.\n\n"
        "This is version 2 of the format. penstock also reads files of version 1, which had none of the keys that may be "
        "left out.\n\n" + rows(("key", "meaning"), [(f"`{key}`", KEYS[key]) for key in keys])
    )


def events_page() -> str:
    """Return the page about the JSON lines that ``--log-format json`` prints."""
    common = [(f"`{name}`", cell(_about(schema))) for name, schema in {**COMMON, **CONTEXT}.items()]
    events = [
        (f"`{name}`", cell(required(about, f"the event {name}")), ", ".join(f"`{key}`" for key in keys))
        for name, (about, keys) in EVENTS.items()
    ]
    return (
        "# Events and the run report\n\nWith `--log-format json`, every line of stderr is one JSON object. "
        f"`penstock schema --events` prints its JSON Schema, version {SCHEMA_VERSION}. Ignore events and keys that "
        "you do not know: later versions may add some.\n"
        "\n## Keys of every line {#keys}\n\n`schema`, `time`, `run` and `event` are always there, the others where "
        "they apply.\n\n"
        + rows(("key", "meaning"), [("`event`", "The name of the event."), *common])
        + "\n## Events {#events}\n\n"
        + rows(("event", "meaning", "further keys"), events)
        + "\n## The run report {#report}\n\nThe last line has the event `report`. It has `exit_code` and these "
        "keys:\n\n"
        + _fields(RunReport)
        + "\n## The dry run {#dry-run}\n\nWith `--dry-run`, the only line has "
        "the event `dry_run`, and these keys:\n\n" + _fields(Survey)
    )


def _fields(cls: type) -> str:
    """Return a table with the meaning of each field of a dataclass."""
    about = explained(cls)
    names = [each.name for each in dataclasses.fields(cls)]
    return rows(("key", "meaning"), [(f"`{name}`", cell(required(about.get(name), name))) for name in names])


def _about(schema: dict[str, Any]) -> str:
    return str(schema.get("description") or f"Always {schema['const']}: the version of this format.")


def _example() -> str:
    quad = Quad.from_box(412.0, 300.0, 655.0, 352.0)
    name = Quad.from_box(700.0, 301.0, 811.0, 352.0)
    alternatives = (Alternative("sincerely", 0.04),)
    words = (Word("sincerest", quad, 0.93, alternatives=alternatives), Word("Anna", name, corrected=True))
    line = Line(
        "sincerest Anna",
        Quad.from_box(412.0, 300.0, 811.0, 352.0),
        words,
        handwritten_probability=0.98,
        baseline=((412.0, 344.0), (655.0, 345.0), (811.0, 344.0)),
        polygon=((412.0, 300.0), (811.0, 301.0), (811.0, 352.0), (412.0, 352.0)),
        region=0,
    )
    outline = ((400.0, 290.0), (900.0, 290.0), (900.0, 360.0), (400.0, 360.0))
    regions = (Region("paragraph", outline, direction="ltr"),)
    recognition = Recognition(
        (line,), angle=-0.4, recognizer="rapidocr 3.10.0", regions=regions, unread_lines=1
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Page(1, "scans/letter.jpg", Picture(Path(folder) / "letter.jpg"), 1280, 1656, (200.0, 200.0))
        pages = PageList((RecognizedPage(page, recognition),))
        document = RecognizedDocument("letter", "scans/letter.jpg", pages)
        Json().write(document, make_outputs(document, Path(folder)))
        return (Path(folder) / "letter.json").read_text(encoding="utf-8")


def _keys(form: object) -> list[str]:
    if isinstance(form, dict):
        return [key for name, value in form.items() for key in (name, *_keys(value))]
    return [key for each in form for key in _keys(each)] if isinstance(form, list) else []


__all__ = ["events_page", "json_page"]
