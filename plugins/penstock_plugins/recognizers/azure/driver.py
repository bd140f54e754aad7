"""The one place that talks to the network: sessions, timeouts, and what a failed call means.

A redirect is never followed, ``~/.netrc`` never replaces our headers, proxies and CA bundles from the
environment are respected except for this machine itself.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from penstock import __version__
from penstock.errors import InDoubt, RecognizerError, StopRun, TryAgain
from penstock_plugins.recognizers.azure.endpoint import Endpoint, host_of
from penstock_plugins.recognizers.azure.exchange import Answer, Request

if TYPE_CHECKING:
    import requests

    from penstock_plugins.recognizers.azure.credentials import Signature

CONNECT_SECONDS = 10.0
PATIENCE = 20.0
"""Seconds without any connection after which an endpoint that never answered is taken for a wrong one."""
CHUNK = 16_384
LARGEST_ANSWER = 64_000_000
"""Bytes; a page's result is a few hundred thousand."""


class Driver:
    """Sends requests to one endpoint, from any thread.

    Parameters
    ----------
    read_seconds
        How long the service may be silent before a call is given up.
    now
        Seconds of a clock that never jumps.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        signature: Signature,
        read_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._signature = signature
        self._read_seconds = read_seconds
        self._mine = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()
        self._ways: dict[str, dict[str, str]] = {}
        self._now = now
        self._out_of_reach: float | None = None
        self.proven = False
        """Whether the endpoint has ever answered as the service does."""

    def submit(self, request: Request) -> Answer:
        """Send what may be billed. Raises TryAgain (not sent), InDoubt (sent and lost) or StopRun."""
        return self._send(request, InDoubt)

    def ask(self, request: Request) -> Answer:
        """Send what may be repeated. Raises TryAgain or StopRun."""
        return self._send(request, TryAgain)

    def close(self) -> None:
        """Close every thread's connections."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._mine = threading.local()
        for session in sessions:
            session.close()

    def _send(self, request: Request, lost: type[RecognizerError]) -> Answer:
        import requests

        signature = self._signature()

        def signed(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            prepared.headers.update(signature)
            return prepared

        try:
            response = self._session().request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                auth=signed,
                timeout=(CONNECT_SECONDS, self._read_seconds),
                allow_redirects=False,
                stream=True,
                proxies=self._proxies(request.url),
            )
        except requests.RequestException as error:
            raise self._meaning(error, host_of(request.url), lost) from error
        with response:
            return _answer(response)

    def _proxies(self, url: str) -> dict[str, str]:
        """The way to a host, by the environment; looked up once, for that walks the whole environment."""
        from requests.utils import get_environ_proxies

        host = host_of(url)
        if host not in self._ways:
            self._ways[host] = {} if self._endpoint.is_loopback else get_environ_proxies(url)
        return self._ways[host]

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = _new_session()
            self._mine.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _meaning(
        self, error: requests.RequestException, host: str, lost: type[RecognizerError]
    ) -> RecognizerError:
        """Which of a call's ends an exception stands for."""
        import requests
        from urllib3 import exceptions

        causes = list(_causes(error))
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return StopRun(
                f"{host} shows a certificate that this machine does not trust",
                "name your network's own certificates in REQUESTS_CA_BUNDLE, or check the endpoint",
            )
        if any(isinstance(cause, exceptions.NameResolutionError) for cause in causes):
            unknown = f"there is no host {host}, or no network"
            return TryAgain(unknown) if self.proven else StopRun(unknown, "check the endpoint")
        if isinstance(error, requests.exceptions.ProxyError):
            return self._unreached(f"the proxy does not let us reach {host}", "check HTTPS_PROXY")
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return StopRun(f"the address at {host} cannot be called", "check the endpoint")
        if isinstance(error, requests.ReadTimeout):
            return lost(f"{host} did not answer within {self._read_seconds:g} seconds")
        if _never_left(error, causes):
            return self._unreached(f"{host} cannot be reached", "check the endpoint and the network")
        return lost(f"the connection to {host} broke before the answer was whole")

    def _unreached(self, message: str, hint: str) -> TryAgain | StopRun:
        """A hiccup, or after a while without one answer, whatever page is sent, the end of the run."""
        if self.proven:
            return TryAgain(message, hint)
        now = self._now()
        self._out_of_reach = self._out_of_reach or now
        return (TryAgain if now - self._out_of_reach < PATIENCE else StopRun)(message, hint)


def _new_session() -> requests.Session:
    import requests

    session = requests.Session()
    # What the environment says is asked once, here and in `Driver`, and ~/.netrc never.
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.headers.update({"User-Agent": f"penstock/{__version__}", "Accept": "application/json"})
    return session


def _answer(response: requests.Response) -> Answer:
    """The answer as far as it comes: a submit's headers are worth having without its body."""
    import requests

    headers = {name.lower(): value for name, value in response.headers.items()}
    body, complete = bytearray(), True
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                complete = False
                break
    except requests.RequestException:
        complete = False
    return Answer(response.status_code, headers, bytes(body), complete)


def _never_left(error: requests.RequestException, causes: list[BaseException]) -> bool:
    """Whether the call failed before its body was on the way."""
    import requests
    from urllib3 import exceptions

    unsent = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.SSLError)
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    return any(isinstance(cause, unsent) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it was made of, by urllib3's ``reason``, its arguments and its chain."""
    seen: set[int] = set()
    open_ones: list[object] = [error]
    while open_ones:
        cause = open_ones.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        open_ones += [cause.__cause__, getattr(cause, "reason", None), *cause.args]
