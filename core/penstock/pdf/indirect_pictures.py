"""Find pictures that a page shows through patterns and masks. PDFium does not list them as its objects."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name, Stream

from penstock.pdf.drawing_cost import MAX_FORM_DEPTH

SMALLEST = 32
"""Pixels. A picture with a shorter side holds no legible writing."""


def has_indirect_pictures(page: pikepdf.Page) -> bool:
    """Return whether a page's patterns and soft masks, or those of its forms, draw a picture."""
    return _any_picture(page.obj.get("/Resources"), set(), MAX_FORM_DEPTH, inside=False)


def _any_picture(resources: object, seen: set[tuple[int, int]], depth: int, *, inside: bool) -> bool:
    """Return whether resources hold a picture; with ``inside = False``, only those in patterns and masks."""
    if depth == 0 or not isinstance(resources, Dictionary):
        return False
    for drawn in _streams(resources.get("/XObject")):
        if drawn.get("/Subtype") == Name.Image:
            if inside and _is_large(drawn):
                return True
        elif _is_new(drawn, seen) and _any_picture(drawn.get("/Resources"), seen, depth - 1, inside=inside):
            return True
    hidden = [*_streams(resources.get("/Pattern")), *_masks(resources.get("/ExtGState"))]
    return any(
        _is_new(form, seen) and _any_picture(form.get("/Resources"), seen, depth - 1, inside=True)
        for form in hidden
    )


def _streams(named: object) -> Iterator[Stream]:
    values = named.values() if isinstance(named, Dictionary) else ()
    return (value for value in values if isinstance(value, Stream))


def _masks(states: object) -> Iterator[Stream]:
    """Yield the forms that the soft masks of graphics states draw (ISO 32000-1, table 144)."""
    for state in states.values() if isinstance(states, Dictionary) else ():
        mask = state.get("/SMask") if isinstance(state, Dictionary) else None
        form = mask.get("/G") if isinstance(mask, Dictionary) else None
        if isinstance(form, Stream):
            yield form


def _is_new(form: Stream, seen: set[tuple[int, int]]) -> bool:
    is_new = form.objgen not in seen
    seen.add(form.objgen)
    return is_new


def _is_large(picture: Stream) -> bool:
    sides = (picture.get("/Width"), picture.get("/Height"))
    return all(isinstance(side, int) and side >= SMALLEST for side in sides)
