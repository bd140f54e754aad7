"""Real handwriting, small: two pieces of a letter of 1905 (scans/CREDITS.md says whose, and the license)."""

from __future__ import annotations

import shutil
from pathlib import Path

from penstock.images import find_pages
from penstock.model import Page

SCANS = Path(__file__).parent / "scans"

KNOWN_TEXT = {
    "letter-lines.jpg": "and loved Mrs. Stanford so well, our sincerest sympathies. Any",
    "letter-sideways.jpg": "To Dr. David Starr Jordan: We are deep in sor=",
}
"""What stands on each; the second one is stored lying on its side, and its EXIF says so."""


def scanned_pages(folder: Path) -> list[Page]:
    """Pages of real handwriting, as copies in a folder of one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: list[Page] = []
    for name in KNOWN_TEXT:
        copy = Path(shutil.copy(SCANS / name, folder / name))
        pages += find_pages(copy, name, len(pages) + 1)
    return pages


__all__ = ["KNOWN_TEXT", "scanned_pages"]
