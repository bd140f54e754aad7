"""The content of a download: whether it is a picture or PDF, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from penstock.errors import PictureError
from penstock.images import EXTENSIONS, look_into
from penstock.model import ExistingText, Page, Problem
from penstock.pdf.kind import is_pdf
from penstock_plugins.sources.incoming import picture_problem
from penstock_plugins.sources.url.errors import NotDownloaded

COMPRESSIONS = ("gzip", "x-gzip", "deflate")


@dataclass(frozen=True, slots=True)
class PdfOptions:
    """How the existing text and the signatures of a PDF are treated."""

    existing_text: ExistingText = "auto"
    break_signatures: bool = False


def check_compression(encoding: str) -> None:
    """Raise NotDownloaded for a Content-Encoding that cannot be undone.

    Requests ask for no compression, but storage services send objects as they were uploaded: with gzip.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", *COMPRESSIONS):
        shown = encoding if encoding.isalnum() and len(encoding) < 20 else "an unknown format"
        why = f"the server compressed the content as {shown}, which is not supported"
        raise NotDownloaded(why, "download it yourself and read the file")


def check_content(path: Path, options: PdfOptions) -> None:
    """Raise NotDownloaded for a file that is not a picture or PDF."""
    try:
        next(_pages(path, "x", options), None)
    except PictureError as error:
        raise _not_a_picture(path, error, "x") from None


def pages_of(path: Path, origin: str, options: PdfOptions, url: str | None) -> Iterator[Page | Problem]:
    """Return the pages of a download, with a problem in place of those that cannot be read.

    A file that holds a single picture gets ``url``: recognizers may fetch it there. Raises NotDownloaded if
    there is no page at all.
    """
    pages = _pages(path, origin, options)
    first: list[Page | Problem] = []
    try:
        first += islice(pages, 1)
        first += islice(pages, 1)
    except PictureError as error:
        if not first:
            raise _not_a_picture(path, error, origin) from None
        return iter([*first, picture_problem(error, origin)])
    if len(first) == 1 and isinstance(first[0], Page) and url and not is_pdf(path):
        first = [replace(first[0], picture=replace(first[0].picture, url=url))]
    return chain(first, _others(pages, origin))


def _others(pages: Iterator[Page | Problem], origin: str) -> Iterator[Page | Problem]:
    try:
        yield from pages
    except PictureError as error:
        yield picture_problem(error, origin)


def _pages(path: Path, origin: str, options: PdfOptions) -> Iterator[Page | Problem]:
    return look_into(
        path, origin, existing_text=options.existing_text, break_signatures=options.break_signatures
    )


def _not_a_picture(path: Path, error: PictureError, origin: str) -> NotDownloaded:
    with path.open("rb") as file:
        start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        why, hint = "the server sent a web page", "open it, and copy the address of the picture itself"
        return NotDownloaded(why, hint)
    problem = picture_problem(error, origin)
    return NotDownloaded(problem.why, problem.hint)


def suffix_of(path: Path, name: str) -> str:
    """Return the suffix of the stored file: of a PDF by its content, of a picture by its name."""
    suffix = PurePosixPath(name).suffix.lower()
    if is_pdf(path):
        return ".pdf"
    return suffix if suffix in EXTENSIONS - {".pdf"} else ""


__all__ = ["PdfOptions", "check_compression", "check_content", "pages_of", "suffix_of"]
