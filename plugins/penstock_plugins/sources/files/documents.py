"""Documents from files: one of each file, of each folder, or of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Protocol, TypeVar

from penstock.model import Document, Page, Problem
from penstock_plugins.sources.files.page_order import order_shown
from penstock_plugins.sources.files.walking import Found

AnyFound = TypeVar("AnyFound", bound=Found)

Opened = tuple[Found, Callable[[int], Iterator[Page | Problem]]]
"""A file, and a function that yields its pages, numbered from a number on."""


class Place(Protocol[AnyFound]):
    """Where a source's files are."""

    def files(self, show_status: Callable[[str], None], *, names_files: bool) -> Iterator[AnyFound | Problem]:
        """Yield each file and each problem once. ``names_files`` if the outputs are named after the files."""

    def opened(self, items: Iterable[AnyFound | Problem]) -> Iterator[Opened | Problem]:
        """Yield the files with a function that yields their pages from a number on."""

    def shown_folder(self, found: AnyFound) -> str:
        """Return the folder of a file, for people."""


def document_of_each_file(
    place: Place[AnyFound], show_status: Callable[[str], None]
) -> Iterator[Document | Problem]:
    for item in place.opened(place.files(show_status, names_files=True)):
        if isinstance(item, Problem):
            yield item
            continue
        found, pages = item
        name = found.path.name if found.is_twin else found.path.stem
        yield Document(name, found.origin, pages(1), found.folder, found.beside)


def document_of_each_folder(
    place: Place[AnyFound], show_status: Callable[[str], None]
) -> Iterator[Document | Problem]:
    """Yield one document for the files directly in each folder.

    A walk yields the files of a folder between those of its subfolders, so all paths are collected first.
    """
    folders: dict[PurePath, list[AnyFound | Problem]] = {}
    for item in place.files(show_status, names_files=False):
        if item.path is None:
            yield item
        else:
            folders.setdefault(item.path.parent, []).append(item)
    for folder, items in folders.items():
        files = [item for item in items if not isinstance(item, Problem)]
        if not files:
            yield from (item for item in items if isinstance(item, Problem))
            continue
        above = files[0].folder.rpartition("/")[0]
        beside = folder.parent if isinstance(folder, Path) else None
        yield Document(
            folder.name or "root", place.shown_folder(files[0]), _pages_of(place, items), above, beside
        )


def pages_of_all_files(
    place: Place[AnyFound], show_status: Callable[[str], None], *, by_number: bool
) -> Iterator[Page | Problem]:
    """Yield the pages of all files, and show the order of the files as long as it does."""
    found = list(place.files(show_status, names_files=False))
    names = [item.origin for item in found if not isinstance(item, Problem)]
    if len(names) > 1:
        show_status(order_shown(names, by_number=by_number))
    yield from _pages_of(place, found)
    show_status("")


def _pages_of(place: Place[AnyFound], items: Iterable[AnyFound | Problem]) -> Iterator[Page | Problem]:
    """Yield the pages of several files, numbered consecutively, with problems in their places."""
    number = 1
    for item in place.opened(items):
        if isinstance(item, Problem):
            yield item
            number += 1
            continue
        for page in item[1](number):
            yield page
            number += 1
