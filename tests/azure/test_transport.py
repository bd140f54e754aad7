"""Everything that requests raises is translated at one place, into one of a call's ends."""

from __future__ import annotations

import inspect
import logging
import socket
import ssl
import threading
from typing import Any

import pytest
import requests
from requests import exceptions as raised_by_requests
from urllib3 import exceptions as raised_by_urllib3

from penstock.errors import InDoubt, RecognizerError, StopRun, TryAgain, Unreachable
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.credentials import key_headers
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.http_messages import Request, Response
from penstock_plugins.recognizers.azure.transport import Transport

HOST = "https://name.example.org"
POST = Request("POST", f"{HOST}/vision?sig=secret", body=b"picture")
POOL: Any = None
EVERY = [
    kind
    for _, kind in inspect.getmembers(raised_by_requests, inspect.isclass)
    if issubclass(kind, requests.RequestException) and kind is not raised_by_requests.JSONDecodeError
]


def retried(reason: Exception) -> raised_by_urllib3.MaxRetryError:
    """Wrap an error as urllib3 does when a request was not sent."""
    return raised_by_urllib3.MaxRetryError(POOL, "/vision", reason)


def failing_transport(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Transport:
    """Return a transport whose requests all fail with an error."""

    def fail(self: object, *arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "request", fail)
    return Transport(Endpoint.parse(HOST), key_headers(Secret("key")), 60.0)


def connection(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(reason)


CASES: list[tuple[Exception, type[RecognizerError], type[RecognizerError]]] = [
    # The exception of requests, and the error of a submit and of a poll.
    (requests.ConnectTimeout(), Unreachable, Unreachable),
    (requests.ReadTimeout(), InDoubt, TryAgain),
    (connection(retried(raised_by_urllib3.NewConnectionError(POOL, "refused"))), Unreachable, Unreachable),
    (connection(retried(raised_by_urllib3.ConnectTimeoutError(POOL, "slow"))), Unreachable, Unreachable),
    (connection(raised_by_urllib3.ProtocolError("aborted", ConnectionResetError())), InDoubt, TryAgain),
    (
        requests.exceptions.SSLError(retried(raised_by_urllib3.SSLError("handshake"))),
        Unreachable,
        Unreachable,
    ),
    (
        requests.exceptions.SSLError(
            retried(raised_by_urllib3.SSLError(ssl.SSLCertVerificationError(1, "x")))
        ),
        StopRun,
        StopRun,
    ),
    (
        connection(retried(raised_by_urllib3.NameResolutionError("name", POOL, socket.gaierror()))),
        StopRun,
        StopRun,
    ),
    (requests.exceptions.ProxyError("407"), Unreachable, Unreachable),
    (requests.exceptions.InvalidURL(), StopRun, StopRun),
    (requests.exceptions.InvalidSchema(), StopRun, StopRun),
    (requests.exceptions.ChunkedEncodingError(), InDoubt, TryAgain),
]


@pytest.mark.parametrize(("error", "submit", "poll"), CASES)
def test_exceptions_are_translated(
    error: Exception,
    submit: type[RecognizerError],
    poll: type[RecognizerError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing = failing_transport(error, monkeypatch)
    for call, kind in ((failing.submit, submit), (failing.query, poll)):
        with pytest.raises(RecognizerError) as raised:
            call(POST)
        assert type(raised.value) is kind
        assert "name.example.org" in raised.value.message
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("kind", EVERY)
def test_every_exception_of_requests_is_translated(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecognizerError):
        failing_transport(kind(), monkeypatch).submit(POST)


def test_unresolved_name_of_a_verified_endpoint_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = raised_by_urllib3.NameResolutionError("name", POOL, socket.gaierror())
    failing = failing_transport(connection(retried(lost)), monkeypatch)
    failing.verified = True
    with pytest.raises(Unreachable, match=r"cannot resolve name\.example\.org"):
        failing.submit(POST)


def routes(url: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the proxies and certificates that two requests to an address use."""
    seen: list[Any] = []

    def note(self: requests.Session, *arguments: object, **options: Any) -> None:
        seen.append((dict(options["proxies"]), self.verify, self.trust_env, options["allow_redirects"]))
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", note)
    made = Transport(Endpoint.parse(url), key_headers(Secret("key")), 60.0)
    for _ in range(2):
        with pytest.raises(TryAgain):
            made.query(Request("GET", url))
    return seen


def test_proxies_and_certificates_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.org")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/certificates.pem")
    for url, proxied in [
        (HOST, True),
        ("https://inside.example.org", False),
        ("http://127.0.0.1:5000", False),
    ]:
        for proxies, verify, trusts_netrc, follows in routes(url, monkeypatch):
            assert (proxies.get("https") == "http://proxy.example.org:3128") is proxied
            assert (verify, trusts_netrc, follows) == ("/certificates.pem", False, False)


def test_certificates_are_verified_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert {verify for _, verify, _, _ in routes(HOST, monkeypatch)} == {True}


def answered(*pieces: bytes) -> Response:
    """Return the response to a submit for which a server sends these bytes and closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        made = Transport(Endpoint.parse(endpoint), key_headers(Secret("key")), 5.0)
        try:
            return made.submit(Request("POST", f"{endpoint}/vision", body=b"picture"))
        finally:
            thread.join()
            made.close()


def test_header_names_are_lowercased() -> None:
    answer = answered(b"HTTP/1.1 202 Accepted\r\nOPERATION-Location: here\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer.header("Operation-Location"), answer.complete) == (202, "here", True)


def test_incomplete_body_keeps_the_headers() -> None:
    head = b"HTTP/1.1 202 Accepted\r\nOperation-Location: here\r\nContent-Length: 90\r\n\r\n"
    answer = answered(head, b"half")
    assert (answer.status, answer.header("Operation-Location"), answer.complete) == (202, "here", False)
    assert answer.json() is None


def test_broken_compression_makes_the_body_incomplete() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
    assert not answered(head, b"\x1f\x8bxx").complete


def test_response_other_than_http_is_in_doubt() -> None:
    with pytest.raises(InDoubt):
        answered(b"220 mail.example.org ESMTP\r\n")
    with pytest.raises(InDoubt):
        answered(b"")


def test_requests_are_logged_without_key_and_query(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "penstock_plugins.recognizers.azure")
    with pytest.raises(InDoubt):
        failing_transport(requests.ReadTimeout(), monkeypatch).submit(POST)
    monkeypatch.undo()
    answered(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    failed, accepted = caplog.messages
    assert failed.startswith("POST name.example.org/vision: ReadTimeout after ")
    assert accepted.startswith("POST 127.0.0.1/vision: 202 after ")
    assert "secret" not in caplog.text
    assert "key" not in caplog.text
