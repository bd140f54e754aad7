"""The type that the walkers of PNG, JPEG and ISO base media files yield."""

from __future__ import annotations

from typing import IO, NamedTuple


class Part(NamedTuple):
    r"""A chunk, segment or box of a picture's file.

    Parameters
    ----------
    kind
        The chunk's or box's type (``b"IDAT"``), or the two bytes of the JPEG marker (``b"\xff\xda"``).
    start, end
        File offsets of its content, without the header. `end` may lie behind the end of a truncated file.
    """

    kind: bytes
    start: int
    end: int

    def read(self, file: IO[bytes]) -> bytes:
        """Return the content. It is shorter than ``end - start`` if the file ends within it."""
        file.seek(self.start)
        return file.read(self.end - self.start)
