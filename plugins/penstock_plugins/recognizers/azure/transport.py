"""Send requests to the service, and translate network errors.

Redirects are not followed, and ``~/.netrc`` is not used. Proxies and CA bundles of the environment apply,
except that this machine itself is always reached directly.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3 import exceptions

from penstock import __version__
from penstock.errors import InDoubt, RecognizerError, StopRun, TryAgain, Unreachable
from penstock_plugins.recognizers.azure.credentials import AuthHeaders
from penstock_plugins.recognizers.azure.endpoint import Endpoint, host_of
from penstock_plugins.recognizers.azure.http_messages import Request, Response

CONNECT_TIMEOUT = 10.0
CHUNK = 16_384
MAX_BODY = 64_000_000  # bytes of a response; the result of a page has a few hundred thousand

log = logging.getLogger(__name__)


class Transport:
    """Sends requests to one endpoint. Can be used from any thread; each has a session of its own."""

    def __init__(self, endpoint: Endpoint, auth_headers: AuthHeaders, read_timeout: float) -> None:
        self._endpoint = endpoint
        self._auth_headers = auth_headers
        self._read_timeout = read_timeout  # seconds without data after which a request fails
        self._local = threading.local()
        # Guards `_sessions`, the sessions of all threads, which `close` needs.
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._proxies: dict[str, dict[str, str]] = {}
        # Whether the endpoint has ever answered as the service does. Set by the client.
        self.verified = False

    def submit(self, request: Request) -> Response:
        """Send what may be billed. Raises Unreachable (not sent), InDoubt (response lost) or StopRun."""
        return self._send(request, InDoubt)

    def query(self, request: Request) -> Response:
        """Send a request that can be repeated. Raises TryAgain, Unreachable or StopRun."""
        return self._send(request, TryAgain)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    def _send(self, request: Request, lost: type[RecognizerError]) -> Response:
        headers = self._auth_headers()

        def authenticated(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            prepared.headers.update(headers)
            return prepared

        parts, start = urlsplit(request.url), time.monotonic()
        # Neither the query nor the headers may be logged: they can hold a signature or the key.
        target = f"{request.method} {parts.hostname}{parts.path}"
        try:
            response = self._session().request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                auth=authenticated,
                timeout=(CONNECT_TIMEOUT, self._read_timeout),
                allow_redirects=False,
                stream=True,
                proxies=self._proxies_for(request.url),
            )
        except requests.RequestException as error:
            log.debug("%s: %s after %.2f s", target, type(error).__name__, time.monotonic() - start)
            raise self._translated(error, host_of(request.url), lost) from error
        with response:
            received = _received(response)
        log.debug("%s: %d after %.2f s", target, received.status, time.monotonic() - start)
        return received

    def _proxies_for(self, url: str) -> dict[str, str]:
        """Return the environment's proxies for a host; cached, because the lookup is slow."""
        host = host_of(url)
        if host not in self._proxies:
            self._proxies[host] = {} if self._endpoint.is_loopback else get_environ_proxies(url)
        return self._proxies[host]

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = _new_session()
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _translated(
        self, error: requests.RequestException, host: str, lost: type[RecognizerError]
    ) -> RecognizerError:
        """Return the error of the contract that an exception of requests stands for."""
        causes = list(_causes(error))
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            hint = "set REQUESTS_CA_BUNDLE to your network's own certificates, or check the endpoint"
            return StopRun(f"{host} presents a certificate that this machine does not trust", hint)
        if any(isinstance(cause, exceptions.NameResolutionError) for cause in causes):
            message = f"cannot resolve {host}: there is no such host, or no network"
            return Unreachable(message) if self.verified else StopRun(message, "check the endpoint")
        if isinstance(error, requests.exceptions.ProxyError):
            return Unreachable(f"the proxy does not connect to {host}", "check HTTPS_PROXY")
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return StopRun(f"the address at {host} is invalid", "check the endpoint")
        if isinstance(error, requests.ReadTimeout):
            return lost(f"{host} did not answer within {self._read_timeout:g} seconds")
        if _was_not_sent(error, causes):
            return Unreachable(f"cannot connect to {host}", "check the endpoint and the network")
        return lost(f"the connection to {host} broke before the response was complete")


def _new_session() -> requests.Session:
    session = requests.Session()
    # With trust_env, requests would replace our authentication by that of ~/.netrc.
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.headers.update({"User-Agent": f"penstock/{__version__}", "Accept": "application/json"})
    return session


def _received(response: requests.Response) -> Response:
    """Read a response as far as it arrives: the headers of a submit are enough without its body."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, complete = bytearray(), True
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > MAX_BODY:
                complete = False
                break
    except requests.RequestException:
        complete = False
    return Response(response.status_code, headers, bytes(body), complete)


def _was_not_sent(error: requests.RequestException, causes: list[BaseException]) -> bool:
    """Return whether a request failed before its body was sent."""
    unsent = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.SSLError)
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    return any(isinstance(cause, unsent) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all exceptions in its ``reason``, arguments and cause, as urllib3 nests them."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, getattr(cause, "reason", None), *cause.args]
