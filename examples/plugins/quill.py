"""A recognizer for a service with submit and poll: an example to copy for other services.

`Quill.submit`, `Quill.poll` and `result_of` are specific to the service. The translation of its errors is
much the same for every service. Nothing here waits, retries or counts calls: the engine does, according to
`Limits` and to the error that is raised.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from penstock import (
    InDoubt,
    Limits,
    Line,
    Operation,
    OperationLost,
    Page,
    PageRefused,
    Pending,
    Quad,
    Recognition,
    RecognizerError,
    Secret,
    StopRun,
    TryAgain,
    Unreachable,
    Word,
    hookimpl,
    open_upright,
)

LARGEST = 4000
"""The longest side of a picture that the service accepts, in pixels."""
NOT_CONNECTED = ("ConnectTimeoutError", "NewConnectionError", "NameResolutionError")
"""Errors of connections that were never made, as the messages of requests name them."""


@dataclass(eq=False)
class Quill:
    """Recognizes pages with the Quill service; quill_server.py is a fake of it.

    Parameters
    ----------
    url
        URL of the service.
    token
        The account's token, from the environment; by default from QUILL_TOKEN.
    calls_per_second
        The account's rate limit.
    timeout
        Seconds after which a call without a response fails.
    """

    url: str = "http://127.0.0.1:8765"
    token: Secret | None = field(default=None, repr=False, metadata={"env": "QUILL_TOKEN"})
    calls_per_second: float = 20.0
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if self.token is None:
            raise ValueError("token must be set: set QUILL_TOKEN")

    @hookimpl
    def limits(self) -> Limits:
        """Return the limits that the engine enforces."""
        return Limits(calls_per_second=self.calls_per_second, first_poll=0.2, poll_interval=(0.2, 2.0))

    @hookimpl
    def submit(self, page: Page) -> Operation:
        """Send one page, upright and no larger than the service accepts."""
        with open_upright(page, longest_side=LARGEST) as picture:
            content = io.BytesIO()
            picture.save(content, "PNG")
            # Results are in pixels of the picture that was sent. Another process may have to undo that.
            scale = [page.width / picture.width, page.height / picture.height]
        response = self._call("POST", "/pages", content.getvalue(), lost=InDoubt)
        return Operation({"job": response["job"], "scale": scale}, durable=True)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        """Ask once for the page's result."""
        response = self._call("GET", f"/pages/{operation.data['job']}", lost=TryAgain)
        return result_of(response, operation.data["scale"])

    def _call(
        self, method: str, path: str, body: bytes | None = None, *, lost: type[RecognizerError]
    ) -> dict[str, Any]:
        """Make one call. Raise `lost` if it was sent and its response was lost.

        A lost response to a submit leaves the page in doubt; a poll can be repeated.
        """
        import requests

        token = self.token.reveal() if self.token else ""
        try:
            response = requests.request(
                method,
                f"{self.url}{path}",
                data=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.exceptions.ConnectionError as error:
            if any(name in str(error) for name in NOT_CONNECTED):
                raise Unreachable("the Quill service cannot be reached", "check the url") from error
            raise lost("the connection to the Quill service broke") from error
        except requests.exceptions.RequestException as error:
            raise lost(f"the Quill service did not respond ({type(error).__name__})") from error
        return checked(response.status_code, response.headers.get("Retry-After", ""), response.content)


def checked(status: int, retry_after: str, content: bytes) -> dict[str, Any]:
    """Return the body of a response, or raise its error."""
    import json

    try:
        answer: dict[str, Any] = json.loads(content)
    except ValueError:
        answer = {}
    why, code = str(answer.get("why", "")), str(status)
    if status in (HTTPStatus.OK, HTTPStatus.ACCEPTED) and answer:
        return answer
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise StopRun(f"the Quill service refused the token: {why}", "check QUILL_TOKEN", code=code)
    if status == HTTPStatus.NOT_FOUND:
        raise OperationLost(f"the Quill service does not know the page: {why}", code=code)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        seconds = float(retry_after) if retry_after.isdecimal() else None
        raise TryAgain(f"the Quill service is busy: {why}", code=code, retry_after=seconds)
    raise PageRefused(f"the Quill service refused the page: {why or 'no reason given'}", code=code)


def result_of(answer: dict[str, Any], scale: list[float]) -> Recognition | Pending:
    """Return the result in a job's state."""
    if answer.get("state") == "running":
        return Pending(answer.get("poll_after"))
    if answer.get("state") != "done":
        raise PageRefused(f"the Quill service could not recognize the page: {answer.get('why')}")
    lines = []
    for line in answer["lines"]:
        left, top, right, bottom = line["box"]
        quad = Quad.from_box(left * scale[0], top * scale[1], right * scale[0], bottom * scale[1])
        word = Word(line["text"], quad, line.get("confidence"))
        lines.append(Line(line["text"], quad, (word,)))
    return Recognition(tuple(lines), recognizer="quill 1")
