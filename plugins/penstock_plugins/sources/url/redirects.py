"""Redirects, followed by hand: where they may lead, and when it is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_plugins.sources.url.addresses import Address, address
from penstock_plugins.sources.url.failing import NotDownloaded

if TYPE_CHECKING:
    from requests import Response

REDIRECTS = 10
REDIRECTING = frozenset({301, 302, 303, 307, 308})


def next_address(asked: Address, response: Response) -> Address:
    """Where a redirect leads. Raises NotDownloaded where nobody should follow."""
    location = response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
    if not location.strip():
        raise NotDownloaded("the address leads on, and does not say where to", "check the address")
    try:
        following = address(location.strip(), asked)
    except ValueError as error:
        raise NotDownloaded(f"it leads on to {str(error).partition(';')[0]}", "check the address") from None
    if asked.parts.scheme == "https" and following.parts.scheme == "http":
        why = f"it leads from https to {following.shown}, which everybody on the way can read and change"
        raise NotDownloaded(why, "write that address itself if you trust it")
    return following


def endless(path: list[Address]) -> NotDownloaded:
    """Too many redirects: round in a circle, which is named, or on and on."""
    if path[-1] not in path[:-1]:
        why = f"the address leads from one to the next more than {REDIRECTS} times"
        return NotDownloaded(why, "open it, and copy the address of the picture itself")
    start = next(index for index, each in enumerate(path) if each in path[index + 1 :])
    end = path.index(path[start], start + 1)
    circle = " → ".join(each.shown for each in path[start : end + 1])
    return NotDownloaded(f"the address leads in a circle: {circle}", "check the address")


__all__ = ["REDIRECTING", "REDIRECTS", "endless", "next_address"]
