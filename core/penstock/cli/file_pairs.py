"""The pages of two files, or of the files in two folders, that belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import click

from penstock.cli.transcribed_document import document_name, files_with_text
from penstock.errors import InvalidTranscription
from penstock.geometry import Homography
from penstock.model import Problem, Recognition
from penstock.transcriptions.file_names import composed
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage, page_numbers

PAGE_NUMBER = re.compile(r"\.(\d{3,})(?=\.|$)")
"""The page's number in the stem of an output that has a file for each page: ``diary.alto.003``."""
SQUARE = (1000.0, 1000.0)
"""Size of a page of which both files give places as shares of its size."""

Report = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class PagePair:
    """A page as two files have it."""

    document: str
    number: int
    first: Recognition
    second: Recognition
    scale: tuple[float, float]  # from the pixels of the second recognition to those of the first


def paired_pages(first: Path, second: Path, report: Report) -> Iterator[PagePair]:
    """Return an iterator over the pages that two files have, or two folders with files of the same names.

    ``report`` is called with files and pages that cannot be compared. One page of each file is in memory at a
    time. Raises UsageError for a file and a folder.
    """
    if first.is_dir() != second.is_dir():
        raise click.UsageError(f"name two files or two folders, got {first} and {second}")
    if first.is_dir():
        return _of_folders(first, second, report)
    return _of_documents(
        document_name(first), _Files(str(first), [first]), _Files(str(second), [second]), report
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one document: one with all pages, or one for each page, with its number in the name."""

    shown: str  # for messages
    paths: list[Path]

    def numbers(self) -> list[int]:
        """Return the numbers of the pages. Raises InvalidTranscription if a file cannot be read."""
        return [number for path in self.paths for number in _numbers(path)]

    def pages(self, numbers: Sequence[int], wanted: set[int]) -> Iterator[tuple[int, TranscribedPage]]:
        # Another program may change the files meanwhile.
        numbered = zip(numbers, chain.from_iterable(map(read_transcription, self.paths)), strict=False)
        return ((number, page) for number, page in numbered if number in wanted)


def _numbers(path: Path) -> list[int]:
    stated, are_positions = [], False
    for page in read_transcription(path):
        stated.append(page.number)
        are_positions = page.is_position
    in_name = _named(path)[1]
    if len(stated) == 1 and in_name is not None:
        return [in_name]
    return page_numbers(stated, are_positions=are_positions)


def _named(path: Path) -> tuple[str, int | None]:
    """Return a file's document and page number: ``diary`` and 3 for ``diary.alto.003.xml``."""
    match = PAGE_NUMBER.search(path.stem)
    stem = path.stem[: match.start()] + path.stem[match.end() :] if match else path.stem
    return composed(document_name(Path(f"{stem}.xml"))), int(match[1]) if match else None


def _of_folders(first: Path, second: Path, report: Report) -> Iterator[PagePair]:
    """Pair the files with the same name but for suffixes: ``letter.json`` and ``letter.alto.xml``."""
    named = [_by_name(folder, report) for folder in (first, second)]
    for name in sorted(named[0].keys() | named[1].keys()):
        for folder, files, others in ((second, named[1], named[0]), (first, named[0], named[1])):
            if name not in files:
                hint = "files are paired by their names without suffixes"
                report(Problem(others[name].shown, f"there is no file of this name in {folder}", hint))
        if name in named[0] and name in named[1]:
            yield from _of_documents(name, named[0][name], named[1][name], report)


def _by_name(folder: Path, report: Report) -> dict[str, _Files]:
    """Return the documents of a folder by name."""
    files: dict[tuple[str, int | None], Path] = {}
    try:
        found = files_with_text(folder)
    except OSError as error:
        report(Problem(str(folder), f"cannot be read ({error.strerror})", "name another folder"))
        return {}
    for path in found:
        if (other := files.setdefault(_named(path), path)) != path:
            report(Problem(str(path), f"has the name of {other}, which is compared", "name the file itself"))
    if not found:
        report(Problem(str(folder), "there are no files with text in this folder", "name another folder"))
    documents: dict[str, _Files] = {}
    for (name, _), path in files.items():
        documents.setdefault(name, _Files(str(path), [])).paths.append(path)
    return documents


def _of_documents(name: str, first: _Files, second: _Files, report: Report) -> Iterator[PagePair]:
    """Pair the pages with the same number."""
    try:
        numbers, others = first.numbers(), second.numbers()
        if len(numbers) == len(others) == 1:
            others = numbers  # files of one page may state the number that it has in a book
        for shown, only in ((first.shown, {*numbers} - {*others}), (second.shown, {*others} - {*numbers})):
            for number in sorted(only):
                report(Problem(f"{shown}, page {number}", "the other file has no such page"))
        common = {*numbers} & {*others}
        pages = zip(first.pages(numbers, common), second.pages(others, common), strict=False)
        for (number, page), (_, other) in pages:
            pair = _pair(name, number, page, other)
            if isinstance(pair, str):
                report(Problem(f"{first.shown} and {second.shown}, page {number}", pair))
            else:
                yield pair
    except InvalidTranscription as error:
        report(Problem(str(error.file), error.message.removeprefix(f"{error.file}: "), error.hint))


def _pair(document: str, number: int, first: TranscribedPage, second: TranscribedPage) -> PagePair | str:
    """Return two pages in units that can be scaled, or why that is impossible."""
    sizes = [_size(page) for page in (first, second)]
    if first.is_relative and second.is_relative:
        sizes = [SQUARE, SQUARE]
    recognitions = [_absolute(page, size) for page, size in ((first, sizes[1]), (second, sizes[0]))]
    if recognitions[0] is None or recognitions[1] is None:
        return "one file gives places as shares of the page's size, and the other one gives no size"
    scale = (1.0, 1.0)
    if sizes[0] and sizes[1] and not (first.is_relative or second.is_relative):
        scale = (sizes[0][0] / sizes[1][0], sizes[0][1] / sizes[1][1])
    return PagePair(document, number, recognitions[0], recognitions[1], scale)


def _size(page: TranscribedPage) -> tuple[float, float] | None:
    return (page.width, page.height) if page.width and page.height else None


def _absolute(page: TranscribedPage, size: tuple[float, float] | None) -> Recognition | None:
    """Return the recognition of a page with shares of its size in pixels; None without a size."""
    if not page.is_relative:
        return page.recognition
    return page.recognition.mapped(Homography.scaling(*size)) if size else None
