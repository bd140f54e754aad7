"""Find the masks of a page's pictures. PDFium gives the size of a picture, but not of its mask.

Compressed scans often store the shapes of letters in the mask of a picture of few pixels, which holds only
the colour of the ink.
"""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name, Stream

from penstock.pdf.drawing_cost import MAX_FORM_DEPTH

Size = tuple[int, int]
"""Width and height in pixels."""


def mask_sizes(page: pikepdf.Page) -> dict[Size, Size]:
    """Return the size of the largest mask (ISO 32000-1, 8.9.6 and 11.6.5.3) of the pictures of each size."""
    found: dict[Size, Size] = {}
    for picture in _pictures(page.obj.get("/Resources"), set(), MAX_FORM_DEPTH):
        size = _size(picture)
        for mask in (picture.get("/SMask"), picture.get("/Mask")):
            if isinstance(mask, Stream):
                across, down = found.get(size, (0, 0))
                wide, high = _size(mask)
                found[size] = (max(across, wide), max(down, high))
    return found


def _pictures(resources: object, seen: set[tuple[int, int]], depth: int) -> Iterator[Stream]:
    """Yield the pictures of resources, and those of forms."""
    named = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    for drawn in named.values() if isinstance(named, Dictionary) and depth else ():
        if not isinstance(drawn, Stream) or drawn.objgen in seen:
            continue
        seen.add(drawn.objgen)
        if drawn.get("/Subtype") == Name.Image:
            yield drawn
        else:
            yield from _pictures(drawn.get("/Resources"), seen, depth - 1)


def _size(picture: Stream) -> Size:
    width, height = (picture.get(key) for key in ("/Width", "/Height"))
    return (width if isinstance(width, int) else 0, height if isinstance(height, int) else 0)
