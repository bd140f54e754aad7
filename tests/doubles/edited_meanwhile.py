"""A recognizer during whose run a person corrects a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from penstock.hookspecs import hookimpl
from penstock.model import Line, Operation, Page, Pending, Quad, Recognition, Word
from penstock.review.documents import ReviewedDocuments
from penstock.review.editing import Editor
from penstock.search import Scope

QUAD = Quad.from_box(10, 10, 60, 30)


@dataclass(eq=False)
class EditedMeanwhile:
    """Recognizes "first" on the first page, and "second" on the others once the first is "mended"."""

    state: Path

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {}

    @hookimpl
    def submit(self, page: Page) -> Recognition | Operation:
        return Operation({}, durable=False) if page.picture.page_index else _recognition("first")

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        with ReviewedDocuments([Scope(self.state)]) as documents:
            key = documents.listed()["documents"][0]["key"]
            page = documents.page(key, 1)
            if page["state"] != "read":
                return Pending()
            (before,) = page["lines"]
            after = json.loads(json.dumps(before).replace("first", "mended"))
            form = {"kind": "replace", "start": 0, "before": [before], "after": [after]}
            Editor(documents).edit(key, 1, form)
        return _recognition("second")


def _recognition(text: str) -> Recognition:
    return Recognition((Line(text, QUAD, (Word(text, QUAD),)),), recognizer="edited 1")
