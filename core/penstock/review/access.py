"""Let only the reviewers' own browsers through to the review page.

Each request is checked in this order:

1. The ``Host`` header names this machine. A page of another site that made its own name point to this machine
   (DNS rebinding) sends its own name.
2. A request that changes something comes from a page of this server (``Sec-Fetch-Site`` or ``Origin``).
3. The browser has a session. A token in the address is exchanged for one, and removed from the address.
"""

from __future__ import annotations

import html
import ipaddress
from collections.abc import Collection
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.review.plain_pages import paragraph, plain_page
from penstock.review.sessions import Sessions

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
LOGIN = "/login"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
ASK_AGAIN = "open the address that `penstock review` printed when it was started"


class Access:
    """An ASGI application that refuses requests, or hands them to another application.

    The application finds the reviewer's name, which may be empty, in ``request.state.reviewer``.

    Parameters
    ----------
    names
        Names and addresses of this machine, in lower case, that a ``Host`` header may contain.
    any_address
        Whether it may also contain any IP address. These cannot be used for DNS rebinding.
    cookie
        Name of the cookie. Browsers send the cookies of one port to all ports of a machine.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        *,
        names: Collection[str] = LOOPBACK_NAMES,
        any_address: bool = False,
        cookie: str,
    ) -> None:
        self._app, self._sessions, self._cookie = app, sessions, cookie
        self._names, self._any_address = names, any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        request = Request(scope)
        await (self._refusal(request) or self._app)(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that is not handed on; None for one that is."""
        if not self._is_known_host(request.headers.get("host", "")):
            return _refused(request, "this server has another name", ASK_AGAIN)
        if request.method not in SAFE_METHODS and not _comes_from_own_page(request):
            return _refused(request, "the request comes from a page of another site", ASK_AGAIN)
        if request.scope["path"].startswith("/static/"):
            return None
        if (token := request.query_params.get("token")) is not None and request.method in SAFE_METHODS:
            return self._exchange(request, token)
        return self._without_session(request)

    def _is_known_host(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name.rstrip(".") in self._names or (self._any_address and _is_ip_address(name))

    def _exchange(self, request: Request, token: str) -> Response:
        """Answer an address with a token by the same address without it."""
        identity = self._sessions.open_with_token(token)
        if identity is None and self._sessions.find(request.cookies.get(self._cookie)) is None:
            return _refused(request, "the token in this address is not valid", ASK_AGAIN)
        response = RedirectResponse(_address_of(request), 303)
        if identity is not None:
            remember(response, self._cookie, identity)
        return response

    def _without_session(self, request: Request) -> Response | None:
        """Return the answer to a browser without a session, or whose reviewer's name is not known."""
        session = self._sessions.find(request.cookies.get(self._cookie))
        request.state.session = session
        if request.scope["path"] == LOGIN and (session or self._sessions.has_password):
            return None
        if session and session.name is not None:
            request.state.reviewer = session.name
            return None
        if not (session or self._sessions.has_password):
            return _refused(request, "this browser has not opened the address with the token", ASK_AGAIN)
        if _is_for_scripts(request):
            return _refused(request, "you are not signed in", "load the page again to sign in")
        return RedirectResponse(f"{LOGIN}?next={quote(_address_of(request), safe='')}", 303)


def remember(response: Response, cookie: str, identity: str) -> None:
    """Let the browser that gets a response keep a session."""
    response.set_cookie(cookie, identity, httponly=True, samesite="strict")


def _comes_from_own_page(request: Request) -> bool:
    # Browsers send Sec-Fetch-Site only to loopback addresses and over TLS, and Origin with every POST.
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return "://" in origin and origin.partition("://")[2] == request.headers.get("host")


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _address_of(request: Request) -> str:
    """Return the path and query of a request, without a token."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
    return local_path(request.scope["path"]) + (f"?{urlencode(query)}" if query else "")


def local_path(path: str) -> str:
    """Return a path on this server. A browser takes what follows two slashes for the name of a host."""
    return "/" + quote(path.lstrip("/\\"))


def _is_for_scripts(request: Request) -> bool:
    return str(request.scope["path"]).startswith(("/api/", "/pictures/"))


def _refused(request: Request, error: str, hint: str) -> Response:
    if _is_for_scripts(request):
        return JSONResponse({"error": error, "hint": hint}, 403)
    # A link from another site opens a page without the cookie, which the browser sends with the next one.
    again = f'<p><a href="{html.escape(_address_of(request))}">Try again</a></p>'
    return plain_page("Not allowed", paragraph(f"{error[:1].upper()}{error[1:]}: {hint}.") + again, 403)
