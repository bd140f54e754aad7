"""The data of a PDF's streams, as far as they can be decoded without a library for pictures."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Name, Stream

MAX_INFLATED = 256 << 20
"""Bytes that a stream may unpack to; a larger one is left packed."""
MAX_OTHER = 1 << 20
"""Bytes of a stream with other filters than Flate that is decoded at once."""
CHUNK = 1 << 20

_FLATE = (Name.FlateDecode, Name.Fl)
_LOSSLESS = (
    *_FLATE,
    *(Name.LZWDecode, Name.LZW, Name.ASCII85Decode, Name.A85, Name.ASCIIHexDecode, Name.AHx),
    *(Name.RunLengthDecode, Name.RL),
)
PACKING = frozenset({"/Filter", "/DecodeParms"})


def data_digest(stream: Stream, size: int) -> tuple[bytes, frozenset[str]]:
    """Return the digest of a stream's data, and the keys of its dictionary that say nothing more.

    The digest does not depend on how Flate packed the data, and of small streams not on other filters.
    """
    filters = _filters(stream)
    if filters and all(each in _LOSSLESS for each in filters):
        if (other := _decoded_by_qpdf(stream, filters)) is not None:
            return hashlib.blake2b(other, digest_size=size).digest(), PACKING
        if len(filters) == 1 and filters[0] in _FLATE:
            hasher = hashlib.blake2b(digest_size=size)
            try:
                for part in _inflated(stream.read_raw_bytes(), MAX_INFLATED):
                    hasher.update(part)
            except (zlib.error, OverflowError):
                pass
            else:
                # The predictor in the parameters was not undone.
                return hasher.digest(), PACKING if "/DecodeParms" not in stream else frozenset({"/Filter"})
    raw = hashlib.blake2b(stream.read_raw_bytes(), digest_size=size).digest()
    return raw, frozenset() if filters else PACKING


def operators(stream: Stream, limit: int) -> bytes | None:
    """Return the decoded operators of a content stream; None if they cannot be decoded or are too many."""
    filters = _filters(stream)
    if not filters:
        return stream.read_raw_bytes()
    if (other := _decoded_by_qpdf(stream, filters)) is not None:
        return other
    if len(filters) > 1 or filters[0] not in _FLATE or "/DecodeParms" in stream:
        return None
    try:
        return b"".join(_inflated(stream.read_raw_bytes(), limit))
    except (zlib.error, OverflowError):
        return None


def _filters(stream: Stream) -> list[pikepdf.Object]:
    given = stream.get("/Filter")
    if given is None:
        return []
    return list(given) if isinstance(given, Array) else [given]


def _decoded_by_qpdf(stream: Stream, filters: list[pikepdf.Object]) -> bytes | None:
    """Return the data of a small stream with any lossless filters; None for other streams.

    Flate alone can pack a thousand times as much, so it is unpacked in parts instead.
    """
    if all(each in _FLATE for each in filters) and (len(filters) == 1 or "/DecodeParms" not in stream):
        return None
    if not all(each in _LOSSLESS for each in filters) or len(stream.read_raw_bytes()) > MAX_OTHER:
        return None
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return None


def _inflated(packed: bytes, limit: int) -> Iterator[bytes]:
    """Yield unpacked data in parts. Raises zlib.error, and OverflowError beyond the limit."""
    unpacker = zlib.decompressobj()
    total = 0
    while part := unpacker.decompress(packed, CHUNK):
        total += len(part)
        if total > limit:
            raise OverflowError("the stream unpacks to too many bytes")
        yield part
        packed = unpacker.unconsumed_tail
