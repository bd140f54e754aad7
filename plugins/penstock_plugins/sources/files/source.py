"""The `files` source: files, folders and globs of pictures and PDFs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import MinLen

from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Page, Problem
from penstock_plugins.sources.files.not_pictures import PassedOver
from penstock_plugins.sources.files.page_order import in_page_order, order_shown
from penstock_plugins.sources.files.patterns import Selection
from penstock_plugins.sources.files.walking import (
    FileKey,
    FoundFile,
    Walk,
    file_key,
    fixed_part,
    shown_path,
    twins_of,
)
from penstock_plugins.sources.page_ranges import PageRanges
from penstock_plugins.sources.pages import PageFinder

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Paths = Sequence[Path | str] | Path | str
    """What Python callers may pass."""
else:
    # What a pipeline file is validated as: relative paths are resolved only if they are Paths.
    Paths = tuple[Path, ...]


@dataclass(eq=False)
class Files:
    """Pictures in files: PDF and TIFF (all pages), JPEG, PNG, HEIC, AVIF, JPEG 2000, WebP, GIF, BMP and PNM.

    Of an animation, the first picture is read. Encrypted PDFs are opened with the password in the environment
    variable PENSTOCK_PDF_PASSWORD.

    Parameters
    ----------
    paths
        Files, folders (with their subfolders) and globs such as ``scans/**/*.jpg``, relative to the pipeline
        file. In folders, pictures and PDFs are chosen by their suffix, and by their content if the suffix is
        unknown. A file that is named is read whatever its suffix. Links are followed. No file is read twice.
        Names that begin with a dot are skipped, and so are thumbnails and deleted files of NAS systems.
    include, exclude
        Patterns that select files of folders and globs, such as ``*.jpg``, ``2019/**`` or ``drafts``. A
        pattern with a slash applies to the path below the given folder, one without to any name in it. A
        pattern that matches a folder applies to all of its content. Files that are named are always read.
    document
        What becomes one document: ``"file"``, ``"folder"`` (the pictures directly in one folder), or
        ``"all"``. Its files are in the order of the paths, but paths in the order of a shell, which puts
        ``page10.jpg`` before ``page2.jpg``, are ordered by their numbers. With ``"file"``, pictures in one
        folder that differ only in their suffix are named with it: ``a.jpg.pdf`` and ``a.heic.pdf``.
    document_name
        Name of the document with ``document = "all"``.
    pages
        Which pages of each file are read, counted from 1, such as ``"1-3,7,10-"``. Default: all. Outputs have
        only these pages.
    existing_text
        How text that a PDF's page already has is treated. "auto" does not send a page that is all text, and
        adds only missing words to a page of text and pictures; "skip" leaves every page with text as it is;
        "add" adds all recognized text; "redo" removes invisible text first.
    break_signatures
        Also read signed PDFs. The signature is not valid for the PDF that is written.
    """

    paths: Annotated[Paths, MinLen(1)]
    document: Literal["file", "folder", "all"] = "file"
    document_name: Annotated[str, MinLen(1)] = "all"
    existing_text: ExistingText = "auto"
    break_signatures: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pages: str = ""

    def __post_init__(self) -> None:
        paths = (self.paths,) if isinstance(self.paths, (str, Path)) else self.paths
        self.paths = self._paths = tuple(Path(path) for path in paths)
        if not self._paths:
            raise ValueError("paths is empty; name at least one file or folder")
        Selection.of(self.include, self.exclude)  # raises ValueError for an invalid pattern
        self._finder = PageFinder(self.existing_text, self.break_signatures, PageRanges.parse(self.pages))

    @hookimpl
    def find_documents(self, show_status: Callable[[str], None]) -> Iterator[Document | Problem]:
        """Yield the documents of the paths in their order, and each folder in natural order."""
        if self.document == "all":
            pages = self._all_pages(show_status)
            yield Document(self.document_name, self.document_name, pages, beside=self._first_folder())
            return
        finder = self._finder
        if self.document == "file":
            found = self._files(self._paths, show_status)
            yield from (item if isinstance(item, Problem) else _one_file(item, finder) for item in found)
        else:
            yield from _by_folder(self._files(in_page_order(self._paths), show_status), finder)

    def _all_pages(self, show_status: Callable[[str], None]) -> Iterator[Page | Problem]:
        """Yield the pages of all files, and show the order of the files as long as it does."""
        paths = in_page_order(self._paths)
        found = list(self._files(paths, show_status))
        names = [item.origin for item in found if isinstance(item, FoundFile)]
        if len(names) > 1:
            show_status(order_shown(names, by_number=paths != self._paths))
        yield from _pages_of(found, self._finder)
        show_status("")

    def _first_folder(self) -> Path:
        first = self._paths[0]
        try:
            return first if first.is_dir() else fixed_part(first)
        except OSError:
            return first.parent

    def _files(
        self, paths: Iterable[Path], show_status: Callable[[str], None]
    ) -> Iterator[FoundFile | Problem]:
        """Yield each file and each problem once, also if several paths lead there."""
        seen: set[FileKey | Problem] = set()
        selection = Selection.of(self.include, self.exclude)
        passed_over = PassedOver()
        paths = tuple(paths)
        twins = twins_of(paths)
        for given in paths:
            is_empty = True
            for item in Walk(selection, passed_over, twins).files_at(given):
                is_empty = False
                key = item if isinstance(item, Problem) else file_key(item.path)
                if key in seen:
                    log.debug("%s: found before", item.path)
                else:
                    seen.add(key)
                    yield item
            if is_empty:
                yield _nothing_found(given, selection)
        for pattern in selection.unused():
            show_status(f"exclude {pattern!r} matches nothing: patterns apply below the given folders")
        if text := passed_over.text():
            show_status(text)
        if self.document == "file" and (named := [path.name for path in sorted(twins) if path.is_file()]):
            show_status(
                f"outputs are named {named[0]}.pdf and so on: {len(named)} files differ in the suffix only"
            )


def _nothing_found(given: Path, selection: Selection) -> Problem:
    shown = shown_path(given)
    if selection.include or selection.exclude:
        return Problem(shown, "include and exclude select nothing in it", "check these patterns", given)
    if given.is_dir():
        from penstock.images import EXTENSIONS

        known = ", ".join(sorted(suffix[1:] for suffix in EXTENSIONS))
        return Problem(shown, "there are no pictures in this folder", f"their suffix can be {known}", given)
    return Problem(shown, "matches no file", "check the pattern; ** matches any folders", given)


def _one_file(found: FoundFile, finder: PageFinder) -> Document:
    pages = _pages_of([found], finder)
    name = found.path.name if found.is_twin else found.path.stem
    return Document(name, found.origin, pages, found.folder, found.path.parent)


def _pages_of(found: Iterable[FoundFile | Problem], finder: PageFinder) -> Iterator[Page | Problem]:
    """Yield the pages of several files, numbered consecutively, with problems in their places."""
    number = 1
    for item in found:
        if isinstance(item, Problem):
            yield item
            number += 1
            continue
        for page in finder.pages(item.path, item.origin, number, reported=item.path):
            yield page
            number += 1


def _by_folder(found: Iterable[FoundFile | Problem], finder: PageFinder) -> Iterator[Document | Problem]:
    """Yield one document for the files directly in each folder.

    A walk yields the files of a folder between those of its subfolders, so all paths are collected first.
    """
    folders: dict[Path, list[FoundFile | Problem]] = {}
    for item in found:
        if item.path is None:
            yield item
        else:
            folders.setdefault(item.path.parent, []).append(item)
    for folder, items in folders.items():
        files = [item for item in items if isinstance(item, FoundFile)]
        if not files:
            yield from (item for item in items if isinstance(item, Problem))
            continue
        above = files[0].folder.rpartition("/")[0]
        pages = _pages_of(items, finder)
        yield Document(folder.name or "root", shown_path(folder), pages, above, folder.parent)
