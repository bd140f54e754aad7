"""A resource's endpoint, and which addresses may receive its key."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

PORTS = {"https": 443, "http": 80}
# First segments of the services' own paths; the rest of a pasted address from there on is removed.
SERVICE_PATHS = ("vision", "formrecognizer", "documentintelligence", "computervision")
REGION_HOSTS = (".api.cognitive.microsoft.com", ".api.cognitive.microsoft.us", ".api.cognitive.azure.cn")
TOKEN_SCOPES = {
    ".us": "https://cognitiveservices.azure.us/.default",
    ".cn": "https://cognitiveservices.azure.cn/.default",
}
TOKEN_SCOPE = "https://cognitiveservices.azure.com/.default"  # noqa: S105 - the name of a scope
EXAMPLE = "https://NAME.cognitiveservices.azure.com"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource's address: scheme, host, port, and the path before the service's own. Made by `parse`."""

    scheme: str
    host: str
    port: int
    prefix: str = ""
    trusted_hosts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, written: str, trusted_hosts: tuple[str, ...] = ()) -> Endpoint:
        """Parse an address as it is copied from a portal: with or without ``/vision/v3.2/...``.

        Raises ValueError. Its message never repeats the address, which may contain a password.
        """
        text = written.strip()
        parts = _split(text if "://" in text else f"https://{text}")
        if parts.username or parts.password:
            raise ValueError("must not contain a user or password; write https://HOST")
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in PORTS or not host or any(mark in host for mark in " <>{}$"):
            raise ValueError(f"must be an http or https address; write {EXAMPLE}")
        if scheme == "http" and not is_loopback(host):
            raise ValueError(f"must use https, because http sends the key unencrypted; write https://{host}")
        return cls(scheme, host, parts.port or PORTS[scheme], _prefix(parts.path), trusted_hosts)

    @property
    def shown(self) -> str:
        """The address for messages, and the base of all requests."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def is_regional(self) -> bool:
        """Whether the host is shared by a region; such hosts accept keys but no Entra ID tokens."""
        return self.host.endswith(REGION_HOSTS)

    @property
    def token_scope(self) -> str:
        """The scope of an Entra ID token for the endpoint's cloud."""
        return next((scope for end, scope in TOKEN_SCOPES.items() if self.host.endswith(end)), TOKEN_SCOPE)

    def url(self, path: str, query: dict[str, str]) -> str:
        address = f"{self.shown}/{path}"
        return f"{address}?{urlencode(query)}" if query else address

    def operation_addresses(self, location: str) -> tuple[str, ...]:
        """Return where to ask for an operation whose address the service returned.

        An address that must not get the key is replaced by the same operation's at the endpoint: a gateway
        often returns the address of the service behind it. Behind a gateway, the address may also lack the
        gateway's path.
        """
        own = self._own_address(location)
        if not self.trusts(location):
            return (own,)
        return tuple(dict.fromkeys((location, own))) if self.prefix else (location,)

    def _own_address(self, location: str) -> str:
        parts = _split(location)
        names = [name for name in parts.path.split("/") if name]
        starts = [index for index, name in enumerate(names) if name.lower() in SERVICE_PATHS]
        path = "/".join(names[starts[0] :] if starts else names)
        return f"{self.shown}/{path}" + (f"?{parts.query}" if parts.query else "")

    def trusts(self, location: str) -> bool:
        """Return whether the key may be sent to an address that the service returned."""
        try:
            parts = _split(location)
        except ValueError:
            return False
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in PORTS or not host or parts.username or parts.password:
            return False
        port = parts.port or PORTS[scheme]
        # A container may call this machine 127.0.0.1, localhost or ::1.
        same_host = host == self.host or (is_loopback(host) and self.is_loopback)
        if same_host and (scheme, port) == (self.scheme, self.port):
            return True
        safe = scheme == "https" or is_loopback(host)
        return safe and bool({host, f"{host}:{port}"} & {name.lower() for name in self.trusted_hosts})


def resolved(location: str, request: str) -> str | None:
    """Return the absolute address in a header of a response to ``request``; None if it names no operation."""
    given = location.strip()
    # A path has a slash; a single word, such as "null", is no reference to an operation.
    if "/" not in given or any(character.isspace() for character in given):
        return None
    try:
        address = urljoin(request, given)
        parts = _split(address)
    except ValueError:
        return None
    names_operation = parts.path.strip("/") != "" and address != request
    return address if parts.scheme.lower() in PORTS and parts.hostname and names_operation else None


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises for an invalid port
    except ValueError as error:
        raise ValueError(f"is not a valid address; write {EXAMPLE}") from error
    return parts


def _prefix(path: str) -> str:
    kept = takewhile(lambda part: part.lower() not in SERVICE_PATHS, path.split("/"))
    return "".join(f"/{part}" for part in kept if part)


def host_and_port(address: str) -> str:
    """Return an address's host, with a port that is not the scheme's own."""
    port = _split(address).port
    return host_of(address) if port is None else f"{host_of(address)}:{port}"


def host_of(address: str) -> str:
    """Return an address's host for messages; path and query may be secret."""
    try:
        return urlsplit(address).hostname or "an unnamed host"
    except ValueError:
        return "an invalid address"


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
