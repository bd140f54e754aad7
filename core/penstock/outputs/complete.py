"""Files that are complete and do not have the name of an output yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.outputs.digests import file_digest
from penstock.storage import Address, ObjectStatus


class Send(Protocol):
    """Uploads a file from the machine that has it."""

    def __call__(self, path: Path, address: Address, replaces: ObjectStatus | None) -> ObjectStatus:
        """Return the status of the new object; see `penstock.storage.Upload` for what is raised."""


@dataclass(frozen=True, slots=True)
class CompleteFile:
    """A file that is about to become an output.

    Parameters
    ----------
    path
        Where it is; on another machine, if it has ``send``.
    digest
        SHA-256 in hexadecimal.
    size, modified_ns
        As `os.stat` has them.
    """

    path: Path
    digest: str
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path, digest: str = "") -> CompleteFile:
        """Return a file of this machine. Its digest is computed if it is not known. Raises OSError."""
        status = path.stat()
        return cls(path, digest or file_digest(path), status.st_size, status.st_mtime_ns)
