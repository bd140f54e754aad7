"""How much work a PDF's page is to show: found out before anybody shows it.

A few kilobytes can unpack to gigabytes of operators, or draw forms within forms a thousand million times.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

MOST_OPERATORS = 128 << 20
"""Bytes of operators that one page may take, forms counted as often as they are drawn."""
DEEPEST_FORM = 16

_DRAWN = re.compile(rb"/([^\s/\[\]()<>{}%]+)\s+Do\b")


def is_too_heavy(page: pikepdf.Page) -> bool:
    """Whether showing a page takes more operators than is bearable."""
    content = page.obj.get("/Contents")
    streams = list(content) if isinstance(content, Array) else [content]
    forms: dict[tuple[int, int], int] = {}
    weight = 0
    for stream in streams:
        if isinstance(stream, Stream):
            weight += _weight(stream, page.obj.get("/Resources"), forms, DEEPEST_FORM)
    return weight > MOST_OPERATORS


def _weight(
    stream: Stream, resources: pikepdf.Object | None, forms: dict[tuple[int, int], int], depth: int
) -> int:
    """Bytes of a stream's operators and of the forms that it draws; beyond the limit, some number beyond."""
    if depth == 0:
        return MOST_OPERATORS + 1
    operators = _operators(stream)
    weight = len(operators)
    drawn = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    if not isinstance(drawn, Dictionary):
        return weight
    for name, times in _counted(operators):
        form = drawn.get(name)
        if weight > MOST_OPERATORS:
            break
        if isinstance(form, Stream) and form.get("/Subtype") == Name.Form:
            if form.objgen not in forms:
                forms[form.objgen] = MOST_OPERATORS + 1  # until it is known: one that draws itself never ends
                inner = form.get("/Resources", resources)
                forms[form.objgen] = _weight(form, inner, forms, depth - 1)
            weight += times * forms[form.objgen]
    return weight


def drawn_names(stream: Stream) -> set[str]:
    """Names of the pictures and forms that a stream's operators draw."""
    return {name for name, _ in _counted(_operators(stream))}


def _counted(operators: bytes) -> Iterator[tuple[str, int]]:
    counts: dict[bytes, int] = {}
    for match in _DRAWN.finditer(operators):
        counts[match[1]] = counts.get(match[1], 0) + 1
    for name, times in counts.items():
        yield "/" + name.decode("latin-1"), times


def _operators(stream: Stream) -> bytes:
    """What a stream unpacks to, cut off behind the limit. Only Flate packs so tight that it matters."""
    data = stream.read_raw_bytes()
    filters = stream.get("/Filter", Array())
    for packing in filters if isinstance(filters, Array) else [filters]:
        if packing not in (Name.FlateDecode, Name.Fl):
            return data
        try:
            data = zlib.decompressobj().decompress(data, MOST_OPERATORS + 1)
        except zlib.error:
            return data
    return data


__all__ = ["DEEPEST_FORM", "MOST_OPERATORS", "drawn_names", "is_too_heavy"]
