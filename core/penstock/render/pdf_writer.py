"""Write a PDF object by object, keeping only the offsets of the objects in memory.

The file structure is that of ISO 32000-1, 7.5. An object that depends on later ones, such as a font that
lists the characters in use, reserves its number first and is written last.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import IO

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
"""The four bytes above 127 mark the file as binary for transfer programs; PDF/A requires them."""

PLAIN, PACKED = 1, 2
"""Entry types: an offset in the file, or an object stream and an index in it (ISO 32000-1, table 18)."""
FREE = (0, 0, 65535)
ENTRY = struct.Struct(">BQI")
"""Format of an entry in the cross-reference stream."""

COPY_SIZE = 1 << 20
COMPRESSION = 4
"""zlib level: it takes half the time of level 6 for text layers, and they are 5 % larger."""


class PdfWriter:
    """Writes objects into a file as they come, and the cross-reference stream at the end.

    Parameters
    ----------
    file
        A writable binary file. The PDF begins at its current position.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0
        self._entries = bytearray()
        self._digest = hashlib.md5(usedforsecurity=False)
        self._write(HEADER)

    def reserve(self) -> int:
        """Return the number for an object that is written later."""
        self._entries += ENTRY.pack(*FREE)
        return len(self._entries) // ENTRY.size

    def add(self, body: bytes, number: int | None = None) -> int:
        """Write one object under a new or reserved number, and return the number."""
        number = self._begin(number)
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def add_stream(
        self, entries: bytes, data: bytes, number: int | None = None, *, compress: bool = True
    ) -> int:
        """Write a stream with `entries` added to its dictionary, and return its number."""
        if compress:
            data = zlib.compress(data, COMPRESSION)
            entries = b"/Filter/FlateDecode" + entries
        number = self._begin(number)
        self._write(
            b"%d 0 obj\n<</Length %d%b>>\nstream\n%b\nendstream\nendobj\n"
            % (number, len(data), entries, data)
        )
        return number

    def add_copy(self, entries: bytes, source: IO[bytes], parts: Iterable[tuple[int, int] | bytes]) -> int:
        """Write a stream whose data are parts of an open file, and return its number.

        Parameters
        ----------
        parts
            Offset and length in bytes of each part, or bytes that stand between parts.

        Raises
        ------
        EOFError
            The file ends within a part.
        """
        parts = tuple(parts)
        length = sum(len(part) if isinstance(part, bytes) else part[1] for part in parts)
        number = self._begin(None)
        self._write(b"%d 0 obj\n<</Length %d%b>>\nstream\n" % (number, length, entries))
        for part in parts:
            if isinstance(part, bytes):
                self._write(part)
            else:
                source.seek(part[0])
                self._copy(source, part[1])
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
            # A few bytes of each picture are enough for a document identifier.
            self._digest.update(chunk[:4096])
        self._position += length

    def add_page_tree(self, pages: Sequence[int], number: int) -> None:
        """Write the page tree, a single node (ISO 32000-1, 7.7.3.2), under its reserved number."""
        self.add(b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), references(pages)), number)

    def add_packed(self, objects: Sequence[tuple[int, bytes]]) -> None:
        """Write small objects under their reserved numbers into one object stream (ISO 32000-1, 7.5.7)."""
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
        """Return where an object outside object streams begins, in bytes from the start of the PDF."""
        return int(ENTRY.unpack_from(self._entries, (number - 1) * ENTRY.size)[1])

    def finish(self, root: int, info: int) -> None:
        """Write the cross-reference stream (ISO 32000-1, 7.5.8), with a hash of the PDF as its identifier.

        `root` and `info` are the numbers of the catalog and the information dictionary.
        """
        number = self.reserve()
        start = self._position
        self._put(number, PLAIN, start)
        data = zlib.compress(ENTRY.pack(*FREE) + self._entries, COMPRESSION)
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
        ENTRY.pack_into(self._entries, (number - 1) * ENTRY.size, kind, place, index)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._position += len(data)
        self._digest.update(data)


def text_string(text: str) -> bytes:
    """Return a text string (ISO 32000-1, 7.9.2.2) in hexadecimal digits: ASCII, or UTF-16 for other text."""
    if text.isascii() and text.isprintable():
        return b"<" + text.encode().hex().encode() + b">"
    return b"<feff" + text.encode("utf-16-be", "replace").hex().encode() + b">"


def number(value: float) -> bytes:
    """Return a number with up to three decimals, as short as possible."""
    # Adding zero removes the sign of a negative zero.
    return (b"%.3f" % (round(value, 3) + 0.0)).rstrip(b"0").rstrip(b".")


def references(numbers: Iterable[int]) -> bytes:
    """Return references to objects, separated by spaces."""
    return b" ".join(b"%d 0 R" % number for number in numbers)


def array(values: tuple[float, ...]) -> bytes:
    """Return an array of numbers."""
    return b"[" + b" ".join(number(value) for value in values) + b"]"
