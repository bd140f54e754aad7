"""Messages over a pipe: the length in four bytes, big-endian, then that many bytes of JSON."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

LENGTH = struct.Struct(">I")


def write_message(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    """Send one message. Raises OSError if the other end is closed."""
    body = json.dumps(message).encode()
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """Wait for one message; return None if the other end closes before the message is complete."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        return None
    message: dict[str, Any] = json.loads(body)
    return message
