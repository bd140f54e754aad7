"""Parse results of Computer Vision Read, with one parser for each shape.

- ``recognitionResults`` (2.0, 2.1): pages with ``clockwiseOrientation`` and words marked ``"Low"``
- ``recognitionResult`` (the older ``recognizeText``): one page without size or angle
- ``analyzeResult.readResults`` (3.0 to 3.2, containers): pages with ``angle`` and confidences
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from penstock.model import Line, Recognition
from penstock.transcriptions.answer_members import (
    LeftOut,
    ParsedWord,
    entries,
    number_of,
    placed_line,
    probability,
    quad_of,
    text_of,
    text_or_none,
)

HALF_TURN = 180.0
PAGE_NUMBERS = ("page", "pageNumber", "page_number")
HANDWRITING = "handwriting"

# Exceptions of parsing a result with an unexpected shape.
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def shape_reason(error: Exception) -> str:
    """Return what is wrong with a result, as a clause without the name of the exception."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


class InvalidResult(ValueError):
    """A result without the documented shape."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        return cls(f"the result does not have the documented shape: {shape_reason(error)}"[:200])


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """One page of a result, in pixels or inches. Width and height are None if the result has none."""

    recognition: Recognition
    width: float | None = None
    height: float | None = None
    unit: str = "pixel"
    number: int | None = None

    @classmethod
    def of(cls, page: Mapping[str, Any], recognition: Recognition) -> Self:
        width, height = _side(page.get("width")), _side(page.get("height"))
        number = next((page[name] for name in PAGE_NUMBERS if isinstance(page.get(name), int)), None)
        return cls(recognition, width, height, text_of(page.get("unit")) or "pixel", number)


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
            model = text_of(result.get("modelVersion") or result.get("model-version"))
            # A page without text can be a result without pages.
            pages = result["readResults"] or ()
            return ParsedResult(tuple(_page(page, "angle") for page in pages), model)
        if "recognitionResults" in body:
            pages = body["recognitionResults"] or ()
            return ParsedResult(tuple(_page(page, "clockwiseOrientation") for page in pages))
        return ParsedResult((ParsedPage(_recognition(body["recognitionResult"], angle=None)),))
    except SHAPE_ERRORS as error:
        raise InvalidResult.of(error) from error


def _page(page: Mapping[str, Any], angle_member: str) -> ParsedPage:
    return ParsedPage.of(page, _recognition(page, upright_angle(page.get(angle_member))))


def _recognition(page: Mapping[str, Any], angle: float | None) -> Recognition:
    left_out = LeftOut()
    lines = [_line(entry, left_out) for entry in entries(page.get("lines"), left_out)]
    kept = tuple(line for line in lines if line)
    return Recognition(kept, angle, language=text_or_none(page.get("language")), note=left_out.note)


def _line(line: Mapping[str, Any], left_out: LeftOut) -> Line | None:
    words = [_word(word) for word in entries(line.get("words"), left_out)]
    return placed_line(
        text_of(line.get("text")),
        quad_of(line.get("boundingBox")),
        [word for word in words if word.text],
        left_out,
        _handwritten_probability(line.get("appearance")),
        text_or_none(line.get("language")),
    )


def _word(word: Mapping[str, Any]) -> ParsedWord:
    confidence = word.get("confidence")
    place = quad_of(word.get("boundingBox"))
    return ParsedWord(text_of(word.get("text")), place, probability(confidence), confidence == "Low")


def _handwritten_probability(appearance: object) -> float | None:
    """Parse ``{"style": {"name", "confidence"}}``, or the preview of 3.1, where style is a string."""
    if not isinstance(appearance, Mapping):
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


def upright_angle(value: object) -> float | None:
    """Return an angle in (-180, 180], or None. The services use this range or 0 to 360."""
    number = number_of(value)
    if number is None or -HALF_TURN < number <= HALF_TURN:
        return number
    angle = number % (2 * HALF_TURN)
    return angle - 2 * HALF_TURN if angle > HALF_TURN else angle


def _side(value: object) -> float | None:
    """Return the length of a page's side, or None if it is missing or not above 0."""
    number = number_of(value)
    return number if number is not None and number > 0 else None
