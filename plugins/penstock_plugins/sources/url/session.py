"""The HTTP session of one download: checked connections that another thread can cut.

`requests` handles proxies and certificates as the environment says. It follows no redirects and does not
use ``~/.netrc``.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from penstock import __version__
from penstock_plugins.sources.url.addresses import DEFAULT_PORTS, Address
from penstock_plugins.sources.url.errors import Stopped, translate_errors
from penstock_plugins.sources.url.guard import CONNECT_SECONDS, Guard

READ_SECONDS = 30.0
HEADERS = {
    "User-Agent": f"penstock/{__version__}",
    "Accept": "image/*, application/pdf, */*;q=0.5",
    "Accept-Encoding": "identity",
}
LOGGERS = ("urllib3.connection", "urllib3.connectionpool")

Connect = Callable[[str, int], socket.socket]
Pools = dict[str, type[HTTPConnectionPool]]

_QUERY = re.compile(r"""\?[^\s"'<>)]*""")


class DownloadSession:
    """The connections of one download, made by the guard. `cut` may be called from any thread."""

    def __init__(self, guard: Guard) -> None:
        self.is_cut = False
        self._guard = guard
        self._sockets: list[socket.socket] = []
        # Guards `is_cut` and `_sockets`: `cut` runs on another thread than the download.
        self._lock = threading.Lock()
        self._requests = _requests_session(self._connect, self._connect_to_proxy)
        self._filter = _QueryFilter()

    def __enter__(self) -> DownloadSession:
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._filter)
        return self

    def __exit__(self, *raised: object) -> None:
        self._requests.close()
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)
        with self._lock:
            for duplicate in self._sockets:
                duplicate.close()
            self._sockets.clear()

    def get(self, address: Address, headers: Mapping[str, str]) -> requests.Response:
        """Send a request, and return the response with its body unread. Raises NotDownloaded."""
        with translate_errors():
            if select_proxy(address, get_environ_proxies(address)):
                parts = address.parts
                self._guard.check_name(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
            return self._requests.get(
                str(address),
                headers={**HEADERS, **headers},
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )

    def cut(self) -> None:
        """Shut down all connections, so that a read that blocks ends at once."""
        with self._lock:
            self.is_cut = True
            for duplicate in self._sockets:
                with suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)

    def _connect(self, host: str, port: int) -> socket.socket:
        return self._tracked(self._guard.connect(host, port))

    def _connect_to_proxy(self, host: str, port: int) -> socket.socket:
        return self._tracked(socket.create_connection((host, port), timeout=CONNECT_SECONDS))

    def _tracked(self, connection: socket.socket) -> socket.socket:
        """Keep a duplicate of the socket for `cut`: TLS detaches the original from its object."""
        with self._lock:
            if self.is_cut:
                connection.close()
                raise Stopped
            self._sockets.append(connection.dup())
        return connection


class _QueryFilter(logging.Filter):
    """Removes queries from what urllib3 logs, because they may be signatures."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), ()
        return True


class _Session(requests.Session):
    """Does not look where redirects lead: requests would read the whole body of the response for that."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


def _requests_session(direct: Connect, to_proxy: Connect) -> requests.Session:
    session = _Session()
    adapter = _Adapter(_pools(direct), _pools(to_proxy))
    for scheme in DEFAULT_PORTS:
        session.mount(f"{scheme}://", adapter)
    # Without an explicit auth, requests sends the credentials of ~/.netrc.
    session.auth = lambda request: request
    return session


class _Adapter(HTTPAdapter):
    """Uses connection pools that open their sockets through us."""

    def __init__(self, direct: Pools, proxied: Pools) -> None:
        self._direct, self._proxied = direct, proxied
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self._direct

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._proxied
        return manager


def _pools(connect: Connect) -> Pools:
    """Return urllib3's pools with connections that open their socket by `connect`, as its SOCKS pools do."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self.host.strip("[]"), self.port)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self.host.strip("[]"), self.port)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
