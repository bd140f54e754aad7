"""A cache of decoded pictures that is limited in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock, RLock

from PIL import Image

LOCKS = 32
"""Files whose pictures can be made at the same time. More files share a lock, which only costs time."""

Key = tuple[Hashable, Hashable]
"""What tells a file from others, and which picture of it is meant."""


class KeptPictures:
    """Decoded pictures, the least recently used of which are dropped. Any thread.

    Parameters
    ----------
    limit
        Bytes of all pictures together. The pictures of a single file may have more; they are then the only
        ones.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._pictures: OrderedDict[Key, Image.Image] = OrderedDict()
        self._guard = Lock()
        # A thread that makes a picture may need another one of the same file, and of no other file.
        self._locks = tuple(RLock() for _ in range(LOCKS))

    def get(self, key: Key) -> Image.Image | None:
        """Return a picture; None if it is not there."""
        with self._guard:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def get_or_make(self, key: Key, make: Callable[[], Image.Image]) -> Image.Image:
        """Return a picture, and make it if it is not there. Threads that ask for the same one wait for it."""
        if (picture := self.get(key)) is not None:
            return picture
        with self._locks[hash(key[0]) % LOCKS]:
            if (picture := self.get(key)) is not None:
                return picture
            picture = make()
            self._keep(key, picture)
            return picture

    def _keep(self, key: Key, picture: Image.Image) -> None:
        with self._guard:
            self._pictures[key] = picture
            self._size += bytes_of(picture)
            for other in [each for each in self._pictures if each[0] != key[0]]:
                if self._size <= self._limit:
                    break
                self._size -= bytes_of(self._pictures.pop(other))


def bytes_of(picture: Image.Image) -> int:
    """Return the bytes that the pixels of a picture take. Pillow stores RGB in four bytes a pixel."""
    return picture.width * picture.height * (1 if picture.mode == "L" else 4)
