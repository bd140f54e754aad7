"""A recognizer for a service's own submit/poll API: a model for anyone who brings another one.

What is peculiar to the service stands in `Quill.submit`, `Quill.poll` and `meaning_of`; how its answers and
failures become penstock's words is the same everywhere. Nothing here waits, retries or counts: the engine
does, by the `Limits` and by which error is raised.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from penstock import Limits, Line, Operation, Page, Pending, Quad, Recognition, Word, hookimpl
from penstock.errors import InDoubt, OperationLost, PageRefused, RecognizerError, StopRun, TryAgain
from penstock.images import open_upright
from penstock.secret import Secret

LARGEST = 4000
"""Pixels along a side that the service takes."""


@dataclass(eq=False)
class Quill:
    """Reads pages by the Quill service: a toy, see quill_server.py.

    Parameters
    ----------
    url
        Where the service is.
    token
        From the environment only; QUILL_TOKEN if left out.
    calls_per_second
        What the account bears.
    timeout
        Seconds that the service may be silent before a call is given up.
    """

    url: str = "http://127.0.0.1:8765"
    token: Secret | None = field(default=None, repr=False, metadata={"env": "QUILL_TOKEN"})
    calls_per_second: float = 20.0
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if self.token is None:
            raise ValueError("there is no token: set QUILL_TOKEN")

    @hookimpl
    def limits(self) -> Limits:
        """The engine keeps to them, and asks for each page when it will probably be ready."""
        return Limits(calls_per_second=self.calls_per_second, first_poll=0.2, poll_interval=(0.2, 2.0))

    @hookimpl
    def submit(self, page: Page) -> Operation:
        """Send one page, upright and no larger than the service takes."""
        with open_upright(page, longest_side=LARGEST) as picture:
            content = io.BytesIO()
            picture.save(content, "PNG")
            # Answers are in the pixels that were sent; poll, perhaps of another process, undoes that.
            scale = [page.width / picture.width, page.height / picture.height]
        answer = self._call("POST", "/pages", content.getvalue(), lost=InDoubt)
        return Operation({"ticket": answer["ticket"], "scale": scale}, durable=True)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        """Ask once for the page's result."""
        answer = self._call("GET", f"/pages/{operation.data['ticket']}", lost=TryAgain)
        return meaning_of(answer, operation.data["scale"])

    def _call(
        self, method: str, path: str, body: bytes | None = None, *, lost: type[RecognizerError]
    ) -> dict[str, Any]:
        """One call. Whether a lost answer leaves a page in doubt depends on what was asked."""
        import requests

        token = self.token.reveal() if self.token else ""
        try:
            answer = requests.request(
                method,
                f"{self.url}{path}",
                data=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.exceptions.ConnectTimeout as error:
            raise TryAgain("the Quill service cannot be reached", "check the url") from error
        except requests.exceptions.ConnectionError as error:
            if "NewConnectionError" in str(error):
                raise TryAgain("the Quill service cannot be reached", "check the url") from error
            raise lost("the connection to the Quill service broke") from error
        except requests.exceptions.RequestException as error:
            raise lost(f"the Quill service did not answer ({type(error).__name__})") from error
        return checked(answer.status_code, answer.headers.get("Retry-After", ""), answer.content)


def checked(status: int, retry_after: str, content: bytes) -> dict[str, Any]:
    """A call's answer, or the error that it stands for."""
    import json

    try:
        answer: dict[str, Any] = json.loads(content)
    except ValueError:
        answer = {}
    why, code = str(answer.get("why", "")), str(status)
    if status in (HTTPStatus.OK, HTTPStatus.ACCEPTED) and answer:
        return answer
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise StopRun(f"the Quill service refuses the token: {why}", "check QUILL_TOKEN", code=code)
    if status == HTTPStatus.NOT_FOUND:
        raise OperationLost(f"the Quill service has forgotten the page: {why}", code=code)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        seconds = float(retry_after) if retry_after.isdecimal() else None
        raise TryAgain(f"the Quill service is busy: {why}", code=code, retry_after=seconds)
    raise PageRefused(f"the Quill service refuses the page: {why or 'it did not say why'}", code=code)


def meaning_of(answer: dict[str, Any], scale: list[float]) -> Recognition | Pending:
    """What a ticket's state means."""
    if answer.get("state") == "reading":
        return Pending(answer.get("ask_again_in"))
    if answer.get("state") != "read":
        raise PageRefused(f"the Quill service could not read the page: {answer.get('why')}")
    lines = []
    for line in answer["lines"]:
        left, top, right, bottom = line["box"]
        quad = Quad.from_box(left * scale[0], top * scale[1], right * scale[0], bottom * scale[1])
        word = Word(line["text"], quad, line.get("sure"))
        lines.append(Line(line["text"], quad, (word,)))
    return Recognition(tuple(lines), recognizer="quill 1")
