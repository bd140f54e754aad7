"""Secret headers go to their own hosts only, and neither they nor signatures are shown."""

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
from penstock_plugins.sources.url.errors import NotDownloaded
from url.site import Reply, Site, answer, disconnects, in_turn, redirect, stored

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


def test_headers_come_from_the_environment_and_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    ("headers", "message"),
    [
        ({"Authorization": "hush-hush"}, "headers.Authorization: a secret must not be written in the file"),
        ({"A": "${TOKEN}", "B": "hush-hush"}, "headers.B: a secret must not be written in the file"),
        ({"A": "$${TOKEN}hush-hush"}, "headers.A: a secret must not be written in the file"),
        ({"A": 3}, "headers.A: a secret must not be written in the file"),
        ({"A": "Bearer ${NOT_SET_HERE}"}, "'NOT_SET_HERE' is not set"),
        ({"A b": "${TOKEN}"}, "'A b' is not a valid header name"),
        ({"Range": "${TOKEN}"}, "headers: Range is set by penstock"),
        ({"A": "${BROKEN}"}, "the value of A contains characters that cannot be sent"),
        ("${TOKEN}", "headers: must be a usable secret"),
    ],
)
def test_wrong_headers_are_refused_without_showing_their_values(
    headers: object, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    monkeypatch.setenv("BROKEN", "hush\r\nHost: elsewhere")
    shown = complaints(tmp_path, headers=headers)
    assert message in shown
    assert "hush" not in shown.replace("headers.B", "")


def test_headers_for_several_hosts_need_headers_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    headers = {"Authorization": "${TOKEN}"}
    two = ["https://host/x.jpg?sig=secret", "https://other/y.jpg"]
    assert 'write headers_to = ["HOST"]' in complaints(tmp_path, headers=headers, urls=two)
    assert 'write headers_to = ["HOST"]' in complaints(tmp_path, headers=headers, urls_from="list.txt")
    configured(tmp_path, headers=headers, urls=two, headers_to=["other"])
    shown = complaints(tmp_path, headers=headers, headers_to=["https://me:secret@host/x?sig=secret"])
    assert "write the host alone" in shown
    assert "secret" not in shown


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
def test_headers_go_to_exactly_the_named_hosts(url: str, meant: bool) -> None:
    credentials = Credentials(HEADERS, frozenset({"host", "other:81"}))
    assert credentials.meant_for(Address(url)) is meant
    assert bool(credentials.for_address(Address(url))) is meant


def test_headers_are_not_sent_unencrypted() -> None:
    with pytest.raises(NotDownloaded, match="http would send them unencrypted"):
        Credentials(HEADERS, frozenset({"host"})).for_address(Address("http://host/x"))


def test_headers_do_not_follow_a_redirect_to_another_host(serve: Serve, read: Read, picture: bytes) -> None:
    other = serve({"/x.jpg": answer(picture)})
    site = serve({"/a": redirect("/b"), "/b": redirect(f"{other.address}/x.jpg")})
    (document,) = read(f"{site.address}/a", headers=HEADERS)
    assert site.asked("Authorization") == ["Bearer hush-hush"] * 2
    assert other.asked("Authorization") == [None]
    assert isinstance(document, Document)
    (page,) = document.pages
    assert isinstance(page, Page)
    assert page.picture.url is None, "a recognizer cannot fetch it without the header"


def test_a_header_that_is_replaced_in_its_file_is_sent_instead(
    serve: Serve, read: Read, picture: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("Bearer hush-hush\n")
    header = Secret.from_file(file)

    def refuse(handler: BaseHTTPRequestHandler) -> None:
        file.write_text("Bearer hush-anew")
        answer(b"", status=401)(handler)

    refused = answer(b"", status=401)
    site = serve({"/x.jpg": in_turn(refuse, answer(picture)), "/y.jpg": refused})
    headers = {"Authorization": header}
    (document,) = read(f"{site.address}/x.jpg", headers=headers)
    assert isinstance(document, Document)
    assert site.asked("Authorization") == ["Bearer hush-hush", "Bearer hush-anew"]
    (problem,) = read(f"{site.address}/y.jpg", headers=headers)
    assert isinstance(problem, Problem)
    assert "status 401" in problem.why
    assert len(site.asked("Authorization")) == 3


def test_cookies_are_not_shared_between_downloads(serve: Serve, read: Read, picture: bytes) -> None:
    """Some servers set a cookie and redirect. The next download does not send it."""
    site = serve(
        {
            "/a": answer(b"", status=302, Location="/x.jpg", Set_Cookie="session=hush-hush; Path=/"),
            "/x.jpg": answer(picture),
            "/y.jpg": answer(picture),
        }
    )
    read(f"{site.address}/a", f"{site.address}/y.jpg", parallel=1)
    assert site.asked("Cookie") == [None, "session=hush-hush", None]


def test_netrc_is_not_used(
    serve: Serve, read: Read, picture: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login anna password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    site = serve({"/x.jpg": in_turn(redirect("/x.jpg"), answer(picture))})
    read(f"{site.address}/x.jpg")
    assert site.asked("Authorization") == [None, None]


def test_logs_contain_no_signature(
    serve: Serve, read: Read, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nno header at all\r\nContent-Length: 3\r\n\r\nabc")

    both = answer(picture, Transfer_Encoding="chunked", ETag='"1"')
    replies = (disconnects(picture, 4000), both, redirect("/y.jpg?sig=secret"), stored(picture))
    site = serve({"/odd.jpg": odd, "/x.jpg": in_turn(*replies), "/y.jpg": answer(picture)})
    with caplog.at_level(logging.DEBUG):
        read(f"{site.address}/odd.jpg?sig=secret", f"{site.address}/x.jpg?sig=secret")
    assert "Failed to parse headers" in caplog.text
    assert "?…" in caplog.text
    assert "secret" not in caplog.text
    for name in ("urllib3.connection", "urllib3.connectionpool"):
        assert logging.getLogger(name).filters == []


def test_errors_contain_no_signature(spool: Spool, tmp_path: Path) -> None:
    with Url(urls=("https://127.0.0.1:9/x.jpg?sig=secret",)) as source:
        (found,) = source.find_documents(spool)
    assert "secret" not in repr((found, source, vars(source)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for localhost."""
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
        pytest.skip("openssl is not installed")
    pem.write_text(pem.read_text() + Path(f"{pem}.crt").read_text())
    return pem


def secured(site: Site, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    return f"https://localhost:{site.port}"


def test_certificates_come_from_the_environment(
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
    """Answer CONNECT as a proxy does: forward bytes in both directions."""
    host, _, port = handler.path.rpartition(":")
    with socket.create_connection((host, int(port))) as beyond:
        handler.wfile.write(b"HTTP/1.0 200 Connection established\r\n\r\n")
        other = {beyond: handler.connection, handler.connection: beyond}
        while True:
            for side in select.select(list(other), [], [])[0]:
                if not (content := side.recv(65_536)):
                    return
                other[side].sendall(content)


def test_a_proxy_receives_no_secrets(
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


def test_an_untrusted_certificate_is_refused(
    serve: Serve, read: Read, picture: bytes, certificate: Path
) -> None:
    site = serve({"/x.jpg": answer(picture)})
    address = secured(site, certificate)
    (found,) = read(f"{address}/x.jpg?sig=secret", headers=HEADERS)
    assert isinstance(found, Problem)
    assert "the server's certificate cannot be verified (self" in found.why
    assert "REQUESTS_CA_BUNDLE" in found.hint
    assert "secret" not in str(found)
    assert not site.seen


def test_a_redirect_from_https_to_http_is_refused(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = serve({"/x.jpg": answer(picture)})
    site = serve({"/x.jpg": redirect(f"{plain.address}/x.jpg")})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    (found,) = read(f"{secured(site, certificate)}/x.jpg")
    assert isinstance(found, Problem)
    assert "redirects from https to http://" in found.why
    assert not plain.seen


def test_a_hanging_tls_connection_is_cut(
    serve: Serve, read: Read, picture: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = serve({})
    site.replies["/x.jpg"] = site.hangs_after(picture, 4000)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    (found,) = read(f"{secured(site, certificate)}/x.jpg", max_seconds=0.5)
    assert isinstance(found, Problem)
    assert found.why == "took longer than 0.5 seconds"


def test_debug_messages_name_only_the_host(
    serve: Serve, read: Read, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    busy = answer(b"", status=503, Retry_After="40")
    site = serve({"/hidden.jpg": in_turn(busy, disconnects(picture, 4000), answer(picture))})
    with caplog.at_level(logging.DEBUG, "penstock_plugins.sources.url"):
        read(f"{site.address}/hidden.jpg?sig=secret")
    messages = [each.getMessage() for each in caplog.records if each.name.startswith("penstock_plugins")]
    host = f"127.0.0.1:{site.port}"
    assert f"{host}: status 503" in messages
    assert f"{host}: no request for 40 seconds, as the server asked" in messages
    assert f"{host}: attempt 2 failed, next attempt in 2 seconds" in messages
    assert not any("hidden" in message or "secret" in message for message in messages)
