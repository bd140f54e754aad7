"""What came: told by its content, unpacked where it was packed for the way, and its pages."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from penstock.errors import PictureError
from penstock.images import EXTENSIONS, look_into
from penstock.model import ExistingText, Page, Problem
from penstock.pdf.kind import is_pdf
from penstock_plugins.sources.url.failing import NotDownloaded
from penstock_plugins.sources.url.part import written

CHUNK = 65_536
EITHER = 32 + zlib.MAX_WBITS
"""zlib: a gzip or zlib stream, told by its head."""
YOURSELF = "download it yourself and read the file"
PACKINGS = ("gzip", "x-gzip", "deflate")


@dataclass(frozen=True, slots=True)
class PdfRules:
    """What becomes of a PDF's own text and signatures."""

    existing_text: ExistingText = "auto"
    break_signatures: bool = False


def check_content(path: Path, rules: PdfRules) -> None:
    """Raise NotDownloaded for what is no picture or PDF at all."""
    try:
        next(_walk(path, "x", rules), None)
    except PictureError as error:
        raise _no_picture(path, error, "x") from None


def pages_of(path: Path, origin: str, rules: PdfRules, url: str | None) -> Iterator[Page | Problem]:
    """The pages of a download.

    Only a single picture can be read by its address: it gets ``url``. What breaks off in the middle is a
    problem in the place of the rest. Raises NotDownloaded if there is not even a first page.
    """
    walk = _walk(path, origin, rules)
    first: list[Page | Problem] = []
    try:
        first = list(islice(walk, 1))
        first += islice(walk, 1)
    except PictureError as error:
        if not first:
            raise _no_picture(path, error, origin) from None
        return iter([*first, _problem(error, origin)])
    if len(first) == 1 and isinstance(first[0], Page) and url and not is_pdf(path):
        first = [replace(first[0], picture=replace(first[0].picture, url=url))]
    return chain(first, _rest(walk, origin))


def _rest(walk: Iterator[Page | Problem], origin: str) -> Iterator[Page | Problem]:
    try:
        yield from walk
    except PictureError as error:
        yield _problem(error, origin)


def _walk(path: Path, origin: str, rules: PdfRules) -> Iterator[Page | Problem]:
    return look_into(path, origin, existing_text=rules.existing_text, break_signatures=rules.break_signatures)


def _problem(error: PictureError, origin: str) -> Problem:
    return Problem(origin, error.message.removeprefix(f"{origin}: "), error.hint)


def _no_picture(path: Path, error: PictureError, origin: str) -> NotDownloaded:
    """Why what came is no picture, and what to do about it."""
    with path.open("rb") as file:
        start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        return NotDownloaded(
            "the address gives a web page", "open it, and copy the address of the picture itself"
        )
    problem = _problem(error, origin)
    return NotDownloaded(problem.why, problem.hint)


def suffix_of(path: Path, name: str) -> str:
    """An ending for people to see: a PDF's by its content, a picture's as it was called."""
    ending = PurePosixPath(name).suffix.lower()
    return ".pdf" if is_pdf(path) else ending if ending in EXTENSIONS - {".pdf"} else ""


def check_packing(encoding: str) -> str:
    """A Content-Encoding that can be undone, or none. Raises NotDownloaded for others."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return ""
    if encoding in PACKINGS:
        return encoding
    shown = encoding if encoding.isalnum() and len(encoding) < 20 else "something unknown"
    why = f"came packed as {shown}, which was not asked for"
    raise NotDownloaded(why, YOURSELF)


@contextmanager
def unpacked(packed: Path, into: Path, refuse_size: Callable[[int], None]) -> Iterator[Path]:
    """A file whose packing is undone; gone at the end unless it was moved.

    Parameters
    ----------
    refuse_size
        Raises for more bytes than are wanted: nothing of a bomb is unpacked beyond.
    """
    try:
        with packed.open("rb") as source, written(into), into.open("wb") as target:
            size = 0
            for piece in _inflated(iter(lambda: source.read(CHUNK), b"")):
                refuse_size(size := size + len(piece))
                target.write(piece)
        yield into
    finally:
        with suppress(OSError):
            into.unlink(missing_ok=True)


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    engine = zlib.decompressobj(EITHER)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not engine.eof:
                yield engine.decompress(waiting, CHUNK)
                waiting = engine.unconsumed_tail
        while piece := engine.decompress(b"", CHUNK):
            yield piece
    except zlib.error:
        raise NotDownloaded("came packed, and cannot be unpacked", YOURSELF) from None
    if not engine.eof:
        raise NotDownloaded("came packed, and not whole", YOURSELF)


__all__ = ["PdfRules", "check_content", "check_packing", "pages_of", "suffix_of", "unpacked"]
