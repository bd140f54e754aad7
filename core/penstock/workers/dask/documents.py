"""How a document gets to the worker that writes it, and which outputs it may have there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from numpy.typing import NDArray

from penstock.errors import PictureError
from penstock.images import check_unchanged
from penstock.model import Page, Problem, RecognizedDocument, RecognizedPage
from penstock.pdf.kind import is_pdf
from penstock.pdf.opening import password
from penstock.storage import is_address
from penstock.workers.writer import CannotSend

MOST_SENT = 64 << 20
"""Bytes of a document's pictures that are sent. Those in shared folders do not count."""


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A document on its way to a worker."""

    run: str
    sinks: tuple[str, ...]  # their keys in the worker
    document: RecognizedDocument
    beside: Path  # the folder for outputs beside it
    staging: Mapping[Path, Path]  # for each shared folder, the folder in it that takes unfinished outputs
    pictures: Mapping[Path, NDArray[np.uint8]]  # the files that are not in shared folders


def sent_bytes(document: RecognizedDocument, shared_folders: Sequence[Path]) -> int:
    """Return the bytes of the pictures that travel with a document.

    Raises CannotSend if they are too many, or cannot be opened or found by a worker.
    """
    files = _files(document, shared_folders)
    if password() and any(is_pdf(page.page.picture.path) for page in document.pages):
        raise CannotSend("workers do not get the password of a PDF")
    try:
        size = sum(path.stat().st_size for path in files)
    except OSError as error:
        raise CannotSend(f"a picture cannot be read: {error}") from error
    if size > MOST_SENT:
        raise CannotSend(f"its pictures have {size >> 20} MB; up to {MOST_SENT >> 20} MB are sent")
    return size


def packed_document(
    document: RecognizedDocument,
    shared_folders: Sequence[Path],
    run: str,
    sinks: tuple[str, ...],
    staging: Mapping[Path, Path],
) -> SentDocument:
    """Return a document with the files of its pictures. Raises CannotSend if one cannot be read."""
    files = _files(document, shared_folders)
    try:
        _check(document)
        pictures = {path: np.fromfile(path, np.uint8) for path in files}
        _check(document)  # if a file changed while it was read, its parts may not fit each other
    except (OSError, PictureError) as error:
        raise CannotSend(f"a picture cannot be read: {error}") from error
    pages = tuple(RecognizedPage(_sendable(each.page), each.recognition) for each in document.pages)
    # The folder of this process has to mean the same in the worker.
    beside = document.beside or Path.cwd()
    return SentDocument(run, sinks, replace(document, pages=pages), beside, staging, pictures)


def _sendable(page: Page) -> Page:
    """Return a page without the parts of a web address that may be secret. Sinks may name its file."""
    url = page.picture.url
    if url is None or is_address(url):
        return page
    parts = urlsplit(url)
    url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return replace(page, picture=replace(page.picture, url=url))


def _files(document: RecognizedDocument, shared_folders: Sequence[Path]) -> list[Path]:
    """Return the files of a document's pictures that are not in shared folders, each once."""
    paths = dict.fromkeys(page.page.picture.path for page in document.pages)
    return [path for path in paths if not any(path.is_relative_to(each) for each in shared_folders)]


def _check(document: RecognizedDocument) -> None:
    for page in document.pages:
        check_unchanged(page.page.picture, page.page.origin)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A document in a worker."""

    document: RecognizedDocument
    original_paths: Mapping[Path, Path]  # in the coordinator, by the paths of the files in the worker

    def original(self, problem: Problem) -> Problem:
        """Return a problem with the path that the coordinator knows."""
        if problem.path is None:
            return problem
        return replace(problem, path=self.original_paths.get(problem.path, problem.path))


@contextmanager
def unpacked_document(sent: SentDocument, folder: Path) -> Iterator[Unpacked]:
    """Yield the document for sinks in a worker. Pictures that were sent are files in ``folder`` meanwhile.

    Raises OSError if they cannot be written.
    """
    with TemporaryDirectory(dir=folder, prefix="penstock-") as pictures:
        paths = {}
        for number, (path, content) in enumerate(sent.pictures.items()):
            # Outputs have the name of the file.
            paths[path] = Path(pictures, str(number), path.name)
            paths[path].parent.mkdir()
            content.tofile(paths[path])
        pages = tuple(
            RecognizedPage(_moved(each.page, paths), each.recognition) for each in sent.document.pages
        )
        originals = {there: here for here, there in paths.items()}
        yield Unpacked(replace(sent.document, pages=pages), originals)


def _moved(page: Page, paths: Mapping[Path, Path]) -> Page:
    picture = page.picture
    if picture.path not in paths:
        return page
    path = paths[picture.path]
    if picture.modified_ns is not None:
        # Outputs may have the time, and sinks compare it.
        os.utime(path, ns=(picture.modified_ns, picture.modified_ns))
    return replace(page, picture=replace(picture, path=path))
