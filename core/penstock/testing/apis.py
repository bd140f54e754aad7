"""The APIs that the service on loopback speaks: their addresses, states and bodies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.model import Recognition
from penstock.testing.shapes import document_body, read_2_body, read_3_body, recognize_text_body

Body = Callable[[Recognition, int, int, int], dict[str, Any]]
"""Makes a finished operation's body from what was read, the picture's width and height, and its pages."""


@dataclass(frozen=True, slots=True)
class Api:
    """One of them.

    Parameters
    ----------
    submits
        Matches a submit's path.
    result
        The path of an operation's result, ``{id}`` in it.
    states
        What it calls running, succeeded and failed.
    """

    submits: re.Pattern[str]
    result: str
    states: tuple[str, str, str]
    body: Body


_CAPITALS = ("Running", "Succeeded", "Failed")
_SMALL = ("running", "succeeded", "failed")

APIS = (
    Api(
        re.compile(r"/vision/v(2\.[01])/read/core/asyncBatchAnalyze"),
        "/vision/v{version}/read/operations/{id}",
        _CAPITALS,
        read_2_body,
    ),
    Api(
        re.compile(r"/vision/v(2\.[01])/recognizeText"),
        "/vision/v{version}/textOperations/{id}",
        _CAPITALS,
        recognize_text_body,
    ),
    Api(
        re.compile(r"/vision/v(3\.[012])/read/analyze"),
        "/vision/v{version}/read/analyzeResults/{id}",
        _SMALL,
        read_3_body,
    ),
    Api(
        re.compile(r"/(documentintelligence|formrecognizer)/documentModels/prebuilt-read:analyze"),
        "/{version}/documentModels/prebuilt-read/analyzeResults/{id}?api-version=2024-11-30",
        _SMALL,
        document_body,
    ),
)


def api_of(path: str) -> tuple[Api, str] | None:
    """The API that a submit's path belongs to, and the path of its results with ``{id}`` left open."""
    for api in APIS:
        found = api.submits.fullmatch(path)
        if found:
            return api, api.result.replace("{version}", found[1])
    return None
