"""Which files have the same content as one before them, told without reading those of a size of their own."""

from __future__ import annotations

from pathlib import Path

from penstock.model import Picture
from penstock.outputs import file_digest


class Twins:
    """The files of one walk, met one after the other, each with all its frames."""

    def __init__(self) -> None:
        self._firsts: dict[int, Path | None] = {}
        """By size, the file of that size that was not read yet; None once it was."""
        self._contents: set[str] = set()
        self._last: Path | None = None
        self._is_twin = False

    def is_one(self, picture: Picture) -> bool:
        """Whether a file of the same content was met before the picture's."""
        if picture.path != self._last:
            try:
                self._is_twin = self._meets_again(picture)
            except OSError:  # whoever reads it will say so
                self._is_twin = False
            self._last = picture.path
        return self._is_twin

    def _meets_again(self, picture: Picture) -> bool:
        size = picture.path.stat().st_size if picture.size is None else picture.size
        if size not in self._firsts:
            self._firsts[size] = picture.path
            return False
        if first := self._firsts[size]:
            self._contents.add(file_digest(first))
            self._firsts[size] = None
        digest = file_digest(picture.path)
        is_known = digest in self._contents
        self._contents.add(digest)
        return is_known


__all__ = ["Twins"]
