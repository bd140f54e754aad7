"""Secrets: headers go to their own hosts alone, and neither they nor signatures are shown anywhere."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from penstock.cli.pipeline_toml import pipeline_toml
from penstock.config import Configuration, check
from penstock.errors import ConfigurationError
from penstock.model import Document, Page, Problem
from penstock.secret import Secret
from penstock.spool import Spool
from penstock_plugins.sources.url import Url
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.credentials import Credentials
from penstock_plugins.sources.url.failing import NotDownloaded
from url.site import Reply, Site, answer, breaks_off, in_turn, redirect, stored

Serve = Callable[[dict[str, Reply]], Site]
Read = Callable[..., list[Document | Problem]]
HEADERS = {"Authorization": Secret("Bearer hush-hush")}


def configured(folder: Path, **options: object) -> Configuration:
    tables = {
        "sources": [{"plugin": "url", "urls": ["https://host/x.jpg?sig=secret"], **options}],
        "recognizers": [{"plugin": "rapidocr"}],
        "sinks": [{"plugin": "text"}],
    }
    return check(tables, folder, where="x", name="x")


def complaints(folder: Path, **options: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        configured(folder, **options)
    return str(raised.value)


def test_headers_come_from_the_environment_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    configuration = configured(tmp_path, headers={"Authorization": "Bearer ${TOKEN}"})
    (source,) = configuration.of_kind("source")
    assert source.component.headers["Authorization"].reveal() == "Bearer hush-hush"
    shown = pipeline_toml(configuration, {})
    assert "hush" not in shown + repr(source)
    assert "secret" not in shown + repr(source)
    assert "https://host/x.jpg?…" in shown


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Authorization": "hush-hush"}, "headers.Authorization: a secret does not stand in the file"),
        ({"A": "${TOKEN}", "B": "hush-hush"}, "headers.B: a secret does not stand in the file"),
        ({"A": "$${TOKEN}hush-hush"}, "headers.A: a secret does not stand in the file"),
        ({"A": 3}, "headers.A: a secret does not stand in the file"),
        ({"A": "Bearer ${NOT_SET_HERE}"}, "'NOT_SET_HERE' is not set"),
        ({"A b": "${TOKEN}"}, "'A b', which is no header's name"),
        ({"Range": "${TOKEN}"}, "headers names Range, which penstock sets itself"),
        ({"A": "${BROKEN}"}, "the header A holds characters that cannot be sent"),
        ("${TOKEN}", "headers: is not a usable secret"),
    ],
)
def test_wrong_headers_are_refused_without_their_values(
    headers: object, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    monkeypatch.setenv("BROKEN", "hush\r\nHost: elsewhere")
    said = complaints(tmp_path, headers=headers)
    assert told in said
    assert "hush" not in said.replace("headers.B", "")


def test_headers_for_many_hosts_have_to_name_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    headers = {"Authorization": "${TOKEN}"}
    two = ["https://host/x.jpg?sig=secret", "https://other/y.jpg"]
    assert 'write headers_to = ["HOST"]' in complaints(tmp_path, headers=headers, urls=two)
    assert 'write headers_to = ["HOST"]' in complaints(tmp_path, headers=headers, urls_from="list.txt")
    configured(tmp_path, headers=headers, urls=two, headers_to=["other"])
    said = complaints(tmp_path, headers=headers, headers_to=["https://me:secret@host/x?sig=secret"])
    assert "write the host alone" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://host/x", True),
        ("https://HOST:443/x", True),
        ("https://host:8443/x", False),
        ("https://host.evil/x", False),
        ("https://sub.host/x", False),
        ("https://other:81/x", True),
    ],
)
def test_a_host_is_named_whole(url: str, meant: bool) -> None:
    credentials = Credentials(HEADERS, frozenset({"host", "other:81"}))
    assert credentials.meant_for(Address(url)) is meant
    assert bool(credentials.for_address(Address(url))) is meant


def test_they_are_not_sent_for_everybody_to_read() -> None:
    with pytest.raises(NotDownloaded, match="http lets everybody"):
        Credentials(HEADERS, frozenset({"host"})).for_address(Address("http://host/x"))


def test_they_do_not_follow_a_redirect_elsewhere(serve: Serve, read: Read, picture: bytes) -> None:
    other = serve({"/x.jpg": answer(picture)})
    site = serve({"/a": redirect("/b"), "/b": redirect(f"{other.address}/x.jpg")})
    (document,) = read(f"{site.address}/a", headers=HEADERS)
    assert site.asked("Authorization") == ["Bearer hush-hush"] * 2
    assert other.asked("Authorization") == [None]
    assert isinstance(document, Document)
    (page,) = document.pages
    assert isinstance(page, Page)
    assert page.picture.url is None, "nobody else can read it by its address"


def test_cookies_stay_with_their_download(serve: Serve, read: Read, picture: bytes) -> None:
    """Some sites set one and send us on; the next download does not know it."""
    site = serve(
        {
            "/a": answer(b"", status=302, Location="/x.jpg", Set_Cookie="session=hush-hush; Path=/"),
            "/x.jpg": answer(picture),
            "/y.jpg": answer(picture),
        }
    )
    read(f"{site.address}/a", f"{site.address}/y.jpg", parallel=1)
    assert site.asked("Cookie") == [None, "session=hush-hush", None]


def test_netrc_is_sent_nowhere(
    serve: Serve, read: Read, picture: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    site = serve({"/x.jpg": in_turn(redirect("/x.jpg"), answer(picture))})
    read(f"{site.address}/x.jpg")
    assert site.asked("Authorization") == [None, None]


def test_nothing_that_is_logged_holds_a_signature(
    serve: Serve, read: Read, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nno header at all\r\nContent-Length: 3\r\n\r\nabc")

    both = answer(picture, Transfer_Encoding="chunked", ETag='"1"')
    replies = (breaks_off(picture, 4000), both, redirect("/y.jpg?sig=secret"), stored(picture))
    site = serve({"/odd.jpg": odd, "/x.jpg": in_turn(*replies), "/y.jpg": answer(picture)})
    with caplog.at_level(logging.DEBUG):
        read(f"{site.address}/odd.jpg?sig=secret", f"{site.address}/x.jpg?sig=secret")
    assert "Failed to parse headers" in caplog.text
    assert "?…" in caplog.text
    assert "secret" not in caplog.text
    for name in ("urllib3.connection", "urllib3.connectionpool"):
        assert logging.getLogger(name).filters == []


def test_no_error_holds_a_signature(spool: Spool, tmp_path: Path) -> None:
    with Url(urls=("https://127.0.0.1:9/x.jpg?sig=secret",)) as source:
        (found,) = source.find_documents(spool)
    assert "secret" not in repr((found, source, vars(source)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that it signed itself."""
    pem = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    names = [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(pem),
        "-out",
        str(pem) + ".crt",
    ]
    try:
        subprocess.run([*command, *names], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no openssl here")
    pem.write_text(pem.read_text() + Path(f"{pem}.crt").read_text())
    return pem


def secured(site: Site, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    return f"https://localhost:{site.port}"


def test_certificates_are_those_of_the_environment(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    address = secured(site, certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    (document,) = read(f"{address}/x.jpg", headers=HEADERS)
    assert isinstance(document, Document)
    assert site.asked("Authorization") == ["Bearer hush-hush"]
    assert site.asked("Host") == [f"localhost:{site.port}"]


def tunnel(handler: BaseHTTPRequestHandler) -> None:
    """What a proxy does with CONNECT: whatever comes from either side goes to the other."""
    host, _, port = handler.path.rpartition(":")
    with socket.create_connection((host, int(port))) as beyond:
        handler.wfile.write(b"HTTP/1.0 200 Connection established\r\n\r\n")
        other = {beyond: handler.connection, handler.connection: beyond}
        while True:
            for side in select.select(list(other), [], [])[0]:
                if not (content := side.recv(65_536)):
                    return
                other[side].sendall(content)


def test_a_proxy_sees_nothing_of_what_is_secret(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    address = secured(site, certificate)
    proxy = serve({f"localhost:{site.port}": tunnel})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("https_proxy", proxy.address)
    (document,) = read(f"{address}/x.jpg", headers=HEADERS)
    assert isinstance(document, Document)
    assert site.asked("Authorization") == ["Bearer hush-hush"]
    assert [(path, headers.get("Authorization")) for path, headers in proxy.seen] == [
        (f"localhost:{site.port}", None)
    ]


def test_a_certificate_that_nobody_signed_is_refused(
    serve: Serve, read: Read, picture: bytes, certificate: Path
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    address = secured(site, certificate)
    (found,) = read(f"{address}/x.jpg?sig=secret", headers=HEADERS)
    assert isinstance(found, Problem)
    assert "its certificate is not to be trusted (self" in found.why
    assert "REQUESTS_CA_BUNDLE" in found.hint
    assert "secret" not in str(found)
    assert not site.seen


def test_https_does_not_lead_to_http(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = serve({"/x.jpg": answer(picture)})
    site = serve({"/x.jpg": redirect(f"{plain.address}/x.jpg")})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    (found,) = read(f"{secured(site, certificate)}/x.jpg")
    assert isinstance(found, Problem)
    assert "leads from https to http://" in found.why
    assert not plain.seen


def test_a_secure_connection_that_hangs_is_cut(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = serve({})
    site.replies["/x.jpg"] = site.hangs_after(picture, 4000)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    (found,) = read(f"{secured(site, certificate)}/x.jpg", max_seconds=0.5)
    assert isinstance(found, Problem)
    assert found.why == "took longer than 0.5 seconds"
