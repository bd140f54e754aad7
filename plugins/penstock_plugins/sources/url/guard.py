"""Connections to the public internet alone: every address is checked before anything is sent to it.

A name is looked up once, and the connection goes to an address of that answer that was checked, so that a
name that changes its mind in between (DNS rebinding) gains nothing. What the socket then says of its two
ends is checked again.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from penstock_plugins.sources.url.failing import NotDownloaded

CONNECT_SECONDS = 10.0

Resolve = Callable[[str, int], list[str]]
"""Looks a host's name up: numeric addresses. Raises OSError or UnicodeError."""
Dial = Callable[[str, int], socket.socket]
"""Connects to a numeric address. Raises OSError."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
"""6to4 and Teredo: an IPv4 address in disguise, and nobody's way to a public host any more."""
_CLOUD_HOSTS = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"),
        *("fd00:ec2::254", "fd00:ec2::23"),
    )
)
"""Where clouds give their own machines keys: never where a scan is. Azure's is public in form."""

HINT = (
    "if you trust it: allow_private = true in the pipeline's [[sources]], "
    "or --set sources.0.allow_private=true on the command line"
)


def is_public(text: str) -> bool:
    """Whether a numeric address is one of the public internet.

    Loopback, private, link-local, carrier-grade NAT, multicast and reserved addresses are not (IANA's
    special-purpose registries), in IPv6's disguises (mapped, NAT64) neither.
    """
    found = _undisguised(text)
    if found is None or found in _CLOUD_HOSTS:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (
        found not in _UNICAST or any(found in tunnel for tunnel in _TUNNELS)
    ):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_private)


def _undisguised(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """A numeric address, of IPv4 where it is one in IPv6's clothes; None if it is none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        return found.ipv4_mapped or found
    return found


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system; names and every form of number that it knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def system_dial(address: str, port: int) -> socket.socket:
    """Connect, with a limit of time."""
    return socket.create_connection((address, port), timeout=CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class Guard:
    """Makes the connections of downloads.

    Parameters
    ----------
    allow_private
        Whether this machine's own and private networks may be connected to; where a cloud gives its machines
        their keys, never.
    """

    allow_private: bool = False
    resolve: Resolve = system_resolve
    dial: Dial = system_dial

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a host. Raises NotDownloaded, before anything is sent, for one that is not public."""
        addresses = self._looked_up(host, port)
        allowed = [each for each in addresses if self._allows(each)]
        if not allowed:
            raise _refused(addresses[0])
        connection = self._dialled(allowed, port)
        try:
            self._check_ends(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def check_name(self, host: str, port: int) -> None:
        """Refuse a host that a proxy is to be asked for, as far as can be known here.

        Behind a proxy names often cannot be looked up: then the proxy alone decides whom it connects to.
        """
        with suppress(OSError, UnicodeError):
            for each in self.resolve(host, port):
                if not self._allows(each):
                    raise _refused(each)

    def _allows(self, address: str) -> bool:
        if self.allow_private:
            return _undisguised(address) not in _CLOUD_HOSTS
        return is_public(address)

    def _looked_up(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except UnicodeError:
            addresses = []
        except OSError as error:
            passing = getattr(error, "errno", None) == socket.EAI_AGAIN
            why = "its host cannot be looked up now" if passing else "there is no such host"
            raise NotDownloaded(why, "check the address and the network", again=passing) from None
        if not addresses:
            raise NotDownloaded("there is no such host", "check the address")
        return addresses

    def _dialled(self, addresses: list[str], port: int) -> socket.socket:
        for each in addresses:
            with suppress(OSError):
                return self.dial(each, port)
        raise NotDownloaded("its host cannot be reached", "check the address and the network", again=True)

    def _check_ends(self, connection: socket.socket) -> None:
        there, here = str(connection.getpeername()[0]), str(connection.getsockname()[0])
        if not self._allows(there) or (there == here and not self.allow_private):
            raise _refused(there)


def _refused(address: str) -> NotDownloaded:
    if _undisguised(address) in _CLOUD_HOSTS:
        return NotDownloaded(
            f"it leads to {address}, where a cloud gives its machines their keys",
            "no scan is there: name the address of the scan itself",
        )
    return NotDownloaded(f"it leads to {address}, in this machine's own or a private network", HINT)


__all__ = ["Guard", "is_public"]
