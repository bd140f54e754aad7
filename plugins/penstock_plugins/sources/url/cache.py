"""What is remembered of an address between runs: what it gave, and how far an unfinished download is.

A note is kept under a digest of the address and holds no part of it, so that no signature is written down.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from penstock.spool import Spool
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.pace import http_date

FORM = 1
"""Of the note; one of another form is as good as none."""
CERTAIN_AFTER = timedelta(seconds=60)
"""How old a change must be for its date to tell two versions apart (RFC 9110, 8.8.2.2; RFC 7232)."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of what, in the server's words (RFC 9110, 8.8).

    Parameters
    ----------
    place
        A digest of where it came from, after all redirects.
    etag, modified
        As the server wrote them.
    certain
        The one of them that tells two versions apart byte by byte, fit for If-Range; None if neither does.
    """

    place: str
    etag: str | None = None
    modified: str | None = None
    certain: str | None = None

    @classmethod
    def of(cls, address: Address, headers: Mapping[str, str]) -> Self:
        """The version that an answer came with."""
        etag, modified = headers.get("ETag"), headers.get("Last-Modified")
        certain = etag if etag and not etag.startswith("W/") else None
        if certain is None and modified and _is_old(modified, headers.get("Date")):
            certain = modified
        return cls(address.place, etag, modified, certain)

    def conditions(self) -> dict[str, str]:
        """Headers that ask for another version only."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


def _is_old(modified: str, date: str | None) -> bool:
    changed, sent = http_date(modified), http_date(date)
    return changed is not None and sent is not None and sent - changed >= CERTAIN_AFTER


@dataclass(frozen=True, slots=True)
class Body:
    """What an answer says of its body.

    Parameters
    ----------
    version
        Of what.
    name
        What the document is called.
    encoding
        How it is compressed for the way; empty if it is not.
    whole
        Bytes of all of it; None if the server does not say.
    """

    version: Version
    name: str
    encoding: str = ""
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole download: its file, below the spool's folder, and what it was."""

    file: str
    size: int
    name: str
    version: Version


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one address."""

    kept: Kept | None = None
    begun: Body | None = None


class Notes:
    """Remembers addresses, in the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def recall(self, address: Address) -> Memory:
        """What is remembered; a download whose file is gone is not."""
        note = self._spool.recall(_key(address))
        try:
            memory = _memory(note) if note and note["form"] == FORM else Memory()
        except (KeyError, TypeError):
            return Memory()
        if memory.kept and not self._is_there(memory.kept):
            return dataclasses.replace(memory, kept=None)
        return memory

    def remember(self, address: Address, memory: Memory) -> None:
        """Write it down for later."""
        self._spool.note(_key(address), {"form": FORM, **dataclasses.asdict(memory)})

    def path(self, kept: Kept) -> Path:
        """Where the file of a download is."""
        return self._spool.folder / kept.file

    def _is_there(self, kept: Kept) -> bool:
        path = self.path(kept)
        try:
            inside = path.is_relative_to(self._spool.folder) and ".." not in path.parts
            return inside and path.stat().st_size == kept.size
        except OSError:
            return False


def _key(address: Address) -> str:
    return f"url {unfinished_name(address)}"


def unfinished_name(address: Address) -> str:
    """Under which name an address is gathered and noted: it does not tell the address."""
    return hashlib.sha256(str(address).encode(errors="surrogatepass")).hexdigest()


def _memory(note: dict[str, Any]) -> Memory:
    kept, begun = note["kept"], note["begun"]
    return Memory(
        Kept(**{**kept, "version": Version(**kept["version"])}) if kept else None,
        Body(**{**begun, "version": Version(**begun["version"])}) if begun else None,
    )


__all__ = ["Body", "Kept", "Memory", "Notes", "Version"]
