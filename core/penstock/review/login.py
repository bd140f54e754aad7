"""The page on which reviewers of a team sign in, with their name and, if there is one, the password."""

from __future__ import annotations

import html
import math
from urllib.parse import parse_qs, quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from penstock.report import counted
from penstock.review.access import local_path, remember
from penstock.review.bodies import read_body
from penstock.review.sessions import Sessions

MAX_NAME = 100
"""Characters of a reviewer's name."""
MAX_FORM = 10_000
"""Bytes of the form."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in: penstock review</title>
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<main class="login">
<h1>Sign in</h1>
<p role="alert">{problem}</p>
<form method="post" action="/login?next={back}">
<p><label>Your name
<input name="name" autocomplete="name" maxlength="100" required value="{name}"></label></p>
{password}
<p>The name is stored with each correction that you make.</p>
<p><button>Sign in</button></p>
</form>
</main>
</body>
</html>
"""
_SECOND_FIELD = (
    '<p><label>Password <input type="password" name="password" autocomplete="current-password" required>'
    "</label></p>"
)


class Login:
    """The two requests of the page: to see it, and to sign in."""

    def __init__(self, sessions: Sessions, cookie: str) -> None:
        self._sessions, self._cookie = sessions, cookie

    async def show(self, request: Request) -> Response:
        """Show the form."""
        return self._form(request, "")

    async def sign_in(self, request: Request) -> Response:
        """Open a session, or name the reviewer of the one that was opened with a token."""
        form = parse_qs((await read_body(request, MAX_FORM)).decode("utf-8", "replace"))
        given = "".join(character for character in form.get("name", [""])[0] if character.isprintable())
        name = given.strip()[:MAX_NAME]
        if not name:
            return self._form(request, "Enter your name.", status=400)
        response = RedirectResponse(_next_of(request), 303)
        if request.state.session is not None:
            request.state.session.name = name
            return response
        address = request.client.host if request.client else ""
        if seconds := math.ceil(self._sessions.seconds_to_wait(address)):
            wait = f"There were too many wrong passwords. Wait {counted(seconds, 'second')}."
            return self._form(request, wait, name=name, status=429)
        identity = self._sessions.open_with_password(form.get("password", [""])[0], name)
        if identity is None:
            self._sessions.note_wrong_password(address)
            return self._form(request, "The password is wrong.", name=name, status=403)
        remember(response, self._cookie, identity)
        return response

    def _form(self, request: Request, problem: str, *, name: str = "", status: int = 200) -> Response:
        page = _PAGE.format(
            problem=html.escape(problem),
            back=quote(_next_of(request), safe=""),
            name=html.escape(name),
            password="" if request.state.session is not None else _SECOND_FIELD,
        )
        return HTMLResponse(page, status)


def _next_of(request: Request) -> str:
    """Return the address on this server to go on to."""
    wanted = request.query_params.get("next", "/")
    path, _, query = wanted.partition("?")
    return local_path(unquote(path)) + (f"?{quote(query, safe='=&%')}" if query else "")
