"""A PDF put on disk object by object: nothing is kept but where each one begins.

Written after ISO 32000-1, clause 7.5 (file structure). Objects that must know what came before them, such as
a font that names the characters that were used, take their number first and are written last.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import IO

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
"""The comment of four high bytes tells file transfer programs, and PDF/A demands, that this is binary."""

PLAIN, PACKED = 1, 2
"""Kinds of places: an offset in the file; a stream of objects and an index in it (ISO 32000-1, table 18)."""
FREE = (0, 0, 65535)
PLACE = struct.Struct(">BQI")
"""How a place stands in the table at the end."""

COPY_SIZE = 1 << 20
COMPRESSION = 4
"""Of zlib: half the time of 6 for text layers, and a twentieth larger."""


class PdfWriter:
    """Writes objects into a file as they come, and the table of their places at the end.

    Parameters
    ----------
    file
        Binary and writable; the PDF begins where it stands.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0
        self._places = bytearray()
        self._digest = hashlib.md5(usedforsecurity=False)
        self._write(HEADER)

    def reserve(self) -> int:
        """A number for an object that is written later."""
        self._places += PLACE.pack(*FREE)
        return len(self._places) // PLACE.size

    def add(self, body: bytes, number: int | None = None) -> int:
        """Write one object; returns its number."""
        number = self._begin(number)
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def add_stream(
        self, entries: bytes, data: bytes, number: int | None = None, *, compress: bool = True
    ) -> int:
        """Write a stream with the given further entries of its dictionary; returns its number."""
        if compress:
            data = zlib.compress(data, COMPRESSION)
            entries = b"/Filter/FlateDecode" + entries
        number = self._begin(number)
        self._write(
            b"%d 0 obj\n<</Length %d%b>>\nstream\n%b\nendstream\nendobj\n"
            % (number, len(data), entries, data)
        )
        return number

    def add_copy(
        self, entries: bytes, source: IO[bytes], spans: Iterable[tuple[int, int]], before: bytes = b""
    ) -> int:
        """Write a stream whose bytes are parts of an open file; returns its number.

        Parameters
        ----------
        spans
            Offset and length of each part.
        before
            Bytes that go before them.

        Raises
        ------
        EOFError
            The file ends before a part does.
        """
        spans = tuple(spans)
        length = len(before) + sum(size for _, size in spans)
        number = self._begin(None)
        self._write(b"%d 0 obj\n<</Length %d%b>>\nstream\n%b" % (number, length, entries, before))
        for start, size in spans:
            source.seek(start)
            self._copy(source, size)
        self._write(b"\nendstream\nendobj\n")
        return number

    def _copy(self, source: IO[bytes], length: int) -> None:
        left = length
        while left:
            chunk = source.read(min(COPY_SIZE, left))
            if not chunk:
                raise EOFError(f"{left} bytes short")
            self._file.write(chunk)
            left -= len(chunk)
            # A document's identifier needs no more of a picture than tells it from another.
            self._digest.update(chunk[:4096])
        self._position += length

    def add_packed(self, objects: Sequence[tuple[int, bytes]]) -> None:
        """Write small objects, by their reserved numbers, into one stream together (7.5.7)."""
        places, bodies = [], bytearray()
        for number, body in objects:
            places.append(b"%d %d" % (number, len(bodies)))
            bodies += body + b"\n"
        head = b" ".join(places) + b"\n"
        entries = b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head))
        stream = self.add_stream(entries, head + bodies)
        for index, (number, _) in enumerate(objects):
            self._put(number, PACKED, stream, index)

    def offset(self, number: int) -> int:
        """Where an object that is not packed begins, counted from the PDF's first byte."""
        return int(PLACE.unpack_from(self._places, (number - 1) * PLACE.size)[1])

    def finish(self, root: int, info: int) -> None:
        """Write the table of places, as a stream (7.5.8), with an identifier made from what was written."""
        number = self.reserve()
        start = self._position
        self._put(number, PLAIN, start)
        data = zlib.compress(PLACE.pack(*FREE) + self._places, COMPRESSION)
        identifier = self._digest.hexdigest().encode()
        self._write(
            b"%d 0 obj\n<</Type/XRef/W[1 8 4]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]"
            b"/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
            % (number, number + 1, root, info, identifier, identifier, len(data), data, start)
        )

    def _begin(self, number: int | None) -> int:
        number = self.reserve() if number is None else number
        self._put(number, PLAIN, self._position)
        return number

    def _put(self, number: int, kind: int, place: int, index: int = 0) -> None:
        PLACE.pack_into(self._places, (number - 1) * PLACE.size, kind, place, index)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._position += len(data)
        self._digest.update(data)


def text_string(text: str) -> bytes:
    """A text string (7.9.2.2): ASCII as it is, anything else in UTF-16; written as hexadecimal digits."""
    if text.isascii() and text.isprintable():
        return b"<" + text.encode().hex().encode() + b">"
    return b"<feff" + text.encode("utf-16-be", "replace").hex().encode() + b">"


def number(value: float) -> bytes:
    """A number as short as it can be written, to a thousandth."""
    # A negative zero plus zero is a zero without a sign.
    return (b"%.3f" % (round(value, 3) + 0.0)).rstrip(b"0").rstrip(b".")


def array(values: tuple[float, ...]) -> bytes:
    """Numbers in brackets."""
    return b"[" + b" ".join(number(value) for value in values) + b"]"
