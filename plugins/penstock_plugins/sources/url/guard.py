"""Connections to public addresses only: every address is checked before anything is sent to it.

A name is resolved once, and the connection goes to one of the addresses that were checked. A name that
resolves differently the second time (DNS rebinding) therefore has no effect. The two ends of the connected
socket are checked as well.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from penstock_plugins.sources.url.errors import NotDownloaded

CONNECT_SECONDS = 10.0

# Resolves a host name to numeric addresses. Raises OSError or UnicodeError.
Resolve = Callable[[str, int], list[str]]
Dial = Callable[[str, int], socket.socket]  # connects to a numeric address; raises OSError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
# 6to4 and Teredo: they embed an IPv4 address, and no public host uses them any more.
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
# Where cloud providers serve credentials to their machines. Azure's address is formally a public one.
_CLOUD_HOSTS = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"),
        *("fd00:ec2::254", "fd00:ec2::23"),
    )
)

HINT = (
    "if you trust it: allow_private = true in the pipeline's [[sources]], "
    "or --set sources.0.allow_private=true on the command line"
)


def is_public(text: str) -> bool:
    """Return whether a numeric address belongs to the public internet.

    Loopback, private, link-local, carrier-grade NAT, multicast and reserved addresses do not (IANA's
    special-purpose registries), nor do they when they are embedded in IPv6 addresses (mapped, NAT64).
    """
    found = _parsed(text)
    if found is None or found in _CLOUD_HOSTS:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (
        found not in _UNICAST or any(found in tunnel for tunnel in _TUNNELS)
    ):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_private)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return a numeric address, or the IPv4 address that it embeds; None for anything else."""
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
    """Resolve a name, or any notation of a numeric address that the system accepts."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def system_dial(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class Guard:
    """Opens the connections of downloads."""

    # Also connect to this machine and to private networks, but never to `_CLOUD_HOSTS`.
    allow_private: bool = False
    resolve: Resolve = system_resolve
    dial: Dial = system_dial

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a host. Raises NotDownloaded before anything is sent to a host that is not public."""
        addresses = self._resolved(host, port)
        allowed = [each for each in addresses if self._allows(each)]
        if not allowed:
            raise _refused(addresses[0])
        connection = self._dialed(allowed, port)
        try:
            self._check_ends(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def check_name(self, host: str, port: int) -> None:
        """Raise NotDownloaded for a host that a proxy must not be asked for.

        Behind a proxy, names often cannot be resolved. The proxy alone then decides where it connects to.
        """
        with suppress(OSError, UnicodeError):
            for each in self.resolve(host, port):
                if not self._allows(each):
                    raise _refused(each)

    def _allows(self, address: str) -> bool:
        if self.allow_private:
            return _parsed(address) not in _CLOUD_HOSTS
        return is_public(address)

    def _resolved(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except UnicodeError:
            addresses = []
        except OSError as error:
            is_transient = getattr(error, "errno", None) == socket.EAI_AGAIN
            why = (
                "the host name cannot be resolved at the moment" if is_transient else "there is no such host"
            )
            raise NotDownloaded(why, "check the address and the network", retry=is_transient) from None
        if not addresses:
            raise NotDownloaded("there is no such host", "check the address")
        return addresses

    def _dialed(self, addresses: list[str], port: int) -> socket.socket:
        for each in addresses:
            with suppress(OSError):
                return self.dial(each, port)
        raise NotDownloaded("the host cannot be reached", "check the address and the network", retry=True)

    def _check_ends(self, connection: socket.socket) -> None:
        there, here = str(connection.getpeername()[0]), str(connection.getsockname()[0])
        if not self._allows(there) or (there == here and not self.allow_private):
            raise _refused(there)


def _refused(address: str) -> NotDownloaded:
    if _parsed(address) in _CLOUD_HOSTS:
        return NotDownloaded(
            f"leads to {address}, where cloud providers serve credentials",
            "give the address of the scan itself",
        )
    return NotDownloaded(f"leads to {address}, which is this machine or in a private network", HINT)
