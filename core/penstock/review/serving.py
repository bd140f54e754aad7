"""Run the server of the review page until it is interrupted."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from penstock.errors import PenstockError
from penstock.review.contents import Contents
from penstock.review.sessions import Sessions

if TYPE_CHECKING:
    import uvicorn

LOOPBACK = "127.0.0.1"
USUAL_PORT = 27573
"""Used if it is free: a tab that waits for the server finds the one that is started next."""
BACKLOG = 128
GRACE = 3
"""Seconds that requests have to end when the server is stopped."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens.

    Parameters
    ----------
    host
        An IP address or name of this machine; None for this machine's own use (`LOOPBACK`).
    port
        0 for the usual one, or another one if it is taken.
    """

    host: str | None = None
    port: int = 0


def serve(
    contents: Contents,
    address: Address,
    *,
    password: str | None = None,
    opens_browser: bool = True,
    path: str = "/",
    announce: Callable[[str], None],
) -> None:
    """Serve the review page until SIGINT or SIGTERM.

    Parameters
    ----------
    password
        With a host, reviewers sign in with it instead of with the token in the address.
    opens_browser
        Whether to open the page in the user's browser.
    path
        The page to open first, with its query.
    announce
        Called with the page's address when connections are accepted.

    Raises
    ------
    PenstockError
        The address cannot be used.
    """
    with suppress(KeyboardInterrupt), _ended_by_sigterm(), closing(_listening(address)) as listener:
        port = listener.getsockname()[1]
        sessions = Sessions(password=password, asks_names=address.host is not None)
        start = f"http://{_named(address, listener)}{path}"
        mark = "&" if "?" in path else "?"
        announce(start if password else f"{start}{mark}token={sessions.token}")
        if opens_browser:
            _open_browser(f"http://{LOOPBACK}:{port}{path}{mark}token={sessions.token_for_once}", address)
        _run(contents, sessions, listener, address)


def _listening(address: Address) -> socket.socket:
    """Return a socket that accepts connections already, so that a browser which is quick waits for a page."""
    host = address.host or LOOPBACK
    try:
        listener = _listener(host, address.port)
    except OSError as error:
        raise PenstockError(
            f"the review page cannot be served on {host}{f', port {address.port}' if address.port else ''}:"
            f" {os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error}",
            "--host must be an address of this machine, or 0.0.0.0 for all of them"
            if error.errno != errno.EADDRINUSE
            else "choose another --port, or leave it out for a free one",
        ) from error
    listener.setblocking(False)  # noqa: FBT003  no keyword is accepted
    return listener


def _listener(host: str, port: int) -> socket.socket:
    if not port:
        with suppress(OSError):
            return _listener(host, USUAL_PORT)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, place = found[0]
    return socket.create_server(place[:2], family=family, backlog=BACKLOG)


def _named(address: Address, listener: socket.socket) -> str:
    """Return the host and port for an address that people open."""
    host, port = address.host or LOOPBACK, listener.getsockname()[1]
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        host = _address_for_others(listener.family)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address_for_others(family: socket.AddressFamily) -> str:
    """Return this machine's address in its network; its name if it has no network."""
    target = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))  # chooses a route, and sends nothing
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def _run(contents: Contents, sessions: Sessions, listener: socket.socket, address: Address) -> None:
    import asyncio

    server = server_of(contents, sessions, port=listener.getsockname()[1], host=address.host)
    asyncio.run(server.serve(sockets=[listener]))


def server_of(
    contents: Contents, sessions: Sessions, *, port: int, host: str | None = None
) -> uvicorn.Server:
    """Return a server that is not started yet. ``host`` is None for one that only this machine uses."""
    import uvicorn

    from penstock.review.access import LOOPBACK_NAMES, Access
    from penstock.review.app import create_app

    cookie = f"penstock_review_{port}"
    app = Access(
        create_app(contents, sessions, cookie=cookie),
        sessions,
        names=LOOPBACK_NAMES | (set() if host is None else _own_names(host)),
        any_address=host is not None,
        cookie=cookie,
    )
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    # Addresses with tokens must not be in a log, also if a handler is added to this logger later.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Server(config)


def _own_names(host: str) -> set[str]:
    """Return the names of this machine by which others reach it."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return {host.lower(), name, short, f"{short}.local", socket.getfqdn().lower()}


def _open_browser(url: str, address: Address) -> None:
    if not has_browser() or address.host not in (None, "0.0.0.0", "localhost"):  # noqa: S104
        return
    # A browser that was not running yet takes seconds to start.
    threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()


def has_browser() -> bool:
    """Return whether a browser with windows can be opened. One in the terminal would hide the messages."""
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the server like Ctrl-C. Signals can be handled on the main thread only."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
