"""Walk a PDF's page tree as it is stored (ISO 32000-1, 7.7.3), before qpdf repairs it."""

from __future__ import annotations

import pikepdf
from pikepdf import Array, Dictionary

MAX_DEPTH = 50


def remove_loops(pdf: pikepdf.Pdf) -> None:
    """Remove nodes of the page tree that contain themselves. qpdf refuses such a tree as a whole."""
    _remove_loops(_root(pdf), (), MAX_DEPTH)


def _remove_loops(node: object, above: tuple[tuple[int, int], ...], depth: int) -> None:
    if not isinstance(node, Dictionary) or not isinstance(kids := node.get("/Kids"), Array):
        return
    path = (*above, node.objgen)
    for index in reversed(range(len(kids))):
        kid = kids[index]
        if isinstance(kid, Dictionary) and "/Kids" in kid:
            if depth == 0 or kid.objgen in path:
                del kids[index]
            else:
                _remove_loops(kid, path, depth - 1)


def missing_pages(pdf: pikepdf.Pdf) -> int:
    """Return the number of pages that a PDF lists but does not hold."""
    return _missing_pages(_root(pdf), MAX_DEPTH)


def _missing_pages(node: object, depth: int) -> int:
    if not isinstance(node, Dictionary):
        return 1
    kids = node.get("/Kids")
    if not isinstance(kids, Array) or depth == 0:
        return 0
    return sum(_missing_pages(kid, depth - 1) for kid in list(kids))


def _root(pdf: pikepdf.Pdf) -> object:
    return pdf.Root.get("/Pages", Dictionary())
