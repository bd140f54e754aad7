"""A stream of pictures cut into its parts (RFC 2046, section 5.1), as cameras write it: freely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from penstock_plugins.sources.camera.trouble import CameraTrouble

MAX_HEADERS = 16_384
MAX_PICTURE = 32_000_000
"""Bytes of one part's headers, and of one picture, that are waited for."""
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"

STILL_THERE = "is the camera still there and reachable?"

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})[ \t]*\r?$")


def boundary_of(content_type: str) -> bytes:
    """What stands before each part, its two dashes included; empty where the header does not say it."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = str(message.get_param("boundary") or "").strip()
    # Many cameras write the dashes into the header, too.
    return b"--" + boundary.removeprefix("--").encode("latin-1", "replace") if boundary else b""


def parts(chunks: Iterator[bytes], boundary: bytes = b"") -> Iterator[bytes]:
    """The contents of a stream's parts.

    Raises CameraTrouble where it breaks off within one, or is no such stream at all.

    A part ends where the next one begins. What its header says of its length is believed only if a JPEG
    ends there: then nobody need wait for the next one.
    """
    cutter = Cutter(boundary)
    for chunk in chunks:
        yield from cutter.feed(chunk)
    rest = cutter.rest()
    if rest and not rest.endswith(JPEG_END):
        raise CameraTrouble("the stream broke off within a picture", STILL_THERE)
    if rest:
        yield rest


class Cutter:
    """Gathers what comes, and cuts off each part when it is whole."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary
        self._gathered = bytearray()
        self._searched = 0
        self._inside = False
        self._length: int | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take what came, and give the parts that are whole now."""
        self._gathered += chunk
        while self._begin() and (part := self._ended()) is not None:
            yield part

    def rest(self) -> bytes:
        """What there is of a part whose end has not come."""
        return bytes(self._gathered).rstrip(b"\0\r\n") if self._inside else b""

    def _begin(self) -> bool:
        """Whether the gathered bytes begin with a part's content; cuts off what stands before."""
        if self._inside:
            return True
        start = self._gathered.find(self._boundary) if self._boundary or self._learned() else -1
        end = _HEADERS_END.search(self._gathered, start) if start >= 0 else None
        if end is None:
            self._limit(MAX_HEADERS)
            return False
        said = _LENGTH.search(self._gathered[start : end.start()] + b"\n")
        self._length = int(said.group(1)) if said else None
        self._inside = True
        self._cut(end.end())
        return True

    def _learned(self) -> bool:
        """Take the first line for the boundary, where the header did not say it."""
        line, end, _ = bytes(self._gathered[:MAX_HEADERS]).lstrip(b"\r\n").partition(b"\n")
        if end and line.startswith(b"--"):
            self._boundary = line.rstrip(b"\r")
        return bool(self._boundary)

    def _ended(self) -> bytes | None:
        """The part at the beginning, if it is whole."""
        if self._length is not None and len(self._gathered) >= self._length:
            content = bytes(self._gathered[: self._length])
            if content.startswith(JPEG_START) and content.rstrip(b"\0\r\n").endswith(JPEG_END):
                self._inside = False
                self._cut(self._length)
                return content
            self._length = None
        end = self._gathered.find(self._boundary, self._searched)
        if end < 0:
            self._searched = max(0, len(self._gathered) - len(self._boundary))
            self._limit(MAX_PICTURE)
            return None
        content = bytes(self._gathered[:end])
        self._inside = False
        self._cut(end)
        return content

    def _cut(self, size: int) -> None:
        del self._gathered[:size]
        self._searched = 0

    def _limit(self, limit: int) -> None:
        if len(self._gathered) > limit:
            raise CameraTrouble("sends something that is no MJPEG stream", "check the address")
