"""Pages as another program transcribed them, and what the recognizer says about them."""

from __future__ import annotations

from dataclasses import replace

from penstock.model import Document, Homography, Recognition, RecognizedPage
from penstock_plugins.recognizers.existing import Existing


def foreign(text: str) -> str:
    """Return a file of penstock's writers as if another program had written it."""
    return text.replace("penstock", "anyocr")


def scaled(page: RecognizedPage, scale: float) -> RecognizedPage:
    mapped = page.recognition.mapped(Homography.scaling(scale, scale))
    width, height = round(page.page.width * scale), round(page.page.height * scale)
    return RecognizedPage(replace(page.page, width=width, height=height), mapped)


def answer(existing: Existing, page: RecognizedPage, document: Document | None = None) -> Recognition:
    """Return what the recognizer says about a page; the engine calls the two hooks in this order."""
    given = page.page
    document = document or Document(
        given.picture.path.stem, given.origin, [], beside=given.picture.path.parent
    )
    existing.page_file(given, document)
    return existing.submit(given, given, document)
