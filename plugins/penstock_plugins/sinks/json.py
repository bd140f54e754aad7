"""The ``json`` sink: penstock's own JSON format."""

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
    """Everything that was recognized, with positions; `recognition_from_json` restores it without loss.

    Parameters
    ----------
    path
        Name template of the output.
    """

    path: str = "{document}.json"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write each page on a line of its own, so that a diff is readable. Raises OSError."""
        head = {"penstock": VERSION, "document": document.name, "origin": document.origin}
        with outputs.open(self.path) as file:
            # Pages are written one by one: a document may be larger than memory.
            file.write(_text(head)[:-1] + ', "pages": [')
            for index, page in enumerate(document.pages):
                file.write((",\n" if index else "\n") + _text(page_form(page)))
            file.write("\n]}\n")


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


def _text(form: dict[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False, allow_nan=False)
