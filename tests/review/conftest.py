"""Documents whose text is known, recognized by a run, and opened for the review."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from browser import BrowserMissing, chromium
from penstock.review.documents import ReviewedDocuments
from penstock.search import Scope
from pipelines import double, tables


@pytest.fixture
def letter(tmp_path: Path) -> Callable[..., Path]:
    """Draw a TIFF file with a page for each text: ``letter("scans/a.tif", "Dear Anna?", "second page")``."""

    def make(name: str, *pages: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = len(list(path.parent.iterdir()))
        pictures = [
            Image.new("L", (600, 400), 255 - (number + len(name) + seed) % 250)
            for number in range(len(pages))
        ]
        pictures[0].save(path, save_all=True, append_images=pictures[1:])
        path.with_suffix(".words").write_text("\f".join(pages), encoding="utf-8")
        return path

    return make


@pytest.fixture
def told() -> dict[str, Any]:
    """Tables of a pipeline that recognizes the letters in the folder scans."""
    made = tables(["scans"], sinks=[{"plugin": "text", "path": "out/{document}.txt"}])
    return {**made, "recognizers": [{"plugin": double("typed:Typed")}]}


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Callable[..., ReviewedDocuments]]:
    """Open the documents of the pipeline for the review, as often as wanted."""
    with ExitStack() as opened:

        def make(inside: Path | None = None) -> ReviewedDocuments:
            scope = Scope(tmp_path / ".penstock", inside=inside)
            return opened.enter_context(ReviewedDocuments([scope]))

        yield make


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Chromium as Playwright's `Browser`, whose event loop would disturb other modules."""
    with ExitStack() as opened:
        try:
            started = opened.enter_context(chromium())
        except BrowserMissing as error:
            pytest.skip(str(error))
        yield started
