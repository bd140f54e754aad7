"""The routes of the review page: its HTML, the interface in JSON, and pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from penstock.errors import PenstockError, PictureError
from penstock.json_form import Form
from penstock.model import Page
from penstock.review.access import LOGIN
from penstock.review.bodies import read_json
from penstock.review.contents import Contents
from penstock.review.errors import EditConflict, EditRefused, NotFound
from penstock.review.login import Login
from penstock.review.refusals import BadRequest
from penstock.review.sessions import Sessions

if TYPE_CHECKING:
    from penstock.review.pictures import Pictures

STATIC = Path(__file__).parent / "static"
MAX_LIMIT = 500
"""Documents or pages in one answer."""
MAX_NUMBER = 2**31
"""Above every page number and coordinate."""
DECODERS = 4
"""Threads that decode pictures. Text is answered by others, and never waits for a picture."""
REVALIDATED = {"cache-control": "private, no-cache"}


def create_app(contents: Contents, sessions: Sessions, *, cookie: str) -> Starlette:
    """Return the application, which has to be wrapped in `Access`."""
    login, interface, pictures = Login(sessions, cookie), _Interface(contents), _PictureRoutes(contents)
    page = "/documents/{key}/pages/{number}"
    return Starlette(
        routes=[
            Route("/", _html("list.html")),
            Route("/documents/{key}", _html("document.html")),
            Route(page, _html("review.html")),
            Route(LOGIN, login.show, methods=["GET"]),
            Route(LOGIN, login.sign_in, methods=["POST"]),
            Mount("/static", _StaticFiles(directory=STATIC, check_dir=False)),
            *interface.routes("/api" + page),
            *pictures.routes("/pictures/{key}/{number}"),
        ],
        exception_handlers={
            HTTPException: _answer_http_error,
            PenstockError: _answer_error,
            Exception: _answer_bug,
        },
    )


class Json(JSONResponse):
    """JSON in ASCII: a recognized text may have half of a character, which UTF-8 cannot hold."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class _Interface:
    """The interface in JSON."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def routes(self, page: str) -> list[Route]:
        return [
            Route("/api/documents", self._documents),
            Route("/api/documents/{key}/pages", self._pages),
            Route("/api/documents/{key}/words", self._words, methods=["GET"]),
            Route("/api/documents/{key}/words", self._mend_words, methods=["POST"]),
            Route("/api/documents/{key}/write", self._write, methods=["POST"]),
            Route(page, self._page),
            Route(f"{page}/history", self._history),
            Route(f"{page}/edits", self._edit, methods=["POST"]),
        ]

    # Starlette calls functions that are not asynchronous on a thread of their own.

    def _documents(self, request: Request) -> Response:
        query = request.query_params
        after, text = query.get("after"), query.get("text", "")
        return Json(self._contents.listed(after=after, limit=_limit(query, 50), text=text))

    def _pages(self, request: Request) -> Response:
        query = request.query_params
        after = _whole(query, "after", default=0)
        return Json(self._contents.pages(_key(request), after=after, limit=_limit(query, 100)))

    def _page(self, request: Request) -> Response:
        form = self._contents.page(_key(request), _number(request))
        return Json({**form, "reviewer": request.state.reviewer})

    def _history(self, request: Request) -> Response:
        return Json(self._contents.history(_key(request), _number(request)))

    def _words(self, request: Request) -> Response:
        text = request.query_params.get("text", "")
        if not text:
            raise BadRequest("text must be a word")
        return Json(self._contents.words(_key(request), text))

    async def _edit(self, request: Request) -> Response:
        edit = partial(self._contents.edit, _key(request), _number(request), who=request.state.reviewer)
        return await _changed(edit, await read_json(request))

    async def _mend_words(self, request: Request) -> Response:
        mend = partial(self._contents.mend_words, _key(request), who=request.state.reviewer)
        return await _changed(mend, await read_json(request))

    async def _write(self, request: Request) -> Response:
        await read_json(request)
        return Json(await run_sync(self._contents.write, _key(request)))


class _PictureRoutes:
    """Pictures of pages."""

    def __init__(self, contents: Contents) -> None:
        self._contents, self._decoders = contents, anyio.CapacityLimiter(DECODERS)

    @cached_property
    def _pictures(self) -> Pictures:
        # Decoders are imported when the first page is shown already.
        from penstock.review.pictures import Pictures

        return Pictures()

    def routes(self, page: str) -> list[Route]:
        return [
            Route(f"{page}/thumbnail.jpg", self._thumbnail),
            Route(f"{page}/part.jpg", self._part),
            Route(f"{page}/{{level}}/{{column}}_{{row}}.jpg", self._tile),
        ]

    async def _thumbnail(self, request: Request) -> Response:
        return await self._answer(request, self._pictures.thumbnail)

    async def _tile(self, request: Request) -> Response:
        level, x, y = (_whole(request.path_params, name) for name in ("level", "column", "row"))
        return await self._answer(request, lambda page: self._pictures.tile(page, level, x, y))

    async def _part(self, request: Request) -> Response:
        from penstock.review.pictures import Box

        query = request.query_params
        box = Box(*(_real(query, name) for name in ("x", "y", "width", "height")))
        scale = _real(query, "scale", default=1.0)
        if min(box.width, box.height, scale) <= 0:
            raise BadRequest("width, height and scale must be more than 0")
        return await self._answer(request, lambda page: self._pictures.part(page, box, scale))

    async def _answer(self, request: Request, draw: Callable[[Page], bytes | None]) -> Response:
        from penstock.review.pictures import etag_of

        page = await run_sync(self._contents.picture, _key(request), _number(request))
        headers = {"etag": etag_of(page), "cache-control": "private, max-age=600"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        drawn = await run_sync(draw, page, limiter=self._decoders)
        if drawn is None:
            raise NotFound("the picture has no such tile", "load the page again")
        return Response(drawn, media_type="image/jpeg", headers=headers)


class _StaticFiles(StaticFiles):
    """The files of the page. Browsers ask again whether a file has changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATED)
        return response


