"""Two small scans of handwriting, from a letter of 1905; scans/CREDITS.md has their origin and license."""

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
"""The text of each scan. The second one is stored on its side, with an EXIF orientation."""


def scanned_pages(folder: Path) -> list[Page]:
    """Copy the scans into a folder, and return their pages."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: list[Page] = []
    for name in KNOWN_TEXT:
        copy = Path(shutil.copy(SCANS / name, folder / name))
        pages += find_pages(copy, name, len(pages) + 1)
    return pages
