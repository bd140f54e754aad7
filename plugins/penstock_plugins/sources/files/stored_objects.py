"""The objects of a source whose paths are addresses of object storage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from penstock.errors import StorageError, StorageUnreachable
from penstock.model import Page, Problem
from penstock.storage import Address
from penstock_plugins.sources.ahead import Ahead
from penstock_plugins.sources.files.documents import Opened
from penstock_plugins.sources.files.not_pictures import PassedOver
from penstock_plugins.sources.files.object_walk import (
    FoundObject,
    ObjectPath,
    ObjectWalk,
    object_path,
    problem_at,
)
from penstock_plugins.sources.files.patterns import Selection
from penstock_plugins.sources.files.walking import (
    say_how_twins_are_named,
    say_what_is_left_out,
    twins_of,
)
from penstock_plugins.sources.pages import PageFinder

PARALLEL = 4
"""Objects that are downloaded at once, ahead of the run."""
UNREACHABLE_IN_A_ROW = 5
"""Downloads after which a service counts as gone."""


@dataclass(slots=True)
class StoredObjects:
    """Finds objects, and downloads them a few ahead of the run."""

    addresses: tuple[Address, ...]
    selection: Selection
    finder: PageFinder
    downloads: Ahead[FoundObject, Path]
    _unreachable: int = field(default=0, init=False)  # in a row

    def files(
        self, show_status: Callable[[str], None], *, names_files: bool
    ) -> Iterator[FoundObject | Problem]:
        """Yield each object and each problem once. Folders are listed one after the other."""
        # A walk finds no object twice, so a single one needs no memory of what it found.
        seen: set[Address | Problem] | None = set() if len(self.addresses) > 1 else None
        passed_over = PassedOver()
        twins: set[ObjectPath] = twins_of(object_path(address, None) for address in self.addresses)
        twin_names = []
        for given in self.addresses:
            is_empty = True
            for item in ObjectWalk(self.selection, passed_over, twins).objects_at(given):
                is_empty = False
                key = item if isinstance(item, Problem) else item.address
                if seen is not None and key in seen:
                    continue
                if seen is not None:
                    seen.add(key)
                if isinstance(item, FoundObject) and item.is_twin:
                    twin_names.append(item.path.name)
                yield item
            if is_empty:
                yield _nothing_found(given, self.selection)
        say_what_is_left_out(self.selection, passed_over, show_status)
        if names_files:
            say_how_twins_are_named(twin_names, show_status)

    def opened(self, items: Iterable[FoundObject | Problem]) -> Iterator[Opened | Problem]:
        """Yield the objects with a function that yields their pages from a number on."""
        for item in self.downloads.results(items):
            yield item if isinstance(item, Problem) else (item[0], partial(self._pages, *item))

    def shown_folder(self, found: FoundObject) -> str:
        return str(found.address.parent)

    def check_reachable(self) -> None:
        """Raise StorageUnreachable if the last downloads all failed because the service did not answer."""
        if self._unreachable >= UNREACHABLE_IN_A_ROW:
            raise StorageUnreachable(
                f"{self.addresses[0]}: the service cannot be reached: {self._unreachable} downloads in a row"
                " have failed",
                "run the same command again when it is back",
            )

    def _pages(
        self, found: FoundObject, download: Future[Path], first_number: int
    ) -> Iterator[Page | Problem]:
        try:
            path = download.result()
        except CancelledError:
            return  # the run ends
        except StorageError as error:
            self._unreachable = self._unreachable + 1 if isinstance(error, StorageUnreachable) else 0
            yield problem_at(found.address, error)
            return
        self._unreachable = 0
        address = str(found.address)
        for page in self.finder.pages(path, found.origin, first_number):
            if isinstance(page, Problem):
                yield page
            else:
                yield replace(page, picture=replace(page.picture, url=address))


def _nothing_found(given: Address, selection: Selection) -> Problem:
    if selection.include or selection.exclude:
        return Problem(str(given), "include and exclude select nothing in it", "check these patterns")
    from penstock.images import EXTENSIONS

    known = ", ".join(sorted(suffix[1:] for suffix in EXTENSIONS))
    return Problem(str(given), "matches no object that is a picture", f"its suffix can be {known}")
