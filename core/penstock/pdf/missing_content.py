"""Find pages of PDFs whose content is missing or damaged: both libraries show such pages as blank."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from penstock.pdf.drawing_cost import MAX_FORM_DEPTH, MAX_OPERATOR_BYTES, drawn_names

_DAMAGED = "file is damaged"
"""qpdf's warning about damaged files; its warnings about odd entries in whole files differ."""


def was_damaged(warnings: Iterable[object]) -> bool:
    """Return whether qpdf had to rebuild a PDF's cross-reference table, as for a truncated file."""
    return any(_DAMAGED in str(warning) for warning in warnings)


def has_missing_content(page: pikepdf.Page) -> bool:
    """Return whether a page's content, or anything that the content draws, is not in the file."""
    parts = dict(page.obj.items())
    content = parts.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    if "/Contents" in parts and not all(isinstance(stream, Stream) for stream in streams):
        return True
    return any(drawn is None for drawn in drawn_objects(page))


def drawn_objects(page: pikepdf.Page) -> Iterator[object]:
    """Yield the pictures and forms that a page and its forms draw, once each; None for a missing one."""
    content = page.obj.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    resources, seen = _inherited(page.obj), set[tuple[int, int]]()
    for stream in streams:
        if isinstance(stream, Stream):
            yield from _drawn(stream, resources, seen, MAX_FORM_DEPTH)


def has_damaged_content(page: pikepdf.Page) -> bool:
    """Return whether any of a page's operators cannot be decoded."""
    content = page.obj.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    return any(is_damaged(stream) for stream in streams if isinstance(stream, Stream))


def is_damaged(stream: Stream) -> bool:
    """Return whether a stream's data cannot be decoded, or are cut off."""
    if stream.get("/Filter") == Name.FlateDecode and "/DecodeParms" not in stream:
        packed, unpacked = stream.read_raw_bytes(), zlib.decompressobj()
        if not packed:
            return False
        try:
            unpacked.decompress(packed, MAX_OPERATOR_BYTES)
        except zlib.error:
            return True
        # qpdf and PDFium accept what is there of data that are cut off.
        return not unpacked.eof
    try:
        stream.read_bytes()
    except pikepdf.PdfError:
        return True
    return False


def _inherited(node: object) -> object:
    """Return a page's own or inherited resources (ISO 32000-1, 7.7.3.4)."""
    for _ in range(MAX_FORM_DEPTH):
        if not isinstance(node, Dictionary):
            break
        if "/Resources" in node:
            return node["/Resources"]
        node = node.get("/Parent")
    return None


def _drawn(stream: Stream, resources: object, seen: set[tuple[int, int]], depth: int) -> Iterator[object]:
    objects = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    named = dict(objects.items()) if isinstance(objects, Dictionary) else {}
    for name in drawn_names(stream):
        drawn = named.get(name)
        if isinstance(drawn, Stream):
            if drawn.objgen in seen:
                continue
            seen.add(drawn.objgen)
        yield drawn
        if depth and isinstance(drawn, Stream) and drawn.get("/Subtype") == Name.Form:
            yield from _drawn(drawn, drawn.get("/Resources", resources), seen, depth - 1)
