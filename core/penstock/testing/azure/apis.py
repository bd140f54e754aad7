"""The APIs that the server speaks: their paths, states and bodies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.model import Recognition
from penstock.testing.azure.bodies import document_body, read_2_body, read_3_body, recognize_text_body

Body = Callable[[Recognition, int, int, int], dict[str, Any]]
"""Makes a result's body from a recognition, the picture's width and height, and the number of pages."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API."""

    submit_path: re.Pattern[str]
    result_path: str  # with ``{version}`` and ``{id}``
    states: tuple[str, str, str]  # its words for running, succeeded and failed
    body: Body


_CAPITALIZED = ("Running", "Succeeded", "Failed")
_LOWER = ("running", "succeeded", "failed")

APIS = (
    Api(
        re.compile(r"/vision/v(2\.[01])/read/core/asyncBatchAnalyze"),
        "/vision/v{version}/read/operations/{id}",
        _CAPITALIZED,
        read_2_body,
    ),
    Api(
        re.compile(r"/vision/v(2\.[01])/recognizeText"),
        "/vision/v{version}/textOperations/{id}",
        _CAPITALIZED,
        recognize_text_body,
    ),
    Api(
        re.compile(r"/vision/v(3\.[012])/read/analyze"),
        "/vision/v{version}/read/analyzeResults/{id}",
        _LOWER,
        read_3_body,
    ),
    Api(
        re.compile(r"/(documentintelligence|formrecognizer)/documentModels/prebuilt-read:analyze"),
        "/{version}/documentModels/prebuilt-read/analyzeResults/{id}?api-version=2024-11-30",
        _LOWER,
        document_body,
    ),
)


def api_of(path: str) -> tuple[Api, str] | None:
    """Return the API of a submit's path, and the template of its result's path with ``{id}``."""
    for api in APIS:
        found = api.submit_path.fullmatch(path)
        if found:
            return api, api.result_path.replace("{version}", found[1])
    return None
