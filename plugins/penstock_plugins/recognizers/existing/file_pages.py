"""The pages of transcription files, found by the name of their picture or by their position."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.transcriptions.file_names import picture_stem
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage, page_numbers

WINDOW = 8
"""Pages of a file that are kept: the engine asks for several pages at once, not quite in order."""
OPEN_FILES = 4
"""Files whose pages are kept."""


class TranscriptionFile:
    """A file with the text of pages, of which it keeps the last ones that were read. Any thread.

    ``pictures`` is the picture of each page as the file names it, without folders and suffix. ``numbers`` are
    the numbers of the pages, and ``has_gaps`` says whether pages between them are missing. Raises
    InvalidTranscription.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._recent: OrderedDict[int, TranscribedPage] = OrderedDict()
        self._rewind()
        self.pictures: list[str] = []
        stated, are_positions = [], False
        for page in self._pages:
            self._keep(page)
            self.pictures.append(picture_stem(page.picture))
            stated.append(page.number)
            are_positions = page.is_position
        self.numbers = page_numbers(stated, are_positions=are_positions)
        self.has_gaps = max(self.numbers, default=0) > len(self.numbers)

    def _rewind(self) -> None:
        self._pages: Iterator[TranscribedPage] = read_transcription(self._path)
        self._next = 0

    def _keep(self, page: TranscribedPage) -> None:
        self._recent[self._next] = page
        self._next += 1
        while len(self._recent) > WINDOW:
            self._recent.popitem(last=False)

    def page(self, index: int) -> TranscribedPage:
        """Return a page by its index, which must be less than the number of pages."""
        with self._lock:
            if index not in self._recent and index < self._next:
                self._rewind()
            while index not in self._recent:
                self._keep(next(self._pages))
            return self._recent[index]


class TranscriptionFiles:
    """The files that were asked for last. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[Path, int, int], TranscriptionFile] = OrderedDict()

    def open(self, path: Path) -> TranscriptionFile:
        """Return a file. Raises InvalidTranscription if it cannot be read."""
        try:
            status = path.stat()
        except OSError as error:
            raise InvalidTranscription(path, f"cannot be read ({error.strerror or error})") from error
        key = (path, status.st_mtime_ns, status.st_size)
        with self._lock:
            if key not in self._open:
                self._open[key] = TranscriptionFile(path)
                while len(self._open) > OPEN_FILES:
                    self._open.popitem(last=False)
            self._open.move_to_end(key)
            return self._open[key]
