"""What earlier runs downloaded, so that only changed content is downloaded again.

Entries are notes in the spool. They are stored under a digest of the address and do not contain the address,
because its query may be a signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from penstock.spool import Spool
from penstock_plugins.sources.url.addresses import Address

FORMAT = 2  # of an entry; entries of other formats are ignored


@dataclass(frozen=True, slots=True)
class CachedDownload:
    """A stored download, and the version of the content that the server stated (RFC 9110, 8.8)."""

    file: str  # path below the spool's folder
    size: int  # in bytes
    name: str  # of the document
    location: str  # `Address.location` of the address that sent it, after all redirects
    etag: str | None = None  # the header ETag
    modified: str | None = None  # the header Last-Modified

    def conditions(self) -> dict[str, str]:
        """Return the headers that request the content only if it has changed."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


class DownloadCache:
    """The stored downloads of a spool, by address."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def find(self, address: Address) -> CachedDownload | None:
        """Return what is stored for an address; None if the entry is unusable or its file is missing."""
        note = self._spool.recall(_key(address))
        if not isinstance(note, dict) or note.get("format") != FORMAT:
            return None
        try:
            cached = CachedDownload(**note["download"])
            return cached if self._spool.find(cached.file, cached.size) else None
        except (KeyError, TypeError):
            return None

    def store(
        self, address: Address, path: Path, name: str, headers: Mapping[str, str], sender: Address
    ) -> None:
        """Remember a download that is in the spool; ``sender`` is the address that sent the headers."""
        file = path.relative_to(self._spool.folder).as_posix()
        etag, modified = headers.get("ETag"), headers.get("Last-Modified")
        cached = CachedDownload(file, path.stat().st_size, name, sender.location, etag, modified)
        self._spool.note(_key(address), {"format": FORMAT, "download": asdict(cached)})

    def path(self, cached: CachedDownload) -> Path:
        return self._spool.folder / cached.file


def _key(address: Address) -> str:
    return f"url {hashlib.sha256(str(address).encode(errors='surrogatepass')).hexdigest()}"
