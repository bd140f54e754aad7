"""Connections go to public addresses only, whatever names, redirects and notations are used."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url
from penstock_plugins.sources.url.errors import NotDownloaded
from penstock_plugins.sources.url.guard import Guard, is_public
from url.site import FakeClock, Reply, Site, answer, redirect

Serve = Callable[[dict[str, Reply]], Site]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.2.7", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("168.63.129.16", "::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254"),
        *("fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "2002:808:808::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("64:ff9b:1::808:808", "64:ff9b::a9fe:a9fe", "", "letters.example", "1"),
    ],
)
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::1]",
        "[::ffff:7f00:1]",
    ],
)
def test_this_machine_is_refused_in_every_notation(
    host: str, serve: Serve, problem: Callable[..., Problem], picture: bytes
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    found = problem(f"http://{host}:{site.port}/x.jpg", allow_private=False)
    assert "private network" in found.why
    assert "allow_private = true" in found.hint
    assert "--set sources.0.allow_private=true" in found.hint
    assert not site.seen


def guarded(guard: Guard, url: str, spool: Spool) -> Document | Problem:
    with Url(urls=(url,)) as source:
        source._guard, source._clock = guard, FakeClock()
        (item,) = source.find_documents(spool)
        return item


def test_a_public_name_that_resolves_to_this_machine_is_refused(
    serve: Serve, spool: Spool, picture: bytes
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    guard = Guard(resolve=lambda host, port: ["127.0.0.1"])
    item = guarded(guard, f"http://scans.example:{site.port}/x.jpg", spool)
    assert isinstance(item, Problem)
    assert "leads to 127.0.0.1" in item.why
    assert not site.seen


def test_a_name_is_resolved_only_once(serve: Serve, spool: Spool, picture: bytes) -> None:
    """DNS rebinding: the first answer is public, later ones are this machine."""
    site = serve({"/x.jpg": answer(picture)})
    answers, dialled = [["8.8.8.8"]], []

    def resolve(host: str, port: int) -> list[str]:
        return answers.pop() if answers else ["127.0.0.1"]

    def dial(address: str, port: int) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    with pytest.raises(NotDownloaded, match="cannot be reached"):
        Guard(resolve=resolve, dial=dial).connect("scans.example", site.port)
    assert dialled == ["8.8.8.8"]
    assert not site.seen


def test_the_connected_address_is_checked_before_a_request_is_sent(
    serve: Serve, spool: Spool, picture: bytes
) -> None:
    """No request is sent even if a connection to a public address ends at this machine."""
    site = serve({"/x.jpg": answer(picture)})

    def dial(address: str, port: int) -> socket.socket:
        assert address == "8.8.8.8"
        return socket.create_connection(("127.0.0.1", port))

    guard = Guard(resolve=lambda host, port: ["8.8.8.8"], dial=dial)
    item = guarded(guard, f"http://scans.example:{site.port}/x.jpg", spool)
    assert isinstance(item, Problem)
    assert "leads to 127.0.0.1" in item.why
    assert not site.seen


def test_only_public_addresses_of_a_name_are_tried() -> None:
    dialled = []

    def dial(address: str, port: int) -> socket.socket:
        dialled.append(address)
        raise TimeoutError

    guard = Guard(resolve=lambda host, port: ["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111"], dial=dial)
    with pytest.raises(NotDownloaded, match="cannot be reached"):
        guard.connect("scans.example", 80)
    assert dialled == ["8.8.8.8", "2606:4700::1111"]


CREDENTIAL_HOSTS = [
    *("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"),
    *("fd00:ec2::254", "fd00:ec2::23", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
]


@pytest.mark.parametrize("address", CREDENTIAL_HOSTS)
def test_credential_hosts_of_clouds_are_always_refused(address: str) -> None:
    def dial(address: str, port: int) -> socket.socket:
        raise AssertionError(address)

    guard = Guard(allow_private=True, resolve=lambda host, port: [address], dial=dial)
    for asked in (guard.connect, guard.check_name):
        with pytest.raises(NotDownloaded, match="cloud providers serve credentials") as caught:
            asked("scans.example", 80)
        assert "allow_private" not in caught.value.hint


@pytest.mark.parametrize("address", ["169.254.7.7", "fe80::1%eth0", "100.64.0.1", "10.0.0.1", "127.0.0.1"])
def test_private_addresses_can_be_allowed(address: str) -> None:
    dialled = []

    def dial(address: str, port: int) -> socket.socket:
        dialled.append(address)
        raise TimeoutError

    guard = Guard(allow_private=True, resolve=lambda host, port: [address], dial=dial)
    guard.check_name("scans.example", 80)
    with pytest.raises(NotDownloaded, match="cannot be reached"):
        guard.connect("scans.example", 80)
    assert dialled == [address]


def test_a_redirect_to_this_machine_is_refused(serve: Serve, spool: Spool, picture: bytes) -> None:
    """A public server, simulated by a guard, redirects to this machine."""
    inside = serve({"/secret.jpg": answer(picture)})
    outside = serve({"/x.jpg": redirect(f"http://127.0.0.1:{inside.port}/secret.jpg?a=b")})

    class Outside(Guard):
        def connect(self, host: str, port: int) -> socket.socket:
            if host == "scans.example":
                return socket.create_connection(("127.0.0.1", outside.port))
            return super().connect(host, port)

    item = guarded(Outside(), "http://scans.example/x.jpg", spool)
    assert isinstance(item, Problem)
    assert item.what == "http://scans.example/x.jpg"
    assert "leads to 127.0.0.1" in item.why
    assert len(outside.seen) == 1
    assert not inside.seen


@pytest.mark.parametrize(
    ("failure", "why", "tries"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "there is no such host", 1),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "cannot be resolved at the moment", 4),
        (UnicodeError("label too long"), "there is no such host", 1),
    ],
)
def test_names_that_cannot_be_resolved(failure: Exception, why: str, tries: int, spool: Spool) -> None:
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        raise failure

    item = guarded(Guard(resolve=resolve), "https://scans.example/x.jpg", spool)
    assert isinstance(item, Problem)
    assert why in item.why
    assert asked == [("scans.example", 443)] * tries


def test_a_proxy_is_not_asked_for_private_addresses(
    serve: Serve, problem: Callable[..., Problem], picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve({})
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    monkeypatch.setenv("http_proxy", proxy.address)
    assert "private network" in problem("http://localhost/x.jpg", allow_private=False).why
    assert "private network" in problem("http://10.0.0.1/x.jpg", allow_private=False).why
    assert not proxy.seen


def test_a_proxy_resolves_names_that_this_machine_cannot(
    serve: Serve, read: Callable[..., list[object]], picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy itself may be in a private network, and may know names that are not public."""
    proxy = serve({"http://scans.invalid/x.jpg": answer(picture)})
    monkeypatch.setenv("http_proxy", proxy.address)
    (document,) = read("http://scans.invalid/x.jpg", allow_private=False)
    assert isinstance(document, Document)
    assert [path for path, _ in proxy.seen] == ["http://scans.invalid/x.jpg"]


def test_a_refusing_proxy_is_reported_as_such(
    serve: Serve, problem: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve({"scans.invalid:443": answer(b"", status=407)})
    monkeypatch.setenv("https_proxy", proxy.address)
    found = problem("https://scans.invalid/x.jpg?sig=secret", allow_private=False)
    assert "proxy" in found.why
    assert "HTTPS_PROXY" in found.hint
    assert "secret" not in str(found)
