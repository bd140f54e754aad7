"""Neighbouring pages that are written in one way: afresh from pictures, or in the PDF that they stand in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from penstock.model import RecognizedPage
from penstock.pdf.kind import is_pdf


def runs(pages: Iterable[RecognizedPage]) -> Iterator[tuple[Path | None, Iterator[RecognizedPage]]]:
    """Neighbouring pages of one PDF together, and neighbouring pictures; pictures have no path."""
    return itertools.groupby(pages, _pdf_path())


def _pdf_path() -> Callable[[RecognizedPage], Path | None]:
    """Tells a page's PDF; looks at a file once for all of its neighbouring pages."""
    last: list[tuple[Path, Path | None]] = []

    def tell(read: RecognizedPage) -> Path | None:
        path = read.page.picture.path
        if not last or last[0][0] != path:
            last[:] = [(path, path if is_pdf(path) else None)]
        return last[0][1]

    return tell


__all__ = ["runs"]
