"""The `files` source: files, folders and globs of pictures and PDFs."""

from __future__ import annotations

import functools
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import MinLen

from penstock.errors import PictureError
from penstock.hookspecs import hookimpl
from penstock.images import EXTENSIONS, find_pages
from penstock.model import Document, ExistingText, Page, Problem
from penstock.pdf.kind import is_pdf

PagesOf = Callable[[Path, str, int], Iterable[Page | Problem]]
"""Looks into a file: its path, what people call it, and the number of its first page."""

_WILD = re.compile(r"[*?\[]")
_DIGITS = re.compile(r"(\d+)")

NOT_YET = {
    ".heic": "HEIC pictures are not read yet",
    ".heif": "HEIF pictures are not read yet",
    ".avif": "AVIF pictures are not read yet",
    ".jp2": "JPEG 2000 pictures are not read yet",
    ".jpf": "JPEG 2000 pictures are not read yet",
    ".jpx": "JPEG 2000 pictures are not read yet",
    ".j2k": "JPEG 2000 pictures are not read yet",
}
"""Kinds that will be read one day, by the endings of their names; a folder's are not passed over silently."""

READ_NOW = "convert it to PDF, JPEG, PNG, TIFF, BMP, WebP or GIF"


def natural_key(path: Path) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sorts ``page2`` before ``page10``, capitals beside small letters, and is total: no two paths tie."""
    parts = _DIGITS.split(unicodedata.normalize("NFC", str(path)).casefold())
    key = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return (key, str(path))


@dataclass(frozen=True, slots=True)
class Found:
    """A file, with its folder below the place that was named, and the name people gave it."""

    path: Path
    origin: str
    folder: str = ""


@dataclass(eq=False)
class Files:
    """Pictures in files: PDF (every page), JPEG, PNG, TIFF (every frame a page), BMP, WebP and GIF.

    PDFs that want a password get it from the environment variable PENSTOCK_PDF_PASSWORD.

    Parameters
    ----------
    paths
        Files, folders (with all below them) and globs such as ``scans/**/*.jpg``; relative to the pipeline
        file. A folder's files are taken by their endings, a named file by its content.
    document
        What becomes one document: ``"file"``, ``"folder"`` (all pictures that lie together in one folder),
        or ``"all"``.
    document_name
        The name of the one document that ``document = "all"`` makes.
    existing_text
        What becomes of a PDF's page that has text already. "auto" sends nothing of a page that is all text,
        and adds to a page of text and pictures what is not there yet; "skip" leaves every page with text
        alone; "add" adds everything that is read; "redo" takes out invisible text first.
    break_signatures
        Read PDFs that were signed, too: the signature does not hold for the PDF that is written.
    """

    paths: Annotated[tuple[Path, ...], MinLen(1)]
    document: Literal["file", "folder", "all"] = "file"
    document_name: Annotated[str, MinLen(1)] = "all"
    existing_text: ExistingText = "auto"
    break_signatures: bool = False

    def __post_init__(self) -> None:
        if not self.paths:
            raise ValueError("paths names nothing to read")

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        """Walk the paths in their order, each folder in natural order."""
        found = self._files()
        look = functools.partial(
            pages_in, existing_text=self.existing_text, break_signatures=self.break_signatures
        )
        if self.document == "file":
            yield from (item if isinstance(item, Problem) else one_file(item, look) for item in found)
        elif self.document == "all":
            pages = pages_of(found, look)
            yield Document(self.document_name, self.document_name, pages, beside=self._first_folder())
        else:
            yield from by_folder(found, look)

    def _first_folder(self) -> Path:
        first = Path(_fixed_part(self.paths[0]))
        try:
            return first if first.is_dir() else first.parent
        except OSError:
            return first.parent

    def _files(self) -> Iterator[Found | Problem]:
        seen: set[Path] = set()
        for given in self.paths:
            empty = True
            for item in _whatever_happens(given):
                empty = False
                if isinstance(item, Problem):
                    yield item
                elif (real := item.path.resolve()) not in seen:
                    seen.add(real)
                    yield item
            if empty:
                yield _nothing_at(given)


def _whatever_happens(given: Path) -> Iterator[Found | Problem]:
    """What a path stands for, where one that the system refuses is a problem: the others are still read."""
    try:
        yield from files_at(given)
    except OSError as error:
        yield Problem(
            shown_path(given), f"cannot be looked up ({error.strerror or error})", "check the path", given
        )
    except (RuntimeError, ValueError) as error:
        hint = "check the pattern; ** between slashes stands for any folders"
        yield Problem(shown_path(given), f"cannot be looked up ({error})", hint, given)


def files_at(given: Path) -> Iterator[Found | Problem]:
    """What a path, folder or glob stands for."""
    shown = shown_path(given)
    if given.is_dir():
        yield from _folder(given, given, shown)
    elif given.exists() or not _WILD.search(str(given)):
        yield _named_file(given, shown)
    else:
        start = _fixed_part(given)
        pattern = str(given.relative_to(start))
        for path in sorted(start.glob(pattern), key=natural_key):
            if not path.is_dir():
                yield _found(path, start)


def _named_file(path: Path, shown: str) -> Found | Problem:
    if problem := _no_file(path, shown):
        return problem
    if why := NOT_YET.get(path.suffix.lower()):
        return Problem(shown, why, READ_NOW, path)
    return Found(path.absolute(), shown)


def _no_file(path: Path, shown: str) -> Problem | None:
    """Why a path is no file that can be opened; to open a named pipe would be to wait for ever."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Problem(shown, "there is no such file or folder", "check the path", path)
    except OSError as error:
        return Problem(
            shown, f"cannot be looked up ({error.strerror})", "check the path and its rights", path
        )
    if not stat.S_ISREG(mode):
        return Problem(shown, "is no regular file", "copy what it gives into a file", path)
    return None


