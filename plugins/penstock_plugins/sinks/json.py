"""The `json` sink."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from penstock.hookspecs import hookimpl
from penstock.json_form import VERSION, recognition_to_json
from penstock.model import RecognizedDocument, RecognizedPage
from penstock.outputs import Outputs


@dataclass(eq=False)
class Json:
    """Everything that was read, with its places; reads back as the same recognition.

    Parameters
    ----------
    path
        Name of the output.
    """

    path: str = "{document}.json"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write one object; a page on each line, so that it can be read and compared by people, too."""
        head = {"penstock": VERSION, "document": document.name, "origin": document.origin}
        with outputs.open(self.path) as file:
            file.write(_text(head)[:-1] + ', "pages": [')
            for index, page in enumerate(document.pages):
                file.write((",\n" if index else "\n") + _text(page_form(page)))
            file.write("\n]}\n")


def page_form(read: RecognizedPage) -> dict[str, Any]:
    """One page's object."""
    page = read.page
    return {
        "number": page.number,
        "origin": page.origin,
        "width": page.width,
        "height": page.height,
        "dpi": list(page.dpi) if page.dpi else None,
        **recognition_to_json(read.recognition),
    }


def _text(form: dict[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False, allow_nan=False)
