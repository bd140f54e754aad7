"""The content of a download: whether it is a picture or PDF, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from penstock.errors import PictureError
from penstock.images import EXTENSIONS
from penstock.model import Page, Problem
from penstock.pdf.kind import is_pdf
from penstock_plugins.sources.pages import PageFinder
from penstock_plugins.sources.url.errors import NotDownloaded


def check_compression(encoding: str) -> None:
    """Raise NotDownloaded for a Content-Encoding that cannot be undone.

    Requests ask for no compression, but storage services send objects as they were uploaded: with gzip.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        shown = encoding if encoding.isalnum() and len(encoding) < 20 else "an unknown format"
        why = f"the server compressed the content as {shown}, which is not supported"
        raise NotDownloaded(why, "download it yourself and read the file")


def check_content(path: Path, finder: PageFinder) -> None:
    """Raise NotDownloaded for a file that is not a picture or PDF."""
    try:
        next(finder.look_into(path, "x"), None)
    except PictureError as error:
        with path.open("rb") as file:
            start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<head")):
            hint = "open it, and copy the address of the picture itself"
            raise NotDownloaded("the server sent a web page", hint) from None
        raise NotDownloaded(error.message.removeprefix("x: "), error.hint) from None


def pages_of(path: Path, origin: str, finder: PageFinder, url: str | None) -> Iterator[Page | Problem]:
    """Yield the pages of a download. A single picture gets ``url``: recognizers may fetch it there."""
    pages = finder.pages(path, origin)
    first = list(islice(pages, 2))
    # A page that was selected from several cannot be fetched alone.
    is_whole = len(first) == 1 and finder.ranges.selects_all and not is_pdf(path)
    if is_whole and isinstance(first[0], Page) and url:
        first = [replace(first[0], picture=replace(first[0].picture, url=url))]
    yield from chain(first, pages)


def suffix_of(path: Path, name: str) -> str:
    """Return the suffix of the stored file: of a PDF by its content, of a picture by its name."""
    suffix = PurePosixPath(name).suffix.lower()
    if is_pdf(path):
        return ".pdf"
    return suffix if suffix in EXTENSIONS - {".pdf"} else ""
