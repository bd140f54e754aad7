"""Headers for sites that need them: from the environment, shown nowhere, sent to their own hosts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.secret import Secret
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.failing import NotDownloaded

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[^\s/?#@:]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]+")
OURS = frozenset(
    {"connection", "content-length", "host", "proxy-authorization", "range", "te", "trailer"}
) | {
    "accept-encoding",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "upgrade",
}
"""Headers that a download sets itself, or that would break it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers, and the hosts that they are meant for.

    Parameters
    ----------
    headers
        By name.
    hosts
        Each as addresses write it: ``host``, or ``host:port`` for a port that its scheme has not anyway.

    Raises
    ------
    ValueError
        A header cannot be sent, or is our own business; its value is not told.
    """

    headers: Mapping[str, Secret]
    hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"headers names {name!r}, which is no header's name")
            if name.lower() in OURS:
                raise ValueError(f"headers names {name}, which penstock sets itself; take it out")
            if not _VALUE.fullmatch(value.reveal()):
                raise ValueError(f"the value of the header {name} holds characters that cannot be sent")

    def meant_for(self, address: Address) -> bool:
        """Whether an address gets them."""
        return bool(self.headers) and address.host in self.hosts

    def for_address(self, address: Address) -> dict[str, str]:
        """What to send to an address. Raises NotDownloaded rather than to send it for everybody to read."""
        if not self.meant_for(address):
            return {}
        if not address.is_confidential:
            why = f"the headers for {address.host} are secret, and http lets everybody on the way read them"
            raise NotDownloaded(why, "write https://")
        return {name: value.reveal() for name, value in self.headers.items()}


def host_named(text: str) -> str:
    """A host as somebody wrote it. Raises ValueError for what is more than that."""
    if not _HOST.fullmatch(text):
        shown = text.partition("?")[0].rpartition("@")[2]
        raise ValueError(f'headers_to holds {shown!r}; write the host alone, "files.example.org"')
    return text.lower()


__all__ = ["Credentials", "host_named"]
