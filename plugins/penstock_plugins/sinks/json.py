"""The ``json`` sink: penstock's own JSON format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.hookspecs import hookimpl
from penstock.json_form import VERSION, recognition_to_json
from penstock.model import RecognizedDocument, RecognizedPage
from penstock.outputs import Outputs

INDENT = "  "


@dataclass(eq=False)
class Json:
    """Everything that was recognized, with positions; `recognition_from_json` restores it without loss.

    Parameters
    ----------
    path
        Name template of the output.
    compact
        Write each page on a single line, for programs. Otherwise each word is on a line of its own, for
        people who correct it.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.json"
    compact: bool = False

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write the document. Raises OSError."""
        head = {"penstock": VERSION, "document": document.name, "origin": document.origin}
        with outputs.open(self.path) as file:
            # Pages are written one by one: a document may be larger than memory.
            file.write(_text(head)[:-1] + ', "pages": [')
            for index, page in enumerate(document.pages):
                form = page_form(page)
                text = _text(form) if self.compact else INDENT + _indented(form, INDENT)
                file.write((",\n" if index else "\n") + text)
            file.write("\n]")
            before, end = ', "missing": [\n', "}\n"
            for missing in document.missing:
                text = _text({"number": missing.number, "why": missing.why})
                file.write(before + ("" if self.compact else INDENT) + text)
                before, end = ",\n", "\n]}\n"
            file.write(end)


def page_form(recognized: RecognizedPage) -> dict[str, Any]:
    page = recognized.page
    return {
        "number": page.number,
        "origin": page.origin,
        "width": page.width,
        "height": page.height,
        "dpi": list(page.dpi) if page.dpi else None,
        **recognition_to_json(recognized.recognition),
    }


def _text(form: object) -> str:
    return json.dumps(form, ensure_ascii=False, allow_nan=False)


def _indented(form: object, indent: str) -> str:
    """Return JSON that is broken into lines wherever an object or a list contains objects.

    A word with its quad stays on one line.
    """
    if isinstance(form, list) and _contains_objects(form):
        return _broken("[", (_indented(each, indent + INDENT) for each in form), "]", indent)
    if isinstance(form, dict) and _is_broken(form):
        items = (f"{_text(key)}: {_indented(value, indent + INDENT)}" for key, value in form.items())
        return _broken("{", items, "}", indent)
    return _text(form)


def _is_broken(form: dict[str, Any]) -> bool:
    """Whether an object takes several lines. The alternatives of a word stay on its line."""
    return any(_contains_objects(value) for key, value in form.items() if key != "alternatives")


def _contains_objects(form: object) -> bool:
    return isinstance(form, list) and any(isinstance(each, dict) for each in form)


def _broken(start: str, items: Iterable[str], end: str, indent: str) -> str:
    separator = f"\n{indent}{INDENT}"
    return start + separator + f",{separator}".join(items) + f"\n{indent}{end}"
