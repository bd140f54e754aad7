"""Secret headers for sites that need them. They are sent only to the hosts that they are meant for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.secret import Secret
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.errors import NotDownloaded

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[^\s/?#@:]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]+")
_CONDITIONS = {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"}
_TRANSFER = {"accept-encoding", "connection", "content-length", "host", "te", "trailer", "transfer-encoding"}
# Headers that the download sets itself, or that would break it.
RESERVED = frozenset({*_CONDITIONS, *_TRANSFER, "proxy-authorization", "range", "upgrade"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers, and the hosts that they are meant for.

    Raises ValueError, without the value, for a header that cannot be sent or is reserved.
    """

    headers: Mapping[str, Secret]
    hosts: frozenset[str] = frozenset()  # with the port if it is not the default one of the scheme

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"headers: {name!r} is not a valid header name")
            if name.lower() in RESERVED:
                raise ValueError(f"headers: {name} is set by penstock; remove it")
            if not _VALUE.fullmatch(value.reveal()):
                raise ValueError(f"headers: the value of {name} contains characters that cannot be sent")

    def meant_for(self, address: Address) -> bool:
        return bool(self.headers) and address.host in self.hosts

    def for_address(self, address: Address) -> dict[str, str]:
        """Return the headers to send to an address. Raises NotDownloaded if others could read them."""
        if not self.meant_for(address):
            return {}
        if not address.is_confidential:
            why = f"the headers for {address.host} are secret, and http would send them unencrypted"
            raise NotDownloaded(why, "use https")
        values = {name: value.reveal() for name, value in self.headers.items()}
        if wrong := [name for name, value in values.items() if not _VALUE.fullmatch(value)]:
            why = f"the value of the header {wrong[0]} contains characters that cannot be sent"
            raise NotDownloaded(why, "correct the file that holds it")
        return values

    def have_changed(self, address: Address, sent: Mapping[str, str]) -> bool:
        """Read the files that hold headers again; return whether others than the sent ones apply now."""
        for value in self.headers.values():
            value.read_again()
        return self.for_address(address) != sent


def parse_host(text: str) -> str:
    """Return a host of headers_to in lower case. Raises ValueError for more than a host, such as a URL."""
    if not _HOST.fullmatch(text):
        shown = text.partition("?")[0].rpartition("@")[2]
        raise ValueError(
            f'headers_to: {shown!r} is not a host; write the host alone, such as "files.example.org"'
        )
    return text.lower()
