"""The page on which reviewers of a team sign in, with their name and, if there is one, the password."""

from __future__ import annotations

import html
import math
from urllib.parse import parse_qs, quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from penstock.report import counted
from penstock.review.access import local_path, remember
from penstock.review.bodies import read_body
from penstock.review.plain_pages import paragraph, plain_page
from penstock.review.sessions import Sessions

MAX_NAME = 100
"""Characters of a reviewer's name."""
MAX_FORM = 10_000
"""Bytes of the form."""

_FORM = """
<form method="post" action="/login?next={back}">
<p><label>Your name
<input name="name" autocomplete="name" maxlength="100" required value="{name}"></label></p>
{secret}
<p class="quiet">The name is stored with each correction that you make.</p>
<p><button>Sign in</button></p>
</form>
"""
_SECOND_FIELD = (
    '<p><label>Password <input type="password" name="password" autocomplete="current-password" required>'
    "</label></p>"
)
_SIGNED_IN = """
<p><a href="{next}">I have signed in before</a></p>
"""


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
        onward, knows_secret = _next_of(request), request.state.session is not None
        content = (paragraph(problem, kind="problem") if problem else "") + _FORM.format(
            back=quote(onward, safe=""),
            name=html.escape(name),
            secret="" if knows_secret else _SECOND_FIELD,
        )
        if not (knows_secret or problem):
            # A link on another site opens this page, because it sends no cookie. A link on this page does.
            content += _SIGNED_IN.format(next=html.escape(onward))
        return plain_page("Sign in", content, status)


def _next_of(request: Request) -> str:
    """Return the address on this server to go on to."""
    wanted = request.query_params.get("next", "/")
    path, _, query = wanted.partition("?")
    return local_path(unquote(path)) + (f"?{quote(query, safe='=&%')}" if query else "")
