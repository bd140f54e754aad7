"""Where redirects may lead, and how many are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_plugins.sources.url.addresses import Address, AddressError, parse_address
from penstock_plugins.sources.url.errors import NotDownloaded

if TYPE_CHECKING:
    from requests import Response

MAX_REDIRECTS = 10
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


def redirect_target(requested: Address, response: Response) -> Address:
    """Return the address that a redirect leads to. Raises NotDownloaded if it must not be followed."""
    location = response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
    if not location.strip():
        raise NotDownloaded("the server redirects without an address", "check the address")
    try:
        target = parse_address(location.strip(), requested)
    except AddressError as error:
        raise NotDownloaded(f"the server redirects to {error.why}", "check the address") from None
    if requested.parts.scheme == "https" and target.parts.scheme == "http":
        why = f"the server redirects from https to {target.shown}, which others can read and change"
        raise NotDownloaded(why, "write that address into the pipeline if you trust it")
    return target


def too_many_redirects(path: list[Address]) -> NotDownloaded:
    """Return the error for a path of redirects that does not end. A loop is shown."""
    if path[-1] not in path[:-1]:
        why = f"the server redirects more than {MAX_REDIRECTS} times"
        return NotDownloaded(why, "open the address, and copy the address of the picture itself")
    start = next(index for index, each in enumerate(path) if each in path[index + 1 :])
    end = path.index(path[start], start + 1)
    loop = " → ".join(each.shown for each in path[start : end + 1])
    return NotDownloaded(f"the server redirects in a loop: {loop}", "check the address")


__all__ = ["MAX_REDIRECTS", "REDIRECT_STATUSES", "redirect_target", "too_many_redirects"]
