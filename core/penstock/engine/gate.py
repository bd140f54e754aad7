"""Lets in as many as there is room for: what keeps memory flat."""

from __future__ import annotations

import threading


class GateClosed(Exception):
    """Nobody is let in any more."""


class Gate:
    """Lets so many through until others leave."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._closed = False
        self._changed = threading.Condition()

    def enter(self) -> None:
        """Wait for room. Raises GateClosed if there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._room > 0 or self._closed)
            if self._closed:
                raise GateClosed
            self._room -= 1

    def leave(self) -> None:
        """Make room for another."""
        with self._changed:
            self._room += 1
            self._changed.notify()

    def close(self) -> None:
        """Let nobody through any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


__all__ = ["Gate", "GateClosed"]
