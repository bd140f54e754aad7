"""Addresses to download: parsing, showing without secrets, and reading lists of them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from penstock.model import Problem

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EXAMPLE = "write https://HOST/PICTURE.jpg"

_COMMENT = re.compile(r"(^|\s)#.*")


class AddressError(ValueError):
    """A text is not an address that can be downloaded. The message never contains a query or a password."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(f"{why}: {hint}")
        self.why, self.hint = why, hint


class Address(str):
    """An http or https URL. Its representation leaves out the query, which may hold a signature."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.shown)

    @property
    def parts(self) -> SplitResult:
        return urlsplit(str(self))

    @property
    def shown(self) -> str:
        """The URL without query, fragment and user."""
        parts = self.parts
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")

    @property
    def host(self) -> str:
        """The host, and the port unless it is the default one of the scheme."""
        parts = self.parts
        name = parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        return name if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f"{name}:{parts.port}"

    @property
    def is_confidential(self) -> bool:
        """Whether third parties cannot read what is sent: https, or this machine."""
        return self.parts.scheme == "https" or self.parts.hostname in LOOPBACK_NAMES

    @property
    def location(self) -> str:
        """A digest of the URL without its query: signatures change between runs, the location does not."""
        parts = self.parts
        url = f"{parts.scheme}://{self.host}{parts.path}"
        return hashlib.sha256(url.encode(errors="replace")).hexdigest()


def parse_address(text: str, base: str = "") -> Address:
    """Return the address that a text stands for, maybe relative to ``base``. Raises AddressError."""
    try:
        text = urljoin(base, text)
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port  # raises ValueError for a port that is not a number
    except ValueError:
        # Any part of a malformed URL may be a password, so the text is not shown.
        raise AddressError("not a valid URL", EXAMPLE) from None
    if parts.scheme and parts.scheme not in DEFAULT_PORTS:
        why = f"{_without_secrets(text)}: unsupported scheme {parts.scheme!r}"
        raise AddressError(why, "use http, https or a local path")
    if not parts.scheme or not host:
        raise AddressError(f"{_without_secrets(text)} is not an http or https URL", EXAMPLE)
    address = Address(parts._replace(fragment="").geturl())
    if parts.username is not None or parts.password is not None:
        raise AddressError(f"{address.shown} contains a user or password", "send them in headers")
    return address


def _without_secrets(text: str) -> str:
    text = text.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return text if len(text) <= 80 else text[:79] + "…"


@dataclass(frozen=True, slots=True)
class Target:
    """An address to download, and the name that people see."""

    address: Address
    origin: str


def distinct_targets(given: Iterable[tuple[Address | Problem, str]]) -> Iterator[Target | Problem]:
    """Yield each address once, given with its position: "address 3" or "line 7".

    Addresses that differ only in their query are told apart by their position.
    """
    positions: dict[Address | Problem, str] = {}
    for item, position in given:
        positions.setdefault(item, position)
    shown = Counter(item.shown for item in positions if isinstance(item, Address))
    for item, position in positions.items():
        if isinstance(item, Problem):
            yield item
        else:
            yield Target(item, item.shown if shown[item.shown] == 1 else f"{item.shown} ({position})")


def read_address_list(path: Path) -> Iterator[tuple[Address | Problem, str]]:
    """Yield the addresses of a text file with their positions, and a problem for each wrong line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield Problem(str(path), "is not a text file", "write one address per line, in UTF-8", path), ""
        return
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        yield Problem(str(path), why, "check the path of the list of addresses", path), ""
        return
    texts = [(number, _COMMENT.sub("", line).strip()) for number, line in enumerate(lines, 1)]
    for number, text in texts:
        if text:
            yield _listed(text, f"{path.name}, line {number}", path), f"line {number}"
    if not any(text for _, text in texts):
        yield Problem(str(path), "lists no addresses", "write one address per line", path), ""


def _listed(text: str, position: str, path: Path) -> Address | Problem:
    try:
        return parse_address(text)
    except AddressError as error:
        return Problem(position, error.why, error.hint, path)
