"""The ``existing`` recognizer: takes the text of pages from hOCR, ALTO, PAGE and JSON files."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from penstock.errors import InvalidTranscription, NotAnswered, PageRefused
from penstock.hookspecs import hookimpl
from penstock.model import Document, FilePage, Homography, Limits, Page, Recognition
from penstock.report import counted
from penstock.transcriptions.file_names import composed, is_file
from penstock.transcriptions.values import TranscribedPage
from penstock_plugins.recognizers.existing.file_pages import TranscriptionFile, TranscriptionFiles
from penstock_plugins.recognizers.existing.pairing import HINT, Found, places_of, stem_to_pair
from penstock_plugins.recognizers.existing.turning import fitted_to

SHARED_HINT = (
    "name the file of this picture with files = ...; if the pages of the file are in the order of the"
    " pictures, make one document of these (--merge NAME)"
)


@dataclass(eq=False)
class Existing:
    """Takes the text of pages from files that another program wrote: hOCR, ALTO, PAGE XML, or JSON answers.

    The format is detected from a file's content. A page without a file is left to the next recognizer. A file
    that is invalid, or whose page has another shape than the picture, fails its page: nothing is sent to a
    service instead.

    Page k of a document with several pages is page k of a file with several pages, unless the file names the
    pictures. The coordinates of a file for another size of the picture are scaled.

    Parameters
    ----------
    files
        Where the files are. A pattern with the placeholders ``{beside}`` (folder of the picture),
        ``{picture}`` (name of the picture without its suffix), ``{document}``, ``{folder}`` and ``{page}``
        (three digits; four as ``{page:04d}``), such as ``"{beside}/page/{picture}.xml"``; a folder; a glob;
        a METS file; or one file for all pages. Default: a file that is called like the picture, beside it or
        in the subfolders ``page``, ``alto`` or ``hocr``; else what a METS file beside it names.
    """

    files: Path | None = None

    def __post_init__(self) -> None:
        self._places = places_of(Path(self.files) if self.files is not None else None)
        self._files = TranscriptionFiles()
        self._lock = threading.Lock()
        self._given: dict[tuple[Path, int], tuple[Path, int]] = {}

    @hookimpl
    def limits(self) -> Limits:
        """Return no limits: files are read on this machine."""
        return Limits(remote=False)

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """Return a version only: results depend on the content of the files, wherever these are."""
        return {"version": 1}

    @hookimpl
    def page_file(self, page: Page, document: Document) -> FilePage:
        """Return the file with the page's text, and the page's index there if the order of pages decides it.

        Raises NotAnswered if there is no such file, or if it has no text for the page.
        """
        index = 0
        try:
            found = self._places.find(page, document)
            if found.is_shared or page.picture.page_index:
                _, index = self._transcribed(found, page, document)
        except InvalidTranscription as error:
            return FilePage(error.file)  # `submit` raises it again
        return FilePage(found.path, index)

    @hookimpl
    def submit(self, page: Page, original: Page, document: Document) -> Recognition:
        """Return the page's text, in pixels of the submitted page."""
        try:
            found = self._places.find(original, document)
            transcribed, _ = self._transcribed(found, original, document)
        except InvalidTranscription as error:
            raise PageRefused(error.message, error.hint) from error
        try:
            recognition = fitted_to(transcribed, original)
        except InvalidTranscription as error:
            raise PageRefused(f"{found.path}: the page {error.reason}", error.hint) from error
        note = "; ".join(filter(None, [recognition.note, *transcribed.problems]))
        return replace(recognition.mapped(_inverse(page.to_page)), note=note)

    def _transcribed(self, found: Found, page: Page, document: Document) -> tuple[TranscribedPage, int]:
        """Return the page of a file that belongs to a page, and its index if the order of pages decides it.

        The index is 0 if only this page can be meant, such as the one that names the picture.

        Raises NotAnswered if the file has no such page, and InvalidTranscription if it cannot be read.
        """
        file, stem = self._files.open(found.path), composed(stem_to_pair(page, document))
        is_single = len(file.pictures) == 1
        if found.is_numbered and is_single:
            return file.page(0), 0
        same = [index for index, name in enumerate(file.pictures) if name == stem]
        is_named = bool(same)
        index = page.picture.page_index
        if not is_named:
            same = list(range(len(file.pictures)))
            if found.is_shared and not is_single:
                # A document of several pictures has a page for each, which the file may not name.
                index = index or page.number - 1
        if file.has_gaps and (len(same) > 1 or (is_single and is_named)):
            index = _numbered(page, same, file, found.path)
        elif index < len(same):
            index = same[index]
        else:
            raise NotAnswered(
                f"has no transcription: {found.path} has {counted(len(same), 'page')}, and this is page"
                f" {index + 1}",
                HINT,
            )
        by_order = index if len(same) > 1 else 0
        if found.is_shared and not is_named:
            return self._unnamed(file, found.path, index, page), by_order
        return file.page(index), by_order

    def _unnamed(self, file: TranscriptionFile, path: Path, index: int, page: Page) -> TranscribedPage:
        """Return a page of a file that does not name the page's picture.

        It belongs to the first picture that asks for it. A page of several belongs to the picture that it
        names, if that lies beside this one. Raises NotAnswered if the page belongs to another picture.
        """
        picture, is_single = page.picture.path, len(file.pictures) == 1
        asking = (picture, page.picture.page_index)
        with self._lock:
            is_taken = self._given.setdefault((path, index), asking) != asking
        named = "" if is_single else file.pictures[index]
        if is_taken or (named and is_file(picture.with_name(named + picture.suffix))):
            raise NotAnswered(
                f"has no transcription: page {index + 1} of {path} belongs to another picture", SHARED_HINT
            )
        transcribed = file.page(index)
        if not is_single or not transcribed.picture:
            return transcribed
        why = f"{path} names the picture {transcribed.picture}; check that this is its page"
        return replace(transcribed, problems=(why, *transcribed.problems))


def _numbered(page: Page, indices: Sequence[int], file: TranscriptionFile, path: Path) -> int:
    """Return the index with the page's number. Raises NotAnswered if the file leaves that page out."""
    for index in indices:
        if file.numbers[index] == page.number:
            return index
    raise NotAnswered(f"has no transcription: {path} has other pages, but no page {page.number}", HINT)


def _inverse(homography: Homography) -> Homography:
    if homography.is_identity:
        return homography
    first, second, third = np.linalg.inv(np.array(homography.rows)).tolist()
    return Homography((tuple(first), tuple(second), tuple(third)))


__all__ = ["Existing"]
