"""The pages of a picture or PDF, as all sources yield them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import PictureError
from penstock.model import ExistingText, Page, Problem
from penstock.report import counted
from penstock_plugins.sources.page_ranges import PageRanges


@dataclass(frozen=True, slots=True)
class PageFinder:
    """Finds the pages of files; the fields are options of the source."""

    existing_text: ExistingText
    break_signatures: bool
    ranges: PageRanges  # the pages of each file to take

    def pages(
        self, path: Path, origin: str, first_number: int = 1, *, reported: Path | None = None
    ) -> Iterator[Page | Problem]:
        """Yield the pages, and a problem in place of those that cannot be read.

        A problem names the path ``reported``: a file of the user, but not one of the spool.
        """
        try:
            yield from self.look_into(path, origin, first_number)
        except PictureError as error:
            yield Problem(origin, error.message.removeprefix(f"{origin}: "), error.hint, reported)

    def look_into(self, path: Path, origin: str, first_number: int = 1) -> Iterator[Page | Problem]:
        """Yield like `pages`, but raise PictureError if the file is not a picture or PDF at all."""
        from penstock.images import look_into

        existing, break_signatures = self.existing_text, self.break_signatures
        found = look_into(
            path, origin, first_number, existing_text=existing, break_signatures=break_signatures
        )
        return found if self.ranges.selects_all else self._selected(found, origin)

    def _selected(self, found: Iterator[Page | Problem], origin: str) -> Iterator[Page | Problem]:
        """Yield the selected pages, or a problem without any. The rest is not looked into."""
        count, is_empty = 0, True
        for count, page in enumerate(found, start=1):
            if count in self.ranges:
                is_empty = False
                yield page
            if count >= self.ranges.last:
                return
        if is_empty:
            why = f"none of its pages is selected: it has {counted(count, 'page')}"
            yield Problem(origin, why, "select pages that the file has")
