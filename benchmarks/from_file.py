"""A recognizer that answers every page from one file with text, to measure everything that follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock import Limits, Page, Recognition, hookimpl
from penstock.transcriptions.reading import read_transcription


@dataclass(eq=False)
class FromFile:
    """Reads the file again for each page.

    Parameters
    ----------
    path
        A file with one page.
    """

    path: Path

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {"path": str(self.path)}

    @hookimpl
    def limits(self) -> Limits:
        return Limits(remote=False)

    @hookimpl
    def submit(self, page: Page) -> Recognition:  # noqa: ARG002 - every page gets the same text
        return next(read_transcription(self.path)).recognition
