"""Tests of a source."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import PenstockError, PluginError, sort_of
from penstock.images import open_upright
from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock.stages import SourceStage
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, NoDocumentFound, describe
from penstock.testing.conformance.watching import FileWatch, watched_files
from penstock.testing.drawing import draw_page

__tracebackhide__ = True

MANY = 200  # number of pictures, of which only the first document is requested
ENOUGH = 20  # how many files and folders a source may access before it yields the first document

BE_LAZY = (
    "yield each document as soon as it is found (`yield`, not a list), and open pictures only when pages "
    "are iterated; find_pages(...) is lazy"
)


class SourceConformance(Conformance):
    """Subclass this with your source as ``component``, with options that make it look in the test's folder.

    For a source of files, that is ``options = {"paths": ["."]}`` or its own option for a folder. A source
    that finds pictures elsewhere overrides `lay_out`, and `accesses` if accesses can be counted.
    """

    kind: ClassVar[str] = "source"
    costly = frozenset(
        {
            "test_yields_documents_lazily",
            "test_order_is_stable",
            "test_reports_bad_items_as_problems",
            "test_pages_can_be_opened",
        }
    )

    def lay_out(self, folder: Path, good: int, *, bad: bool) -> tuple[str, ...]:
        """Create pictures for the component to find.

        Parameters
        ----------
        good
            Number of pictures.
        bad
            Whether to also create files that are not pictures.

        Returns
        -------
            Names of the files that are not pictures. The source's `Problem`s must contain them.
        """
        first = draw_page(folder / "0000.png", ["Dear Anna"]).page.picture.path
        for number in range(1, good):
            # Half of the pictures are in folders of their own, for sources that look there.
            name = f"{number:04}.png" if number <= good // 2 else f"box-{number:04}/page.png"
            _copy(first, folder / name)
        bad_names = ("0000-empty.png", "0000-text.png") if bad else ()
        for name in bad_names:
            (folder / name).write_text("" if "empty" in name else "not a picture\n")
        return bad_names

    def accesses(self, folder: Path, watch: FileWatch) -> int:
        """Return how many items the source has accessed: by default, files opened and folders listed."""
        return len({(each.what, each.path) for each in watch.within(folder, "read", "list")})

    def test_yields_documents_lazily(self, tmp_path: Path) -> None:
        """It yields the first document before it looks at hundreds of others."""
        self.lay_out(tmp_path, MANY, bad=False)
        with self.opened(tmp_path) as stage, watched_files(self.owner(tmp_path)) as watch:
            found = stage.caller("find_documents")(spool=_spool(tmp_path), show_status=_ignore)
            if isinstance(found, (list, tuple, set, dict)):
                raise ConformanceError(
                    f"find_documents must yield documents one by one, got {sort_of(found)}", BE_LAZY
                )
            first = next(iter(found), None)
            count = self.accesses(tmp_path, watch)
            if isinstance(first, Document):
                _check_iterable(first)
                next(iter(first.pages), None)
        if not isinstance(first, Document | Problem | None):
            raise ConformanceError(
                f"find_documents must yield Documents and Problems, got {sort_of(first)}",
                "yield Document(name, origin, pages) or Problem(what, why, hint)",
            )
        if not isinstance(first, Document):
            raise NoDocumentFound
        if count > ENOUGH:
            line = watch.within(tmp_path, "read", "list")[count // 2].line
            raise ConformanceError(
                f"find_documents must access at most {ENOUGH} files and folders before its first document, "
                f"got {count} ({line})",
                BE_LAZY,
            )

    def test_order_is_stable(self, tmp_path: Path) -> None:
        """It finds the same documents in the same order in every run."""
        self.lay_out(tmp_path, 12, bad=False)
        first, second = (list(_comparable(self._find(tmp_path))) for _ in range(2))
        if not any(isinstance(each, tuple) for each in first):
            raise NoDocumentFound
        if first != second:
            raise ConformanceError(
                f"a second run must find the same, got {_difference(first, second)}",
                "sort what a folder or service lists: the order of a listing is not stable",
            )

    def test_reports_bad_items_as_problems(self, tmp_path: Path) -> None:
        """It yields a Problem for every item that is not a picture, and finds the others."""
        expected = sum(isinstance(each, Page) for each in self._pages(tmp_path / "good", bad=False)[0])
        if not expected:
            raise NoDocumentFound
        found, bad_names = self._pages(tmp_path / "both", bad=True)
        pages = [each for each in found if isinstance(each, Page)]
        problems = [each for each in found if isinstance(each, Problem)]
        if len(pages) < expected:
            raise ConformanceError(
                f"with bad items among them it must find all {expected} pages, got {len(pages)}",
                "catch PictureError for each item, yield a Problem(what, why, hint), and continue",
            )
        for name in bad_names:
            if not any(name in f"{each.what} {each.path}" for each in problems):
                raise ConformanceError(
                    f"there must be a Problem for {name}, which is not a picture",
                    "yield a Problem(what, why, hint) in its place: a missing page must be reported",
                )

    def test_pages_can_be_opened(self, tmp_path: Path) -> None:
        """Every page has a number, a picture of the stated size, and a file whose changes are noticed."""
        self.lay_out(tmp_path, 3, bad=False)
        documents = [each for each in self._find(tmp_path) if isinstance(each, Document)]
        if not documents:
            raise NoDocumentFound
        for document in documents:
            _check_pages(document)

    def _pages(self, folder: Path, *, bad: bool) -> tuple[list[Page | Problem], tuple[str, ...]]:
        """Lay out a folder; return the pages and problems found in it, and the names of the bad files."""
        folder.mkdir()
        bad_names = self.lay_out(folder, 4, bad=bad)
        items: list[Page | Problem] = []
        for each in self._find(folder):
            items += each.pages if isinstance(each, Document) else [each]
        return items, bad_names

    def _find(self, folder: Path) -> Iterator[Document | Problem]:
        """Yield what a new component finds. Raises ConformanceError for what the component raises."""
        with self.opened(folder) as stage:
            yield from _found(stage, folder)


def _check_pages(document: Document) -> None:
    numbers: list[int] = []
    for page in document.pages:
        if isinstance(page, Problem):
            continue
        if not isinstance(page, Page):
            raise ConformanceError(
                f"the pages of {document.name!r} must be Pages and Problems, got {sort_of(page)}",
                "take pages from penstock.find_pages",
            )
        numbers.append(page.number)
        with open_upright(page) as picture:
            if picture.size != (page.width, page.height):
                raise ConformanceError(
                    f"{page.origin}: width and height must be {picture.size[0]} and {picture.size[1]}, got "
                    f"{page.width} and {page.height}",
                    "take pages from penstock.find_pages, which applies EXIF and page indexes",
                )
        if page.picture.size is None:
            raise ConformanceError(
                f"{page.origin}: its Picture must have size and modified_ns, to notice changes",
                "take pages from penstock.find_pages, which sets them",
            )
    if numbers != sorted(set(numbers)) or (numbers and numbers[0] < 1):
        raise ConformanceError(
            f"the pages of {document.name!r} must have ascending numbers from 1, got {numbers}",
            "pass the number to find_pages(path, origin, number)",
        )


def _check_iterable(document: Document) -> None:
    if not isinstance(document.pages, Iterable):
        raise ConformanceError(
            f"the pages of {document.name!r} must be iterable, got {sort_of(document.pages)}",
            "set them to an iterable of Pages, such as find_pages(...)",
        )


def _found(stage: SourceStage, folder: Path) -> Iterator[Document | Problem]:
    try:
        for item in stage.find_documents(_spool(folder), _ignore):
            # Iterating the pages here makes what they raise an error of the source, too.
            yield item if isinstance(item, Problem) else dataclasses.replace(item, pages=list(item.pages))
    except ConformanceError:
        raise
    except PluginError as error:
        raise ConformanceError(error.message, error.hint) from None
    except PLUGIN_ERRORS as error:
        hint = error.hint if isinstance(error, PenstockError) else ""
        raise ConformanceError(
            f"find_documents must not raise, got {describe(error)}",
            hint or "yield a Problem for an item that cannot be read: an exception ends the source",
        ) from error


def _ignore(_text: str) -> None:
    """Show no status."""


def _spool(folder: Path) -> Spool:
    # Beside the folder, so that sources of files do not find the stored pictures.
    return Spool(folder.with_name(f"{folder.name}-spool"))


def _copy(first: Path, copy: Path) -> None:
    copy.parent.mkdir(exist_ok=True)
    try:
        os.link(first, copy)
    except OSError:
        shutil.copy(first, copy)


def _comparable(found: Iterator[Document | Problem]) -> Iterator[Any]:
    """Yield what must be equal in every run."""
    for each in found:
        if isinstance(each, Problem):
            yield each.what
            continue
        pages = [
            (page.number, page.origin) if isinstance(page, Page) else (0, page.what) for page in each.pages
        ]
        yield (each.name, each.origin, each.folder, tuple(pages))


def _difference(first: list[Any], second: list[Any]) -> str:
    for one, other in zip(first, second, strict=False):
        if one != other:
            return f"{other!r} instead of {one!r}"
    return f"{len(second)} documents instead of {len(first)}"
