"""What is known about objects without reading them, and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.errors import ObjectChanged, ObjectMissing, StorageError, StorageForbidden
from penstock.storage.address import SCHEMES, Address
from penstock.storage.connection import connect, translated

CHUNK = 1 << 20
PIECE = 8 << 20
"""Bytes of an object that are read at once."""


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """An object as its service describes it.

    Parameters
    ----------
    size
        Bytes.
    mark
        A number that changes whenever the object is written: made from its entity tag or its time of
        change. It takes the place of a file's time of change.
    tag
        The entity tag itself (``ETag``), for conditional requests; empty if the service has none.
    """

    size: int
    mark: int
    tag: str = ""


def find(address: Address) -> ObjectStatus | None:
    """Return what is known about an object; None for a folder. Raises StorageError, or ObjectMissing."""
    filesystem = connect(address)
    with translated(address):
        return _status_of(filesystem.info(address.path))


def entries_in(folder: Address) -> list[tuple[Address, ObjectStatus | None]]:
    """Return the objects and folders directly in a folder; None stands for what a folder is.

    One request for each thousand of them. The library may also return the folder itself, which services
    store as an empty object. Raises StorageError.
    """
    filesystem = connect(folder)
    with translated(folder):
        infos = filesystem.ls(folder.path, detail=True)
        return [(folder.with_path(str(info["name"])), _status_of(info)) for info in infos]


def read(address: Address, found: ObjectStatus) -> Iterator[bytes]:
    """Yield an object's bytes in pieces of at most `PIECE` bytes, with one request for each.

    Raises ObjectChanged if the object is not the one that was found, after some of the pieces or all of them.
    Raises StorageError.
    """
    for start in range(0, found.size, PIECE):
        end = min(start + PIECE, found.size)
        filesystem = connect(address)
        with translated(address):
            piece: bytes = filesystem.cat_file(address.path, start=start, end=end)
        if len(piece) != end - start:
            raise _changed(address)
        yield piece
    # The pieces of a small object are of one version. Its new version will have another mark.
    if found.size > PIECE and status(address) != found:
        raise _changed(address)


def signed_url(address: Address, seconds: int) -> str:
    """Return a URL from which anyone can download an object for some seconds. It must never be shown.

    Raises StorageError if the storage or the credentials have no signatures.
    """
    filesystem = connect(address)
    with translated(address):
        try:
            return str(filesystem.sign(address.path, expiration=seconds))
        except Exception as error:
            # Never the library's own message: it may quote a key.
            hint = "Azure Blob Storage needs AZURE_STORAGE_ACCOUNT_KEY for it, Google a service account's key"
            raise StorageError(
                f"{address}: no URL can be signed with these credentials ({type(error).__name__})", hint
            ) from error


def _changed(address: Address) -> ObjectChanged:
    return ObjectChanged(f"{address}: was replaced while it was read", "run the same command again")


def status(address: Address) -> ObjectStatus | None:
    """Return what is known about an object; None if it does not exist. One request. Raises StorageError.

    S3 forbids to ask for an object that does not exist, unless the whole bucket may be listed. A list of the
    folder may then be allowed, and takes a second request.
    """
    try:
        return find(address)
    except ObjectMissing:
        return None
    except StorageForbidden:
        if SCHEMES[address.scheme] != "s3fs":
            raise
        return _listed(address)


def _listed(address: Address) -> ObjectStatus | None:
    """Return an object's status from a list of the names that begin with its own; None if it is not there."""
    filesystem = connect(address)
    with translated(address):
        found = filesystem.find(address.parent.path, prefix=address.name, detail=True)
    info = found.get(address.path)
    return _status_of(info) if info else None


def statuses_in(folder: Address) -> dict[Address, ObjectStatus]:
    """Return all objects of a folder, but not of its folders. One request for each thousand of them.

    A folder that does not exist has none. Raises StorageError.
    """
    try:
        return {address: found for address, found in entries_in(folder) if found}
    except ObjectMissing:
        return {}


def reach(folder: Address) -> None:
    """Check that the bucket, container or host of a folder can be reached. Raises StorageError.

    The folder need not exist. It is listed where the credentials are valid for a part of the bucket only.
    """
    root = Address(folder.scheme, folder.root, "")
    filesystem = connect(root)
    try:
        with translated(root):
            filesystem.info(root.path)
    except ObjectMissing as error:
        if not _is_empty(root):
            raise StorageError(f"{root}: does not exist", "create it, or correct the address") from error
    except StorageForbidden:
        if folder == root:
            raise
        statuses_in(folder)


def _is_empty(root: Address) -> bool:
    """Return whether a bucket that was not found can be listed.

    gcsfs does not find an empty bucket if the credentials are for its objects only.
    """
    if SCHEMES[root.scheme] != "gcsfs":
        return False
    try:
        return not entries_in(root)
    except ObjectMissing:
        return False


def digest_of(address: Address) -> str:
    """Return the SHA-256 of an object's bytes, in hexadecimal. Reads it whole. Raises StorageError."""
    filesystem = connect(address)
    digest = hashlib.sha256()
    with translated(address), filesystem.open(address.path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _status_of(info: Mapping[str, Any]) -> ObjectStatus | None:
    """Return an object's status from what fsspec says about it; None for a folder."""
    if info.get("type") == "directory":
        return None
    tag = str(info.get("ETag") or info.get("etag") or "")
    # The name tells apart what the services call a version of an object.
    versions = (info.get(name) for name in ("generation", "mtime", "created"))
    version = tag or next((str(each) for each in versions if each is not None), "")
    return ObjectStatus(int(info["size"] or 0), _mark_of(version), tag)


def tagged(size: int, tag: str) -> ObjectStatus:
    """Return the status of an object with an entity tag."""
    return ObjectStatus(size, _mark_of(tag), tag)


def _mark_of(version: str) -> int:
    """Return the mark of a version: a positive 63-bit number, which SQLite can store."""
    # Some answers quote an entity tag, others do not.
    digest = hashlib.blake2b(version.strip('"').encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
