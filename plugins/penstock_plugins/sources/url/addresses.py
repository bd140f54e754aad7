"""Addresses: what counts as one, how it is shown without what may be secret in it, and lists of them."""

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

_COMMENT = re.compile(r"(^|\s)#.*")


class Address(str):
    """An http or https address that shows itself without its query, which may hold a signature."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.shown)

    @property
    def parts(self) -> SplitResult:
        """Its parts."""
        return urlsplit(str(self))

    @property
    def shown(self) -> str:
        """The address without its query, fragment and user."""
        parts = self.parts
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")

    @property
    def host(self) -> str:
        """Host and port as one writes them: without the port that its scheme has anyway."""
        parts = self.parts
        name = parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        return name if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f"{name}:{parts.port}"

    @property
    def is_confidential(self) -> bool:
        """Whether nobody on the way can read what is sent there."""
        return self.parts.scheme == "https" or self.parts.hostname in LOOPBACK_NAMES

    @property
    def place(self) -> str:
        """A digest of where it leads, whatever its query says: signatures change, places stay."""
        parts = self.parts
        return hashlib.sha256(
            f"{parts.scheme}://{self.host}{parts.path}".encode(errors="replace")
        ).hexdigest()


def address(text: str, base: str = "") -> Address:
    """Check an address. Raises ValueError, never with its query, for what is none of a picture.

    Parameters
    ----------
    base
        The address that it was found at, if it may be relative.
    """
    try:
        text = urljoin(base, text)
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise ValueError("something that is no address; write https://HOST/PICTURE.jpg") from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise ValueError(f"{_cut(text)}, which is no http or https address; write https://HOST/PICTURE.jpg")
    found = Address(parts._replace(fragment="").geturl())
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            f"{found.shown} with a user or password; send them as a header, from the environment"
        )
    return found


def _cut(text: str) -> str:
    """What is no address, shown without anything that might be secret in it."""
    return printable_part(text.partition("?")[0].partition("#")[0].rpartition("@")[2])


def printable_part(text: str) -> str:
    """At most eighty characters of it."""
    return text if len(text) <= 80 else text[:79] + "…"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address to download, with what people call it."""

    address: Address
    origin: str


def wanted(given: Iterable[tuple[Address | Problem, str]]) -> Iterator[Wanted | Problem]:
    """Each address once, under a name that no other has: those that differ in their query get their place.

    Parameters
    ----------
    given
        Addresses with their places: "address 3", or "line 7".
    """
    places: dict[Address | Problem, str] = {}
    for item, place in given:
        places.setdefault(item, place)
    shown = Counter(item.shown for item in places if isinstance(item, Address))
    for item, place in places.items():
        if isinstance(item, Problem):
            yield item
        else:
            yield Wanted(item, item.shown if shown[item.shown] == 1 else f"{item.shown} ({place})")


def listed(path: Path) -> Iterator[tuple[Address | Problem, str]]:
    """The addresses that a text file lists, one a line; a line that is none is a problem in its place."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield Problem(str(path), "is no text", "write a file of addresses, one a line, in UTF-8", path), ""
        return
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        yield Problem(str(path), why, "check the path; the file lists addresses, one a line", path), ""
        return
    empty = True
    for number, line in enumerate(lines, 1):
        if text := _COMMENT.sub("", line).strip():
            empty = False
            yield _listed(text, f"{path.name}, line {number}", path), f"line {number}"
    if empty:
        yield Problem(str(path), "lists no addresses", "write them into it, one a line", path), ""


def _listed(text: str, place: str, path: Path) -> Address | Problem:
    try:
        return address(text)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        return Problem(place, f"holds {what}", hint, path)


__all__ = ["Address", "Wanted", "address", "listed", "wanted"]
