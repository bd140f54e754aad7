"""Finding the objects that addresses of object storage stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from penstock.errors import StorageError
from penstock.model import Problem
from penstock.storage import Address, ObjectStatus, entries_in, find
from penstock_plugins.sources.files.patterns import WILDCARD, Glob
from penstock_plugins.sources.files.walking import Found, PicturesInFolder, Walk, natural_key


class ObjectPath(PurePosixPath):
    """The path of an object or folder, from its bucket on, with what the listing of its folder said."""

    __slots__ = ("address", "status")

    address: Address
    status: ObjectStatus | None  # None for a folder


def object_path(address: Address, status: ObjectStatus | None) -> ObjectPath:
    path = ObjectPath(address.path)
    path.address, path.status = address, status
    return path


@dataclass(frozen=True, slots=True)
class FoundObject(Found):
    """An object on object storage."""

    path: ObjectPath
    status: ObjectStatus

    @property
    def address(self) -> Address:
        return self.path.address


class ObjectWalk(Walk[ObjectPath]):
    """One walk over an address: of an object or a folder, or a glob."""

    def objects_at(self, given: Address) -> Iterator[FoundObject | Problem]:
        """Yield the objects, and a problem for each folder that cannot be listed."""
        try:
            yield from self._at(given)
        except StorageError as error:
            yield problem_at(given, error)

    def _at(self, given: Address) -> Iterator[FoundObject | Problem]:
        fixed = _fixed_part(given)
        if fixed is not None and not _is_object(given):
            top = object_path(fixed, None)
            wanted: Glob | PicturesInFolder = Glob.of(given.key.removeprefix(fixed.key).strip("/").split("/"))
        elif not given.key.endswith("/") and (status := find(given)):
            path = object_path(given, status)
            yield self._found(path, status, path.parent)
            return
        else:
            top, wanted = object_path(given, None), PicturesInFolder()
        for match in self.matches(top, top, wanted):
            if isinstance(match, Problem):
                yield match
            elif match.status:
                yield self._found(match, match.status, top)

    def _found(self, path: ObjectPath, status: ObjectStatus, top: PurePosixPath) -> FoundObject:
        folder = path.parent.relative_to(top).as_posix()
        folder = "" if folder == "." else folder
        return FoundObject(path, self.shown(path), folder, path in self.twins, status)

    def entries(self, folder: ObjectPath) -> list[tuple[ObjectPath, bool]] | Problem:
        try:
            entries = entries_in(folder.address)
        except StorageError as error:
            return problem_at(folder.address, error)
        found: list[tuple[ObjectPath, bool]] = []
        for address, status in entries:
            path = object_path(address, status)
            if path != folder:
                found.append((path, status is None))
            elif status is None:
                # a//b.jpg: the libraries cannot list a folder without a name.
                self.passed_over.add_folder(f"{address}/")
        return sorted(found, key=lambda each: natural_key(each[0]))

    def is_picture(self, path: ObjectPath) -> bool:
        """Return whether an object is a picture or PDF by its suffix."""
        from penstock.images import EXTENSIONS

        return path.suffix.lower() in EXTENSIONS

    def shown(self, path: ObjectPath) -> str:
        return str(path.address)


def _fixed_part(given: Address) -> Address | None:
    """Return the folder that a glob starts in: the part before its first wildcard; None without one."""
    parts = given.key.split("/")
    first = next((index for index, part in enumerate(parts) if WILDCARD.search(part)), None)
    return None if first is None else Address(given.scheme, given.root, "/".join(parts[:first]))


def _is_object(given: Address) -> bool:
    """Return whether an object has a name that looks like a glob: ``scan[1].jpg``."""
    try:
        return find(given) is not None
    except StorageError:
        return False


def problem_at(address: Address, error: StorageError) -> Problem:
    """Return the problem of an object or folder, or of its bucket if the message is about that."""
    for what in (str(address), str(Address(address.scheme, address.root, ""))):
        if error.message.startswith(f"{what}: "):
            return Problem(what, error.message.removeprefix(f"{what}: "), error.hint)
    return Problem(str(address), error.message, error.hint)
