"""Bookmarks of a PDF whose pages went into another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name, NameTree, OutlineItem, String

Pages = Mapping[tuple[int, int], pikepdf.Page]
"""Pages in their new place, by the object numbers that they had in their old one."""


def carry_over(source: pikepdf.Pdf, pages: Pages, target: pikepdf.Pdf) -> None:
    """Add a PDF's bookmarks of the pages that were taken to those of the other."""
    with source.open_outline() as old:
        items = list(_carried(source, old.root, pages))
    if items:
        with target.open_outline() as new:
            new.root.extend(items)


def _carried(source: pikepdf.Pdf, items: Iterable[OutlineItem], pages: Pages) -> Iterator[OutlineItem]:
    for item in items:
        children = list(_carried(source, item.children, pages))
        place = _place(source, item)
        page = pages.get(place[0].objgen) if place is not None and len(place) else None
        if page is None and not children:
            continue
        where = Array([page.obj, *list(place)[1:]]) if page is not None and place is not None else None
        carried = OutlineItem(item.title, where)
        carried.children.extend(children)
        carried.is_closed = item.is_closed
        yield carried


def _place(source: pikepdf.Pdf, item: OutlineItem) -> Array | None:
    """The explicit destination (ISO 32000-1, 12.3.2.2) that a bookmark leads to."""
    place: object = item.destination
    if place is None and isinstance(item.action, Dictionary) and item.action.get("/S") == Name.GoTo:
        place = item.action.get("/D")
    if isinstance(place, String | str):
        place = _named(source, str(place))
    if isinstance(place, Dictionary):
        place = place.get("/D")
    return place if isinstance(place, Array) else None


def _named(source: pikepdf.Pdf, name: str) -> pikepdf.Object | None:
    names = source.Root.get("/Names")
    tree = names.get("/Dests") if isinstance(names, Dictionary) else None
    return NameTree(tree).get(name) if isinstance(tree, Dictionary) else None


__all__ = ["carry_over"]
