"""Room on the disk that is given up when the disk is full: for the answers to what is out already."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FILE = "reserve"
SIZE = 2**20
"""Bytes: the operations of some thousands of pages, and their reading as far as it goes."""


class Reserve:
    """A file that holds nothing but its place.

    A service has billed what it answers, and the answer is worth more than the file: without room for it
    the next run would have to send the page again.

    Parameters
    ----------
    folder
        The state folder, which is held.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder / FILE

    def hold(self) -> None:
        """Take the room. Raises OSError if there is too little."""
        with suppress(FileNotFoundError):
            if self._place.stat().st_size == SIZE:
                return
        # Zeros would take no room on a disk that compresses.
        try:
            self._place.write_bytes(os.urandom(SIZE))
        except OSError:
            self.release()
            raise

    def release(self) -> bool:
        """Give the room up; False if there was none to give."""
        try:
            self._place.unlink()
        except OSError:
            return False
        return True


__all__ = ["Reserve"]
