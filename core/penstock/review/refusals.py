"""Requests that do not follow the interface, with the status of HTTP that says why."""

from __future__ import annotations

from typing import ClassVar

from penstock.errors import PenstockError


class BadRequest(PenstockError):
    """The request is not what the interface describes."""

    status: ClassVar[int] = 400


class TooLarge(BadRequest):
    """The request has more bytes than are read."""

    status = 413


class NotJson(BadRequest):
    """The request's body is not declared as JSON."""

    status = 415
