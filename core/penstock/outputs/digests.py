"""Digests of files and objects."""

from __future__ import annotations

import hashlib
from pathlib import Path

from penstock.storage import Address, Place, digest_of


def digest_at(place: Place) -> str:
    """SHA-256 of the bytes of a file or object, in hexadecimal. Raises OSError or StorageError."""
    return digest_of(place) if isinstance(place, Address) else file_digest(place)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