def _folder(folder: Path, top: Path, shown: str) -> Iterator[Found | Problem]:
    try:
        entries = sorted(folder.iterdir(), key=natural_key)
        folders = {path for path in entries if not path.is_symlink() and path.is_dir()}
    except OSError as error:
        yield Problem(shown, f"the folder cannot be listed ({error.strerror})", "check its rights", folder)
        return
    for path in entries:
        if path.name.startswith("."):
            continue
        if path in folders:
            yield from _folder(path, top, shown_path(path))
        elif path.suffix.lower() in EXTENSIONS:
            yield _found(path, top)
        elif why := NOT_YET.get(path.suffix.lower()):
            yield Problem(shown_path(path), why, READ_NOW, path)


def _found(path: Path, top: Path) -> Found | Problem:
    if problem := _no_file(path, shown_path(path)):
        return problem
    folder = path.parent.relative_to(top).as_posix()
    return Found(path.absolute(), shown_path(path), "" if folder == "." else folder)


def _fixed_part(given: Path) -> Path:
    """The part of a glob before its first wildcard: the folder that the walk starts in."""
    for index, part in enumerate(given.parts):
        if _WILD.search(part):
            return Path(*given.parts[:index])
    return given


def _nothing_at(given: Path) -> Problem:
    shown = shown_path(given)
    if given.is_dir():
        known = ", ".join(sorted(ending[1:] for ending in EXTENSIONS))
        return Problem(shown, "there are no pictures in this folder", f"pictures end in {known}", given)
    return Problem(shown, "matches no file", "check the pattern; ** stands for any folders", given)


def shown_path(path: Path) -> str:
    """A path as people would write it from where they are."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def pages_in(
    path: Path, origin: str, first_number: int, *, existing_text: ExistingText, break_signatures: bool
) -> Iterator[Page | Problem]:
    """The pages of one file. Raises PictureError if it cannot be read."""
    if is_pdf(path):
        from penstock.pdf.pages import find_pdf_pages

        yield from find_pdf_pages(
            path, origin, first_number, existing_text=existing_text, break_signatures=break_signatures
        )
    else:
        yield from find_pages(path, origin, first_number)


def one_file(found: Found, look: PagesOf) -> Document:
    """A file as a document."""
    return Document(found.path.stem, found.origin, pages_of([found], look), found.folder, found.path.parent)


def pages_of(found: Iterable[Found | Problem], look: PagesOf) -> Iterator[Page | Problem]:
    """The pages of several files, numbered through. What cannot be had is a problem in its place."""
    number = 1
    for item in found:
        if isinstance(item, Problem):
            yield item
            number += 1
            continue
        try:
            for page in look(item.path, item.origin, number):
                yield page
                number += 1
        except PictureError as error:
            yield Problem(item.origin, error.message.removeprefix(f"{item.origin}: "), error.hint, item.path)
            number += 1


def by_folder(found: Iterable[Found | Problem], look: PagesOf) -> Iterator[Document | Problem]:
    """Neighbouring files of one folder as one document each.

    A walk gives each folder's own files before or between those of the folders below it, so they are
    gathered: the names alone, not the pages.
    """
    folders: dict[Path, list[Found | Problem]] = {}
    for item in found:
        if isinstance(item, Problem):
            if item.path is None:
                yield item
                continue
            folders.setdefault(item.path.parent, []).append(item)
        else:
            folders.setdefault(item.path.parent, []).append(item)
    for folder, items in folders.items():
        files = [item for item in items if isinstance(item, Found)]
        if not files:
            yield from (item for item in items if isinstance(item, Problem))
            continue
        above = files[0].folder.rpartition("/")[0]
        yield Document(folder.name or "root", shown_path(folder), pages_of(items, look), above, folder.parent)


__all__ = ["Files"]
