"""Splits a stream of pictures into its parts (RFC 2046, section 5.1), tolerating what cameras get wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from penstock_plugins.sources.camera.errors import CameraError

MAX_HEADERS, MAX_PICTURE = (
    16_384,
    32_000_000,
)  # bytes of one part's headers, and of one picture, that are accepted
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
PADDING = b"\0\r\n"

CHECK_CAMERA = "check that the camera is switched on and reachable"

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})[ \t]*\r?$")


def boundary_of(content_type: str) -> bytes:
    """Return what precedes each part, with its two dashes; empty if the header does not state it."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = str(message.get_param("boundary") or "").strip()
    # Many cameras write the dashes into the header, too.
    return b"--" + boundary.removeprefix("--").encode("latin-1", "replace") if boundary else b""


class PartReader:
    """The contents of a stream's parts. Iterating raises CameraError if the stream breaks or is not MJPEG.

    A part ends where the next one begins. Its Content-Length is used only if a JPEG ends there: then the
    part is complete before the next one arrives.
    """

    def __init__(self, chunks: Iterator[bytes], boundary: bytes = b"") -> None:
        self._chunks = chunks
        # From `boundary_of`. If it is empty, the first line that begins with dashes is the boundary.
        self._boundary = boundary
        self._buffer = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        while (headers := self._headers()) is not None:
            stated = _LENGTH.search(headers + b"\n")
            if content := self._content(int(stated[1]) if stated else None):
                yield content

    def _headers(self) -> bytes | None:
        """Return the headers of the next part, or None at the end of the stream."""
        while True:
            start = self._buffer.find(self._boundary) if self._boundary or self._learn_boundary() else -1
            if start >= 0 and (end := _HEADERS_END.search(self._buffer, start)):
                return self._taken(end.end())[start : end.start()]
            if not self._fill(MAX_HEADERS):
                return None

    def _learn_boundary(self) -> bool:
        line, end, _ = bytes(self._buffer[:MAX_HEADERS]).lstrip(b"\r\n").partition(b"\n")
        if end and line.startswith(b"--"):
            self._boundary = line.rstrip(b"\r")
        return bool(self._boundary)

    def _content(self, length: int | None) -> bytes:
        searched = 0
        while True:
            if length is not None and len(self._buffer) >= length:
                if _is_jpeg(bytes(self._buffer[:length])):
                    return self._taken(length)
                length = None
            end = self._buffer.find(self._boundary, searched)
            if end >= 0:
                return self._taken(end)
            searched = max(0, len(self._buffer) - len(self._boundary))
            if not self._fill(MAX_PICTURE):
                return self._last_content()

    def _last_content(self) -> bytes:
        content = self._taken(len(self._buffer)).rstrip(PADDING)
        if content and not content.endswith(JPEG_END):
            raise CameraError("the stream was interrupted within a picture", CHECK_CAMERA)
        return content

    def _fill(self, limit: int) -> bool:
        """Append the next chunk to the buffer. Returns False at the end of the stream."""
        if len(self._buffer) > limit:
            raise CameraError("does not send an MJPEG stream", "check the address")
        chunk = next(self._chunks, b"")
        self._buffer += chunk
        return bool(chunk)

    def _taken(self, size: int) -> bytes:
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        return content


def _is_jpeg(content: bytes) -> bool:
    return content.startswith(JPEG_START) and content.rstrip(PADDING).endswith(JPEG_END)
