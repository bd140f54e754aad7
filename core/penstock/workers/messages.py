"""Messages over a pipe between a process and its child: the length in four bytes, then a pickled value."""

from __future__ import annotations

import pickle
import struct
from typing import IO, Any

LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other end was closed before a message was complete."""


def write_message(stream: IO[bytes], message: object) -> None:
    """Send one message. Raises OSError if the other end is closed."""
    body = pickle.dumps(message)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Wait for one message. Raises Closed if the other end closes before the message is complete."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise Closed
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise Closed
    return pickle.loads(body)  # noqa: S301  the other end is our own process
