"""Addresses: the endpoint as people write it, and whether a place may be sent the key."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

PORTS = {"https": 443, "http": 80}
OWN_PATHS = ("vision", "formrecognizer", "documentintelligence", "computervision")
"""Where the services' own paths begin: what people paste after it is cut off."""
REGION_HOSTS = (".api.cognitive.microsoft.com", ".api.cognitive.microsoft.us", ".api.cognitive.azure.cn")
TOKEN_SCOPES = {
    ".us": "https://cognitiveservices.azure.us/.default",
    ".cn": "https://cognitiveservices.azure.cn/.default",
}
TOKEN_SCOPE = "https://cognitiveservices.azure.com/.default"  # noqa: S105 - the name of a scope


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource's address, cleaned: scheme, host and port, and the path before the service's own.

    Made by `Endpoint.parse`.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""
    trusted_hosts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, written: str, trusted_hosts: tuple[str, ...] = ()) -> Endpoint:
        """From what stands in a portal, a pipeline or a blog: with or without ``/vision/v3.2/...``.

        Raises ValueError with what to write instead.
        """
        text = written.strip()
        parts = _split(text if "://" in text else f"https://{text}")
        if parts.username or parts.password:
            raise ValueError("an endpoint holds no user or password; write https://HOST")
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in PORTS or not host or any(mark in host for mark in " <>{}$"):
            raise ValueError("is no endpoint; write https://NAME.cognitiveservices.azure.com")
        if scheme == "http" and not is_loopback(host):
            raise ValueError(f"would send the key in the clear; write https://{host}")
        return cls(scheme, host, parts.port or PORTS[scheme], _prefix(parts.path), trusted_hosts)

    @property
    def shown(self) -> str:
        """The endpoint as it is shown in messages."""
        return f"{self.scheme}://{_authority(self.host, self.port, self.scheme)}{self.prefix}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return is_loopback(self.host)

    @property
    def is_regional(self) -> bool:
        """Whether it is a region's shared host, which takes keys but no Entra ID tokens."""
        return self.host.endswith(REGION_HOSTS)

    @property
    def token_scope(self) -> str:
        """What an Entra ID token has to be asked for, by cloud."""
        return next((scope for end, scope in TOKEN_SCOPES.items() if self.host.endswith(end)), TOKEN_SCOPE)

    def url(self, path: str, query: dict[str, str]) -> str:
        """The address of one of the service's own paths."""
        address = f"{self.shown}/{path}"
        return f"{address}?{urlencode(query)}" if query else address

    def trusts(self, location: str) -> bool:
        """Whether the key may be sent to an address that the service named."""
        try:
            parts = _split(location)
        except ValueError:
            return False
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        if scheme not in PORTS or not host or parts.username or parts.password:
            return False
        port = parts.port or PORTS[scheme]
        # A container names this machine in its own way.
        same_host = host == self.host or (is_loopback(host) and self.is_loopback)
        if same_host and (scheme, port) == (self.scheme, self.port):
            return True
        safe = scheme == "https" or is_loopback(host)
        return safe and bool({host, f"{host}:{port}"} & {name.lower() for name in self.trusted_hosts})


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is no address; write https://NAME.cognitiveservices.azure.com") from error
    return parts


def _authority(host: str, port: int, scheme: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == PORTS[scheme] else f"{shown}:{port}"


def _prefix(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part.lower() in OWN_PATHS:
            break
        if part:
            kept.append(part)
    return "".join(f"/{part}" for part in kept)


def host_of(address: str) -> str:
    """The host of an address, for messages: never its path or query."""
    try:
        return urlsplit(address).hostname or "an unnamed host"
    except ValueError:
        return "an unreadable address"


def is_loopback(host: str) -> bool:
    """Whether a host's name or number means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
