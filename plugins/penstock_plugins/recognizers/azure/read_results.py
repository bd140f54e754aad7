"""Parse results of Computer Vision Read, with one parser for each shape.

- ``recognitionResults`` (2.0, 2.1): pages with ``clockwiseOrientation`` and words marked ``"Low"``
- ``recognitionResult`` (the older ``recognizeText``): one page without size or angle
- ``analyzeResult.readResults`` (3.0 to 3.2, containers): pages with ``angle`` and confidences
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from penstock.model import Line, Quad, Recognition, Word

HALF_TURN = 180.0
HANDWRITING = "handwriting"

# Exceptions of parsing a result with an unexpected shape.
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class InvalidResult(ValueError):
    """A result without the documented shape."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        return cls(f"the result does not have the documented shape: {error!r}"[:200])


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """One page of a result, in pixels or inches. Width and height are None if the result has none."""

    recognition: Recognition
    width: float | None = None
    height: float | None = None
    unit: str = "pixel"

    @classmethod
    def of(cls, page: Mapping[str, Any], recognition: Recognition) -> Self:
        width, height = _side(page.get("width")), _side(page.get("height"))
        return cls(recognition, width, height, page.get("unit") or "pixel")


@dataclass(frozen=True, slots=True)
class ParsedResult:
    """All pages of a result, and the version of the model if the result contains it."""

    pages: tuple[ParsedPage, ...]
    model: str = ""


def parse_read_result(body: Mapping[str, Any]) -> ParsedResult:
    """Parse a finished operation of any version; its members tell which. Raises InvalidResult."""
    try:
        if "analyzeResult" in body:
            result = body["analyzeResult"]
            model = result.get("modelVersion") or result.get("model-version") or ""
            return ParsedResult(tuple(_page(page, "angle") for page in result["readResults"]), str(model))
        if "recognitionResults" in body:
            pages = body["recognitionResults"]
            return ParsedResult(tuple(_page(page, "clockwiseOrientation") for page in pages))
        return ParsedResult((ParsedPage(_recognition(body["recognitionResult"], angle=None)),))
    except SHAPE_ERRORS as error:
        raise InvalidResult.of(error) from error


def _page(page: Mapping[str, Any], angle_member: str) -> ParsedPage:
    return ParsedPage.of(page, _recognition(page, upright_angle(page.get(angle_member))))


def _recognition(page: Mapping[str, Any], angle: float | None) -> Recognition:
    lines = tuple(line for line in (_line(entry) for entry in page["lines"]) if line.text or line.words)
    return Recognition(lines, angle, language=page.get("language") or None)


def _line(line: Mapping[str, Any]) -> Line:
    words = tuple(_word(word) for word in line.get("words") or () if (word.get("text") or "").strip())
    box = line.get("boundingBox")
    quad = Quad.from_numbers(box) if box else Quad.around(word.quad for word in words)
    text = line.get("text") or " ".join(word.text for word in words)
    handwritten = _handwritten_probability(line.get("appearance"))
    return Line(text, quad, words, handwritten, line.get("language") or None)


def _word(word: Mapping[str, Any]) -> Word:
    confidence = word.get("confidence")
    return Word(
        word["text"], Quad.from_numbers(word["boundingBox"]), probability(confidence), confidence == "Low"
    )


def _handwritten_probability(appearance: Mapping[str, Any] | None) -> float | None:
    """Parse ``{"style": {"name", "confidence"}}``, or the preview of 3.1, where style is a string."""
    if not appearance:
        return None
    style = appearance.get("style")
    if isinstance(style, Mapping):
        return handwritten_probability(style.get("name") == HANDWRITING, style.get("confidence"))
    if style:
        return handwritten_probability(style == HANDWRITING, appearance.get("styleConfidence"))
    return None


def handwritten_probability(is_handwritten: bool, confidence: object) -> float | None:  # noqa: FBT001 - as the services return both
    """Return how probable handwriting is, given a decision and its confidence."""
    sure = probability(confidence)
    if sure is None:
        return None
    return sure if is_handwritten else round(1 - sure, 6)


def probability(value: object) -> float | None:
    """Return a number from 0 to 1, or None for any other value."""
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def upright_angle(value: object) -> float | None:
    """Return an angle in (-180, 180], or None. The services use this range or 0 to 360."""
    number = _number(value)
    if number is None or -HALF_TURN < number <= HALF_TURN:
        return number
    angle = number % (2 * HALF_TURN)
    return angle - 2 * HALF_TURN if angle > HALF_TURN else angle


def _side(value: object) -> float | None:
    """Return the length of a page's side, or None if it is missing or not above 0."""
    number = _number(value)
    return number if number is not None and number > 0 else None


def _number(value: object) -> float | None:
    """Return a finite number. Python also parses NaN and Infinity in JSON, and a bool is an int."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
