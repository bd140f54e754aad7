"""A recognizer that reads a text file beside each picture, and leaves pages without one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.errors import NotAnswered
from penstock.hookspecs import hookimpl
from penstock.model import Document, Limits, Line, Page, Quad, Recognition


@dataclass(eq=False)
class FromFiles:
    """Takes the text from ``NAME.words``."""

    @hookimpl
    def limits(self) -> Limits:
        return Limits(remote=False)

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {}

    @hookimpl
    def page_file(self, page: Page) -> Path:
        path = page.picture.path.with_suffix(".words")
        if not path.exists():
            raise NotAnswered(f"has no words: there is no {path.name}", "write them")
        return path

    @hookimpl
    def submit(self, original: Page, document: Document) -> Recognition:
        text = f"{document.name} {self.page_file(original).read_text()}"
        return Recognition((Line(text, Quad.from_box(5, 5, 45, 20)),))
