"""The reference of the JSON form, with an example that the sink itself writes."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

from markdown_text import cell, explained, rows

from penstock import Line, Page, Picture, Quad, Recognition, RecognizedDocument, RecognizedPage, Word
from penstock.report import RunReport
from penstock.testing import make_outputs
from penstock.testing.outputs import PageList
from penstock_plugins.sinks.json import Json

KEYS = {
    "penstock": "the form's version",
    "document": "the document's name",
    "origin": "what people call the document, or the page: its path or address",
    "pages": "in their order; a page that failed is missing",
    "number": "the page's place in its document, from 1",
    "width": "of the upright page in pixels",
    "height": "of the upright page in pixels",
    "dpi": "pixels per inch across and down, or null",
    "angle": "of the page's text in degrees, clockwise positive, or null",
    "recognizer": "who read it",
    "language": "of the page, or of the line, as a BCP 47 tag, or null",
    "lines": "in the order of reading",
    "text": "of the line, or of the word",
    "quad": "four corners `[x, y]`, clockwise from the text's own top left, in pixels of the upright page",
    "handwritten": "how probable it is that the line was written by hand, 0 to 1, or null",
    "words": "of the line",
    "confidence": "0 to 1, or null",
    "flagged_low": "whether the service called the word doubtful in words instead of a number",
}
"""What each key means. One that the sink writes and that is not here stops the build."""


def json_page() -> str:
    """The JSON form of what was read, and the report of a run."""
    written = _example()
    keys = list(dict.fromkeys(_keys(json.loads(written))))
    about = explained(RunReport)
    counted = dict.fromkeys(("failed", "warned", "outputs_written"), "How many there were.")
    report = {each.name: {**about, **counted}[each.name] for each in dataclasses.fields(RunReport)}
    return (
        "# The JSON form\n\nWhat the `json` sink writes; `penstock.json_form` reads it back as the same "
        "recognition. What a service did not say is null, never made up. A reader passes over keys that it "
        "does not know: later versions may add some. One page stands on each line; here it is spread out:\n\n"
        f"```json\n{json.dumps(json.loads(written), indent=2, ensure_ascii=False)}\n```\n\n"
        + rows(("key", "is"), [(f"`{key}`", KEYS[key]) for key in keys])
        + "\n## The report of a run {#report}\n\nWith `--log-format json` every line of stderr is one object "
        'with its kind under `"event"`. The last one, `"report"`, has `exit_code` and these keys:\n\n'
        + rows(("key", "is"), [(f"`{name}`", cell(about)) for name, about in report.items()])
    )


def _example() -> str:
    quad = Quad.from_box(412.0, 300.0, 655.0, 352.0)
    line = Line("sincerest", quad, (Word("sincerest", quad, 0.93),), handwritten_probability=0.98)
    recognition = Recognition((line,), angle=-0.4, recognizer="rapidocr 3.10.0")
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


__all__ = ["json_page"]
