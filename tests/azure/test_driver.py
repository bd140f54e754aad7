"""Everything that requests raises is translated at one place, into one of a call's ends."""

from __future__ import annotations

import inspect
import socket
import ssl
import threading
from typing import Any

import pytest
import requests
from requests import exceptions as raised_by_requests
from urllib3 import exceptions as raised_by_urllib3

from penstock.errors import InDoubt, RecognizerError, StopRun, TryAgain
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.credentials import key_signature
from penstock_plugins.recognizers.azure.driver import PATIENCE, Driver
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.exchange import Answer, Request

HOST = "https://name.example.org"
POST = Request("POST", f"{HOST}/vision?sig=secret", body=b"picture")
POOL: Any = None
EVERY = [
    kind
    for _, kind in inspect.getmembers(raised_by_requests, inspect.isclass)
    if issubclass(kind, requests.RequestException) and kind is not raised_by_requests.JSONDecodeError
]


def retried(reason: Exception) -> raised_by_urllib3.MaxRetryError:
    """How urllib3 hands on what happened before a call left."""
    return raised_by_urllib3.MaxRetryError(POOL, "/vision", reason)


def driver(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A driver whose every call fails with an error."""

    def fail(self: object, *arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "request", fail)
    return Driver(Endpoint.parse(HOST), key_signature(Secret("key")), 60.0)


def connection(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(reason)


CASES: list[tuple[Exception, type[RecognizerError], type[RecognizerError]]] = [
    # What requests raises, what a submit makes of it, what a poll makes of it.
    (requests.ConnectTimeout(), TryAgain, TryAgain),
    (requests.ReadTimeout(), InDoubt, TryAgain),
    (connection(retried(raised_by_urllib3.NewConnectionError(POOL, "refused"))), TryAgain, TryAgain),
    (connection(retried(raised_by_urllib3.ConnectTimeoutError(POOL, "slow"))), TryAgain, TryAgain),
    (connection(raised_by_urllib3.ProtocolError("aborted", ConnectionResetError())), InDoubt, TryAgain),
    (requests.exceptions.SSLError(retried(raised_by_urllib3.SSLError("handshake"))), TryAgain, TryAgain),
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
    (requests.exceptions.ProxyError("407"), TryAgain, TryAgain),
    (requests.exceptions.InvalidURL(), StopRun, StopRun),
    (requests.exceptions.InvalidSchema(), StopRun, StopRun),
    (requests.exceptions.ChunkedEncodingError(), InDoubt, TryAgain),
]


@pytest.mark.parametrize(("error", "submit", "poll"), CASES)
def test_what_an_exception_means(
    error: Exception,
    submit: type[RecognizerError],
    poll: type[RecognizerError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing = driver(error, monkeypatch)
    for call, kind in ((failing.submit, submit), (failing.ask, poll)):
        with pytest.raises(RecognizerError) as raised:
            call(POST)
        assert type(raised.value) is kind
        assert "name.example.org" in raised.value.message
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("kind", EVERY)
def test_no_exception_of_requests_gets_through(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecognizerError):
        driver(kind(), monkeypatch).submit(POST)


def test_a_name_that_was_known_once_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = raised_by_urllib3.NameResolutionError("name", POOL, socket.gaierror())
    failing = driver(connection(retried(lost)), monkeypatch)
    failing.proven = True
    with pytest.raises(TryAgain, match="no host"):
        failing.submit(POST)


@pytest.mark.parametrize("proven", [False, True])
def test_an_endpoint_that_was_never_reached_ends_the_run_after_a_while(
    monkeypatch: pytest.MonkeyPatch, proven: bool
) -> None:
    times = iter([1000.0, 1000.0 + PATIENCE - 1, 1000.0 + PATIENCE])
    refused = raised_by_urllib3.NewConnectionError(POOL, "refused")
    failing = driver(connection(retried(refused)), monkeypatch)
    failing.proven = proven
    monkeypatch.setattr(failing, "_now", lambda: next(times))
    raised = []
    for _ in range(3):
        with pytest.raises((TryAgain, StopRun), match="cannot be reached") as error:
            failing.submit(POST)
        raised.append(error.type)
    assert raised == [TryAgain, TryAgain, TryAgain if proven else StopRun]


def routes(url: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """By which proxies and certificates two calls to an address would go."""
    seen: list[Any] = []

    def note(self: requests.Session, *arguments: object, **options: Any) -> None:
        seen.append((dict(options["proxies"]), self.verify, self.trust_env, options["allow_redirects"]))
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", note)
    made = Driver(Endpoint.parse(url), key_signature(Secret("key")), 60.0)
    for _ in range(2):
        with pytest.raises(TryAgain):
            made.ask(Request("GET", url))
    return seen


def test_proxies_and_certificates_of_the_environment_are_respected(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_certificates_are_checked_without_anything_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert {verify for _, verify, _, _ in routes(HOST, monkeypatch)} == {True}


def answered(*pieces: bytes) -> Answer:
    """What the driver makes of these bytes from the wire, after which the connection is closed."""
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
        made = Driver(Endpoint.parse(endpoint), key_signature(Secret("key")), 5.0)
        try:
            return made.submit(Request("POST", f"{endpoint}/vision", body=b"picture"))
        finally:
            thread.join()
            made.close()


def test_headers_are_known_in_small_letters() -> None:
    answer = answered(b"HTTP/1.1 202 Accepted\r\nOPERATION-Location: here\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer.header("Operation-Location"), answer.complete) == (202, "here", True)


def test_a_body_that_is_cut_off_leaves_its_headers() -> None:
    head = b"HTTP/1.1 202 Accepted\r\nOperation-Location: here\r\nContent-Length: 90\r\n\r\n"
    answer = answered(head, b"half")
    assert (answer.status, answer.header("Operation-Location"), answer.complete) == (202, "here", False)
    assert answer.json() is None


def test_a_broken_compression_is_an_unreadable_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
    assert not answered(head, b"\x1f\x8bxx").complete


def test_what_is_no_http_is_in_doubt() -> None:
    with pytest.raises(InDoubt):
        answered(b"220 mail.example.org ESMTP\r\n")
    with pytest.raises(InDoubt):
        answered(b"")
