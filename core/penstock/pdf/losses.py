"""What a damaged PDF has lost: a file that is cut off is repaired into pages without their pictures.

Asked only of PDFs that qpdf had to repair: in others a name for nothing is a slip of their writer.
"""

from __future__ import annotations

from collections.abc import Iterable

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from penstock.pdf.weight import DEEPEST_FORM, drawn_names

_DAMAGED = "file is damaged"
"""What qpdf says of such a file alone; of odd entries in whole ones it has other things to say."""
_NOT_THERE = "Pages tree includes non-dictionary object"
"""What qpdf says of each page that is listed and not there, before it takes it from the list."""


def was_repaired(warnings: Iterable[object]) -> bool:
    """Whether a PDF's table of objects had to be made anew, as that of one that is cut off."""
    return any(_DAMAGED in str(warning) for warning in warnings)


def pages_lost(warnings: Iterable[object]) -> int:
    """How many pages a PDF lists and does not have, by what qpdf had to say of it."""
    return sum(_NOT_THERE in str(warning) for warning in warnings)


def has_lost_something(page: pikepdf.Page) -> bool:
    """Whether what a page draws, or says that it draws, is not in the file."""
    parts = dict(page.obj.items())
    content = parts.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    if "/Contents" in parts and None in streams:
        return True
    resources, seen = _inherited(page.obj), set[tuple[int, int]]()
    drawn = (stream for stream in streams if isinstance(stream, Stream))
    return any(_draws_nothing(stream, resources, seen, DEEPEST_FORM) for stream in drawn)


def _inherited(node: object) -> object:
    """A page's resources, its own or those of the tree above it (ISO 32000-1, 7.7.3.4)."""
    for _ in range(DEEPEST_FORM):
        if not isinstance(node, Dictionary):
            break
        if "/Resources" in node:
            return node["/Resources"]
        node = node.get("/Parent")
    return None


def _draws_nothing(stream: Stream, resources: object, seen: set[tuple[int, int]], depth: int) -> bool:
    """Whether a stream, or a form that it draws, draws something of which only the name is left."""
    known = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    listed = dict(known.items()) if isinstance(known, Dictionary) else {}
    for name in drawn_names(stream):
        drawn = listed.get(name)
        if drawn is None:
            return True
        if not isinstance(drawn, Stream) or drawn.get("/Subtype") != Name.Form or drawn.objgen in seen:
            continue
        seen.add(drawn.objgen)
        inner = drawn.get("/Resources", resources)
        if depth and _draws_nothing(drawn, inner, seen, depth - 1):
            return True
    return False


__all__ = ["has_lost_something", "pages_lost", "was_repaired"]
