"""Files with text as documents for sinks, without pictures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from penstock.errors import InvalidTranscription
from penstock.images import EXTENSIONS
from penstock.model import Page, Picture, Problem, RecognizedDocument, RecognizedPage
from penstock.transcriptions.detection import format_of
from penstock.transcriptions.file_names import is_file, picture_stem, spellings
from penstock.transcriptions.fitting import fitted
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage, page_numbers

INNER_SUFFIXES = (".alto", ".page", ".hocr")
SUFFIXES = (".xml", ".alto", ".hocr", ".html", ".htm", ".json")
"""Suffixes of the files that are taken from folders, if they have text."""


def files_with_text(folder: Path) -> list[Path]:
    """Return the files of a folder in a format that penstock reads. Raises OSError."""
    return [each for each in sorted(folder.iterdir()) if _has_text(each)]


def _has_text(path: Path) -> bool:
    try:
        return path.suffix.lower() in SUFFIXES and path.is_file() and format_of(path) is not None
    except InvalidTranscription:
        return False


def document_name(path: Path) -> str:
    """Return the name of a file with text without its suffixes: ``letter`` for ``letter.alto.xml``."""
    inner = Path(path.stem)
    return inner.stem if inner.suffix.lower() in INNER_SUFFIXES else inner.name


@dataclass(frozen=True, slots=True)
class TranscribedPages:
    """The pages of a file, read each time they are iterated over. Memory holds one page.

    Parameters
    ----------
    path
        The file.
    numbers
        The numbers of its pages.
    report
        Called with what could not be read of a page.
    """

    path: Path
    numbers: Sequence[int]
    report: Callable[[Problem], None]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[RecognizedPage]:
        # Another program may change the file meanwhile.
        for number, page in zip(self.numbers, read_transcription(self.path), strict=False):
            origin = f"{self.path}, page {number}" if len(self) > 1 else str(self.path)
            for problem in page.problems:
                self.report(Problem(origin, problem))
            yield _recognized(page, number, origin, self.path.parent)


def transcribed_document(path: Path, shown: str, report: Callable[[Problem], None]) -> RecognizedDocument:
    """Return a file with text as a document. ``shown`` names the file in messages and outputs.

    Raises InvalidTranscription if the file cannot be read.
    """
    stated, are_positions = [], False
    for page in read_transcription(path):
        if page.is_relative:
            raise InvalidTranscription(
                path,
                "gives places as shares of a page whose size it does not give",
                f"name its picture: penstock read PICTURE --readings {path}",
            )
        stated.append(page.number)
        are_positions = page.is_position
    pages = TranscribedPages(path, page_numbers(stated, are_positions=are_positions), report)
    return RecognizedDocument(document_name(Path(shown)), shown, pages, beside=path.absolute().parent)


def _recognized(page: TranscribedPage, number: int, origin: str, folder: Path) -> RecognizedPage:
    width, height = _size(page)
    name = PurePosixPath(page.picture.replace("\\", "/")).name
    picture = Picture(folder / (name or picture_stem(origin)))
    sized = Page(number, name or origin, picture, width, height, dpi=page.dpi)
    return RecognizedPage(sized, fitted(page, width, height))


def _size(page: TranscribedPage) -> tuple[int, int]:
    """Return the size of a page; without one in the file, that of a page that its text fills."""
    if page.width and page.height:
        return max(1, round(page.width)), max(1, round(page.height))
    quads = [line.quad for line in page.recognition.lines]
    right = max((quad.bounds[2] for quad in quads), default=1.0)
    bottom = max((quad.bounds[3] for quad in quads), default=1.0)
    return max(1, math.ceil(right)), max(1, math.ceil(bottom))


def pictures_of(path: Path) -> list[Path]:
    """Return the pictures of a file's pages, in their order, that lie beside the file or above it.

    Raises InvalidTranscription if the file cannot be read, or if a picture is missing.
    """
    found: list[Path] = []
    for number, page in enumerate(read_transcription(path), start=1):
        picture = _picture(path, page.picture, is_alone=number == 1)
        if picture is None:
            named = page.picture or "which the file does not name"
            raise InvalidTranscription(
                path,
                f"the picture of page {number}, {named}, is not beside the file or in the folder above it",
                f"put it there, or name both: penstock read PICTURE --readings {path}",
            )
        if picture not in found:
            found.append(picture)
    return found


def _picture(path: Path, name: str, *, is_alone: bool) -> Path | None:
    stems = [picture_stem(name)] if name else []
    names = [PurePosixPath(name.replace("\\", "/")).name] if name else []
    stems += [document_name(path), path.stem] if is_alone else []
    candidates = [*names, *(stem + suffix for stem in stems for suffix in sorted(EXTENSIONS))]
    candidates = list(dict.fromkeys(itertools.chain.from_iterable(map(spellings, candidates))))
    folders = (path.parent, path.absolute().parent.parent)
    for candidate, folder in itertools.product(candidates, folders):
        place = folder / candidate
        if place.suffix.lower() in EXTENSIONS and is_file(place):
            return place
    return None