def _html(name: str) -> Callable[[Request], Any]:
    async def show(_: Request) -> Response:
        return FileResponse(STATIC / name, headers=REVALIDATED)

    return show


async def _changed(change: Callable[[Form], Form], form: Form) -> Response:
    # A request that was answered must have been stored, so the thread is not given up with the connection.
    return Json(await run_sync(change, form))


def _key(request: Request) -> str:
    return str(request.path_params["key"])


def _number(request: Request) -> int:
    """Return the page's number. Raises NotFound for anything else in the path."""
    try:
        return _whole(request.path_params, "number")
    except BadRequest as error:
        raise NotFound("there is no such page", "go back to the list of documents") from error


def _limit(query: Mapping[str, str], default: int) -> int:
    return min(MAX_LIMIT, max(1, _whole(query, "limit", default=default)))


def _whole(values: Mapping[str, str], name: str, *, default: int | None = None) -> int:
    """Return a whole number from 0 on. Raises BadRequest for anything else."""
    text = values.get(name)
    if text is None and default is not None:
        return default
    if not text or len(text) > 10 or not (text.isascii() and text.isdigit()) or int(text) >= MAX_NUMBER:
        raise BadRequest(f"{name} must be a whole number from 0 on, got {(text or '')[:40]!r}")
    return int(text)


def _real(values: Mapping[str, str], name: str, *, default: float | None = None) -> float:
    """Return a number. Raises BadRequest for text, infinity and numbers that no picture has."""
    text = values.get(name)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) < MAX_NUMBER:
        raise BadRequest(f"{name} must be a number, got {(text or '')[:40]!r}")
    return value


async def _answer_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  as it is registered
    return Json({"error": error.detail.lower(), "hint": ""}, error.status_code, error.headers)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PenstockError)  # noqa: S101  as it is registered
    form: Form = {"error": error.message, "hint": error.hint}
    if isinstance(error, EditConflict):
        form["page"] = {**error.page, "reviewer": request.state.reviewer}
    return Json(form, _status_of(error))


def _status_of(error: PenstockError) -> int:
    if isinstance(error, BadRequest):
        return error.status
    if isinstance(error, (NotFound, PictureError)):
        return 404
    return 400 if isinstance(error, EditRefused) else 409


async def _answer_bug(_: Request, error: Exception) -> Response:
    what = f"internal error: {type(error).__name__}"
    return Json({"error": what, "hint": "report what `penstock review` printed"}, 500)
