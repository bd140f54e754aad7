"""A review page of a single picture, served on the loopback interface."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from penstock.model import Page
from penstock.review.errors import EditConflict, NotFound
from penstock.review.serving import server_of
from penstock.review.sessions import Sessions

KEY = "0-5"


@dataclass
class OnePage:
    """The contents of a review page: one document with one page."""

    page_of_picture: Page | None = None
    text: str = "Dear Anna"
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def listed(self, *, after: str | None, limit: int, text: str) -> dict[str, Any]:
        self.calls.append(("documents", after, limit, text))
        return {"documents": [{"key": KEY, "name": "letter"}], "next": None, "total": 1}

    def pages(self, key: str, *, after: int, limit: int) -> dict[str, Any]:
        self._check(key)
        return {"name": "letter", "pages": [{"number": 1}], "next": None}

    def page(self, key: str, number: int) -> dict[str, Any]:
        self._check(key, number)
        return {"number": 1, "lines": [{"text": self.text}]}

    def picture(self, key: str, number: int) -> Page:
        self._check(key, number)
        assert self.page_of_picture is not None
        return self.page_of_picture

    def edit(self, key: str, number: int, form: dict[str, Any], *, who: str) -> dict[str, Any]:
        self._check(key, number)
        if form.get("before") != self.text:
            raise EditConflict("the page was changed meanwhile", "", self.page(key, number))
        self.calls.append(("edit", who))
        self.text = form["after"]
        return {"lines": [{"text": self.text}]}

    def history(self, key: str, number: int) -> dict[str, Any]:
        return {"edits": []}

    def words(self, key: str, text: str) -> dict[str, Any]:
        return {"words": [{"page": 1, "line": 0, "word": 0, "context": text}]}

    def mend_words(self, key: str, form: dict[str, Any], *, who: str) -> dict[str, Any]:
        return {"changed": len(form["words"]), "left": []}

    def write(self, key: str) -> dict[str, Any]:
        return {"written": ["letter.pdf"], "problems": []}

    def _check(self, key: str, number: int = 1) -> None:
        if (key, number) != (KEY, 1):
            raise NotFound("there is no such page", "")


@dataclass
class Served:
    """A running server, and a browser that has opened no address yet."""

    url: str
    contents: OnePage
    sessions: Sessions
    browser: requests.Session

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.browser.get(self.url + path, timeout=20, **options)

    def post(
        self, path: str, json: Any = None, *, origin: str | None = "", **options: Any
    ) -> requests.Response:
        headers = options.pop("headers", {}) | ({} if origin is None else {"Origin": origin or self.url})
        return self.browser.post(self.url + path, json=json, headers=headers, timeout=20, **options)

    def status_of(self, path: str, host: str | None = None) -> int:
        """Return the status of the answer to a path as it is given, with the cookies of the browser."""
        return self.raw(path, host).status

    def raw(self, path: str, host: str | None = None) -> http.client.HTTPResponse:
        """Send a path as it is given. The body must not be read."""
        address = urlsplit(self.url)
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.browser.cookies)
        with closing(http.client.HTTPConnection(address.netloc, timeout=20)) as connection:
            connection.request(
                "GET", path, headers={"Cookie": cookies} | ({"Host": host} if host is not None else {})
            )
            return connection.getresponse()

    def enter(self) -> None:
        """Open the address with the token."""
        self.get(f"/api/documents?token={self.sessions.token}").raise_for_status()


@contextmanager
def served(
    contents: OnePage, sessions: Sessions | None = None, *, host: str | None = None
) -> Iterator[Served]:
    """Serve a review page on a thread."""
    sessions = sessions or Sessions()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = server_of(contents, sessions, port=port, host=host)
    thread = threading.Thread(target=server.run, args=[[listener]])
    thread.start()
    try:
        with requests.Session() as browser:
            browser.trust_env = False
            yield Served(f"http://127.0.0.1:{port}", contents, sessions, browser)
    finally:
        server.should_exit = True
        thread.join()
