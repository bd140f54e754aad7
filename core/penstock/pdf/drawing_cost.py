"""Estimate how much work it is to render a PDF's page, before it is rendered.

A few kilobytes can unpack to gigabytes of operators, or draw forms within forms a thousand million times.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

MAX_OPERATOR_BYTES = 128 << 20
"""Bytes of operators that a page may have. A form counts as often as it is drawn."""
MAX_FORM_DEPTH = 40
"""Forms within forms that PDFium draws."""

_DRAWN = re.compile(rb"/([^\s/\[\]()<>{}%]+)\s+Do\b")


def exceeds_operator_limit(page: pikepdf.Page) -> bool:
    """Return whether rendering a page takes more than `MAX_OPERATOR_BYTES` of operators."""
    content = page.obj.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    forms: dict[tuple[int, int], int] = {}
    cost = 0
    for stream in streams:
        if isinstance(stream, Stream):
            cost += _cost(stream, page.obj.get("/Resources"), forms, MAX_FORM_DEPTH)
    return cost > MAX_OPERATOR_BYTES


def _cost(
    stream: Stream, resources: pikepdf.Object | None, forms: dict[tuple[int, int], int], depth: int
) -> int:
    """Return the bytes of operators of a stream and of the forms that it draws.

    `forms` holds the costs of forms already counted, by object number. A result above the limit is not exact.
    """
    if depth == 0:
        return MAX_OPERATOR_BYTES + 1
    operators = _operators(stream)
    cost = len(operators)
    drawn = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    if not isinstance(drawn, Dictionary):
        return cost
    for name, times in _counted(operators):
        form = drawn.get(name)
        if cost > MAX_OPERATOR_BYTES:
            break
        if isinstance(form, Stream) and form.get("/Subtype") == Name.Form:
            if form.objgen not in forms:
                # A form that draws itself finds this value, which is above the limit, and so ends.
                forms[form.objgen] = MAX_OPERATOR_BYTES + 1
                inner = form.get("/Resources", resources)
                forms[form.objgen] = _cost(form, inner, forms, depth - 1)
            cost += times * forms[form.objgen]
    return cost


def drawn_names(stream: Stream) -> set[str]:
    """Return the names of the pictures and forms that a stream's operators draw."""
    return {name for name, _ in _counted(_operators(stream))}


def _counted(operators: bytes) -> Iterator[tuple[str, int]]:
    counts: dict[bytes, int] = {}
    for match in _DRAWN.finditer(operators):
        counts[match[1]] = counts.get(match[1], 0) + 1
    for name, times in counts.items():
        yield "/" + name.decode("latin-1"), times


def _operators(stream: Stream) -> bytes:
    """Return a stream's decoded operators, at most one byte more than the limit.

    Only Flate is decoded: other filters compress too little to matter.
    """
    data = stream.read_raw_bytes()
    filters = stream.get("/Filter", Array())
    for packing in filters if isinstance(filters, Array) else [filters]:
        if packing not in (Name.FlateDecode, Name.Fl):
            return data
        try:
            data = zlib.decompressobj().decompress(data, MAX_OPERATOR_BYTES + 1)
        except zlib.error:
            return data
    return data
