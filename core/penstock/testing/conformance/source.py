"""What every source does."""

from __future__ import annotations

import dataclasses
import inspect
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import PenstockError, PluginError, sort_of
from penstock.hookspecs import SourceHooks
from penstock.images import open_upright
from penstock.model import Document, Page, Problem
from penstock.pipeline import SourceStage
from penstock.spool import Spool
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import ITS_FAULTS, NotConforming, NothingFound, said_by
from penstock.testing.conformance.files import FileWatch, watched_files
from penstock.testing.drawing import draw_page

__tracebackhide__ = True

MANY = 200
"""Pictures, of which one is asked for."""

ENOUGH = 20
"""Files and folders that a source may look at before it gives the first of them."""

LAZILY = (
    "yield each document as soon as it is found (`yield`, not a list), and open a picture when its pages "
    "are walked: find_pages(...) is lazy already"
)


class SourceConformance(Conformance):
    """Subclass it with your source as ``component``, so that it finds what lies in the test's folder.

    For a source of files ``options = {"paths": ["."]}`` does, or whatever its option for a folder is. One
    that finds its pictures elsewhere overrides `lay_out`, and `effort` if that can be counted.
    """

    kind: ClassVar[str] = "source"
    costly = frozenset(
        {
            "test_gives_the_first_document_before_it_looks_at_the_rest",
            "test_gives_the_same_in_the_same_order_twice",
            "test_reports_what_is_bad_and_passes_it_over",
            "test_gives_pages_that_can_be_opened",
        }
    )

    def lay_out(self, folder: Path, good: int, *, bad: bool) -> tuple[str, ...]:
        """Put pictures where the component will look.

        Parameters
        ----------
        good
            How many pictures.
        bad
            Whether to put items among them that are none.

        Returns
        -------
            What the bad ones are called; `Problem`s have to name them.
        """
        first = draw_page(folder / "0000.png", ["Dear Anna"]).page.picture.path
        for number in range(1, good):
            # Half of them in folders of their own, for sources that look there.
            name = f"{number:04}.png" if number <= good // 2 else f"box-{number:04}/page.png"
            _copy(first, folder / name)
        bad_ones = ("0000-empty.png", "0000-text.png") if bad else ()
        for name in bad_ones:
            (folder / name).write_text("" if "empty" in name else "no picture at all\n")
        return bad_ones

    def effort(self, folder: Path, seen: FileWatch) -> int:
        """How many items the source has looked at; here: files opened and folders listed."""
        return len({(each.what, each.path) for each in seen.within(folder, "read", "list")})

    def test_gives_the_first_document_before_it_looks_at_the_rest(self, tmp_path: Path) -> None:
        """It is lazy: one document of hundreds is there at once."""
        self.lay_out(tmp_path, MANY, bad=False)
        arguments = _arguments(tmp_path)
        with self.opened(tmp_path) as door, watched_files(self.owner(tmp_path)) as seen:
            answer = door.caller("find_documents")(**arguments)
            if isinstance(answer, (list, tuple, set, dict)):
                raise NotConforming(
                    f"find_documents returns {sort_of(answer)}: everything is found before the first "
                    "document can be read",
                    LAZILY,
                )
            first = next(iter(answer), None)
            looked = self.effort(tmp_path, seen)
            if isinstance(first, Document):
                _refuse_no_pages(first)
                next(iter(first.pages), None)
        if not isinstance(first, Document | Problem | None):
            raise NotConforming(f"it found {sort_of(first)}", "let it yield Documents and Problems")
        if not isinstance(first, Document):
            raise NothingFound
        if looked > ENOUGH:
            where = seen.within(tmp_path, "read", "list")[looked // 2].where
            raise NotConforming(
                f"it looks at {looked} files and folders before it gives its first document ({where})", LAZILY
            )

    def test_gives_the_same_in_the_same_order_twice(self, tmp_path: Path) -> None:
        """Its order does not change between runs."""
        self.lay_out(tmp_path, 12, bad=False)
        first, second = (list(_shapes(self._found(tmp_path))) for _ in range(2))
        if not any(isinstance(each, tuple) for each in first):
            raise NothingFound
        if first != second:
            raise NotConforming(
                f"the second run finds {_difference(first, second)}",
                "sort what a folder or service lists: their own order means nothing",
            )

    def test_reports_what_is_bad_and_passes_it_over(self, tmp_path: Path) -> None:
        """An item that cannot be had is a Problem in its place, and the rest is found."""
        expected = sum(isinstance(each, Page) for each in self._laid_out(tmp_path / "good", bad=False))
        if not expected:
            raise NothingFound
        found = self._laid_out(tmp_path / "both", bad=True)
        pages = [each for each in found if isinstance(each, Page)]
        problems = [each for each in found if isinstance(each, Problem)]
        if len(pages) < expected:
            raise NotConforming(
                f"with bad items among them it finds {len(pages)} of {expected} pages",
                "catch PictureError for each item, yield a Problem(what, why, hint), and go on",
            )
        for name in self._bad_ones:
            if not any(name in f"{each.what} {each.path}" for each in problems):
                raise NotConforming(
                    f"it says nothing of {name}, which is no picture",
                    "yield a Problem(what, why, hint) for it, in its place; silence is a gap nobody sees",
                )

    def test_gives_pages_that_can_be_opened(self, tmp_path: Path) -> None:
        """Every page is numbered, has a picture of the size that it says, and can be told from others."""
        self.lay_out(tmp_path, 3, bad=False)
        documents = [each for each in self._found(tmp_path) if isinstance(each, Document)]
        if not documents:
            raise NothingFound
        for document in documents:
            self._check_pages(document)

    _bad_ones: tuple[str, ...] = ()

    def _laid_out(self, folder: Path, *, bad: bool) -> list[Page | Problem]:
        """What is found in a folder: the pages of all documents, and every problem."""
        folder.mkdir()
        self._bad_ones = self.lay_out(folder, 4, bad=bad)
        items: list[Page | Problem] = []
        for each in self._found(folder):
            items += each.pages if isinstance(each, Document) else [each]
        return items

    def _found(self, folder: Path) -> Iterator[Document | Problem]:
        """What a new component finds; what it raises is a fault."""
        with self.opened(folder) as door:
            yield from _walked(door, folder)

    def _check_pages(self, document: Document) -> None:
        numbers: list[int] = []
        for page in document.pages:
            if isinstance(page, Problem):
                continue
            if not isinstance(page, Page):
                raise NotConforming(f"the document {document.name!r} has {sort_of(page)} for a page")
            numbers.append(page.number)
            with open_upright(page) as picture:
                if picture.size != (page.width, page.height):
                    raise NotConforming(
                        f"{page.origin}: says {page.width} by {page.height} pixels, and is {picture.size}",
                        "take the page from penstock.images.find_pages, which knows EXIF and frames",
                    )
            if page.picture.size is None:
                raise NotConforming(
                    f"{page.origin}: nobody can tell when its file changes",
                    "give its Picture size and modified_ns, as penstock.images.find_pages does",
                )
        if numbers != sorted(set(numbers)) or (numbers and numbers[0] < 1):
            raise NotConforming(
                f"the pages of {document.name!r} are numbered {numbers}", "count them from 1, upwards"
            )


def _refuse_no_pages(document: Document) -> None:
    if not isinstance(document.pages, Iterable):
        raise NotConforming(
            f"the document {document.name!r} has {sort_of(document.pages)} for its pages",
            "give it an iterable of Pages, as find_pages(...) is one",
        )


def _walked(door: SourceStage, folder: Path) -> Iterator[Document | Problem]:
    try:
        for item in door.find_documents(_spool(folder), lambda _text: None):
            yield _with_pages(item) if isinstance(item, Document) else item
    except NotConforming:
        raise
    except PluginError as error:
        raise NotConforming(error.message, error.hint) from None
    except ITS_FAULTS as error:
        hint = error.hint if isinstance(error, PenstockError) else ""
        raise NotConforming(
            f"find_documents raises {said_by(error)}",
            hint or "yield a Problem for what cannot be had: raising ends the source",
        ) from error


def _with_pages(document: Document) -> Document:
    """The document with its pages walked, so that what the walk raises is the source's fault, too."""
    return dataclasses.replace(document, pages=list(document.pages))


def _arguments(folder: Path) -> dict[str, Any]:
    """What a run calls find_documents with."""
    given = {"spool": _spool(folder), "show_status": lambda _text: None}
    known = inspect.signature(SourceHooks.find_documents).parameters
    return {name: value for name, value in given.items() if name in known}


def _spool(folder: Path) -> Spool:
    # Beside the folder: sources of files would find what is kept in it.
    return Spool(folder.with_name(f"{folder.name}-spool"))


def _copy(first: Path, copy: Path) -> None:
    copy.parent.mkdir(exist_ok=True)
    try:
        os.link(first, copy)
    except OSError:
        shutil.copy(first, copy)


def _shapes(found: Iterator[Document | Problem]) -> Iterator[Any]:
    """What can be compared between runs."""
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
            return f"{other!r} where the first found {one!r}"
    return f"{len(second)} documents, and the first {len(first)}"


__all__ = ["SourceConformance"]
