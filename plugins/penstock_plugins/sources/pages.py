"""The pages of a picture or PDF, as all sources yield them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import PictureError
from penstock.model import ExistingText, Page, Problem


@dataclass(frozen=True, slots=True)
class PageFinder:
    """Finds the pages of files; the parameters are options of the source."""

    existing_text: ExistingText
    break_signatures: bool

    def pages(
        self, path: Path, origin: str, first_number: int = 1, *, reported: Path | None = None
    ) -> Iterator[Page | Problem]:
        """Yield the pages, and a problem in place of those that cannot be read.

        Parameters
        ----------
        reported
            The path that a problem names: a file of the user, but not one of the spool.
        """
        try:
            yield from self._pages(path, origin, first_number)
        except PictureError as error:
            yield _problem(error, origin, reported)

    def problem(self, path: Path, origin: str) -> Problem | None:
        """Return why a file is not a picture or PDF at all, or None. A PDF may have damaged pages."""
        try:
            next(self._pages(path, origin, 1), None)
        except PictureError as error:
            return _problem(error, origin, None)
        return None

    def _pages(self, path: Path, origin: str, first_number: int) -> Iterator[Page | Problem]:
        from penstock.images import look_into

        return look_into(
            path,
            origin,
            first_number,
            existing_text=self.existing_text,
            break_signatures=self.break_signatures,
        )


def _problem(error: PictureError, origin: str, path: Path | None) -> Problem:
    return Problem(origin, error.message.removeprefix(f"{origin}: "), error.hint, path)


__all__ = ["PageFinder"]
