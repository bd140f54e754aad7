"""The `files` source: files, folders and globs of pictures and PDFs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import MinLen

from penstock.errors import PictureError
from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Page, Problem
from penstock_plugins.sources.files.patterns import Selection
from penstock_plugins.sources.files.walking import FileKey, Found, Walk, file_key, fixed_part, shown_path

RELATIVE = "patterns are for what is below the folders that were named"

PagesOf = Callable[[Path, str, int], Iterable[Page | Problem]]
"""Looks into a file: its path, what people call it, and the number of its first page."""


@dataclass(eq=False)
class Files:
    """Pictures in files: PDF and TIFF (all their pages), JPEG, PNG, HEIC, AVIF, JPEG 2000, WebP, GIF and BMP.

    Of a picture that moves, the first one is read. PDFs that want a password get it from the environment
    variable PENSTOCK_PDF_PASSWORD.

    Parameters
    ----------
    paths
        Files, folders (with all below them) and globs such as ``scans/**/*.jpg``; relative to the pipeline
        file. A folder's files are taken by their endings, a named file by its content. Links are followed;
        a file or folder that is met again is not read again. Names that begin with a dot are passed over.
    include, exclude
        Patterns for what folders and globs give, such as ``*.jpg``, ``2019/**`` or ``drafts``: for the path
        below the folder that was named, or, without a slash, for any name in it; a folder stands for all
        below it. Nothing else than what is included is read, nothing that is excluded. Files that are named
        themselves are read in any case.
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
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.paths:
            raise ValueError("paths names nothing to read")
        Selection.of(self.include, self.exclude)

    @hookimpl
    def find_documents(self, show_status: Callable[[str], None]) -> Iterator[Document | Problem]:
        """Walk the paths in their order, each folder in natural order."""
        from penstock.images import look_into

        found = self._files(show_status)
        look = functools.partial(
            look_into, existing_text=self.existing_text, break_signatures=self.break_signatures
        )
        if self.document == "file":
            yield from (item if isinstance(item, Problem) else one_file(item, look) for item in found)
        elif self.document == "all":
            pages = pages_of(found, look)
            yield Document(self.document_name, self.document_name, pages, beside=self._first_folder())
        else:
            yield from by_folder(found, look)

    def _first_folder(self) -> Path:
        first = self.paths[0]
        try:
            return first if first.is_dir() else fixed_part(first)
        except OSError:
            return first.parent

    def _files(self, show_status: Callable[[str], None]) -> Iterator[Found | Problem]:
        """Each file once, and each problem, however often the paths lead there."""
        seen: set[FileKey | Problem] = set()
        selection = Selection.of(self.include, self.exclude)
        for given in self.paths:
            empty = True
            for item in Walk(selection).files_at(given):
                empty = False
                key = item if isinstance(item, Problem) else file_key(item.path)
                if key not in seen:
                    seen.add(key)
                    yield item
            if empty:
                yield _nothing_at(given, selection)
        for word in selection.idle():
            show_status(f"exclude {word!r} leaves nothing out: {RELATIVE}")


def _nothing_at(given: Path, selection: Selection) -> Problem:
    shown = shown_path(given)
    if not selection.is_everything:
        return Problem(shown, "nothing in it is wanted", "check what include and exclude say", given)
    if given.is_dir():
        from penstock.images import EXTENSIONS

        known = ", ".join(sorted(ending[1:] for ending in EXTENSIONS))
        return Problem(shown, "there are no pictures in this folder", f"pictures end in {known}", given)
    return Problem(shown, "matches no file", "check the pattern; ** stands for any folders", given)


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
        if item.path is None:
            yield item
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
