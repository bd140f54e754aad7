"""What one download talks through: checked connections, that can be cut from another thread.

`requests` does the talking, with proxies and certificates as the environment says. It follows no redirect,
keeps nothing compressed and sends nothing of ``~/.netrc``.
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
from penstock_plugins.sources.url.failing import Stopped, translated
from penstock_plugins.sources.url.guard import CONNECT_SECONDS, Guard

SILENCE_SECONDS = 30.0
HEADERS = {
    "User-Agent": f"penstock/{__version__}",
    "Accept": "image/*, application/pdf, */*;q=0.5",
    "Accept-Encoding": "identity",
}
LOGGERS = ("urllib3.connection", "urllib3.connectionpool")

Connect = Callable[[str, int], socket.socket]
Pools = dict[str, type[HTTPConnectionPool]]

_QUERY = re.compile(r"""\?[^\s"'<>)]*""")


class Wire:
    """The connections of one download. A context manager; `cut` may be called from any thread.

    Parameters
    ----------
    guard
        Makes every connection, except a proxy's.
    """

    def __init__(self, guard: Guard) -> None:
        self.is_cut = False
        self._guard = guard
        self._twins: list[socket.socket] = []
        self._lock = threading.Lock()
        self._session = _session(self._direct, self._to_proxy)
        self._quiet = _Quiet()

    def __enter__(self) -> Wire:
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._quiet)
        return self

    def __exit__(self, *raised: object) -> None:
        self._session.close()
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._quiet)
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def get(self, address: Address, headers: Mapping[str, str]) -> requests.Response:
        """Ask for an address; the answer's body is not read yet. Raises NotDownloaded."""
        with translated():
            if select_proxy(address, get_environ_proxies(address)):
                parts = address.parts
                self._guard.check_name(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
            return self._session.get(
                str(address),
                headers={**HEADERS, **headers},
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            )

    def cut(self) -> None:
        """End whatever is under way: who waits for something to come waits no longer."""
        with self._lock:
            self.is_cut = True
            for twin in self._twins:
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)

    def _direct(self, host: str, port: int) -> socket.socket:
        return self._watched(self._guard.connect(host, port))

    def _to_proxy(self, host: str, port: int) -> socket.socket:
        return self._watched(socket.create_connection((host, port), timeout=CONNECT_SECONDS))

    def _watched(self, connection: socket.socket) -> socket.socket:
        """Keep a twin of a socket: TLS takes the socket itself away from whoever made it."""
        with self._lock:
            if self.is_cut:
                connection.close()
                raise Stopped
            self._twins.append(connection.dup())
        return connection


class _Quiet(logging.Filter):
    """Cuts queries out of what urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), ()
        return True


class _Session(requests.Session):
    """Leaves redirects to us: to look where one leads, requests would take in its whole body."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


def _session(direct: Connect, to_proxy: Connect) -> requests.Session:
    session = _Session()
    adapter = _Adapter(_pools(direct), _pools(to_proxy))
    for scheme in DEFAULT_PORTS:
        session.mount(f"{scheme}://", adapter)
    # Asked for nothing, so that ~/.netrc is sent nowhere.
    session.auth = lambda request: request
    return session


class _Adapter(HTTPAdapter):
    """Has its connections made by us."""

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
    """urllib3's pools, whose connections begin with a socket of ours (as its own SOCKS pools do)."""

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


__all__ = ["Wire"]
