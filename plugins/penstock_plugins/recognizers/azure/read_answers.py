"""What Computer Vision Read answers with: one parser per shape.

- ``recognitionResults`` (2.0, 2.1): a list of pages, ``clockwiseOrientation``, words flagged ``"Low"``
- ``recognitionResult`` (the older ``recognizeText``): one page without size or angle
- ``analyzeResult.readResults`` (3.0 to 3.2, containers): a list of pages, ``angle``, confidences
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.model import Line, Quad, Recognition, Word

HALF_TURN = 180.0
HANDWRITING = "handwriting"


BROKEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What reading a result of another shape raises."""


class UnreadableResult(ValueError):
    """A result that is not of the shape that its service promises."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """One page of a result, its places in the result's own frame.

    Parameters
    ----------
    width, height
        Of that frame, in ``unit``; None where the shape does not say.
    unit
        ``pixel`` or ``inch``.
    """

    recognition: Recognition
    width: float | None = None
    height: float | None = None
    unit: str = "pixel"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Every page of a result, and the model that read it, where the service said so."""

    pages: tuple[PageResult, ...]
    model: str = ""


def parse_read_result(body: Mapping[str, Any]) -> ReadResult:
    """Parse a finished operation of any version, by what it holds.

    Raises UnreadableResult.
    """
    try:
        if "analyzeResult" in body:
            return _read_results(body["analyzeResult"])
        if "recognitionResults" in body:
            return ReadResult(tuple(_page_of_2(page) for page in body["recognitionResults"]))
        return ReadResult((PageResult(_recognition(body["recognitionResult"], angle=None)),))
    except BROKEN as error:
        raise UnreadableResult(f"the result is not of the promised shape: {error!r}"[:200]) from error


def _read_results(result: Mapping[str, Any]) -> ReadResult:
    model = result.get("modelVersion") or result.get("model-version") or ""
    return ReadResult(tuple(_page_of_3(page) for page in result["readResults"]), str(model))


def _page_of_2(page: Mapping[str, Any]) -> PageResult:
    return _page(page, _recognition(page, upright_angle(page.get("clockwiseOrientation"))))


def _page_of_3(page: Mapping[str, Any]) -> PageResult:
    return _page(page, _recognition(page, upright_angle(page.get("angle"))))


def _page(page: Mapping[str, Any], recognition: Recognition) -> PageResult:
    return PageResult(
        recognition, size_of(page.get("width")), size_of(page.get("height")), page.get("unit") or "pixel"
    )


def _recognition(page: Mapping[str, Any], angle: float | None) -> Recognition:
    lines = tuple(line for line in (_line(entry) for entry in page["lines"]) if line.text or line.words)
    return Recognition(lines, angle, language=page.get("language") or None)


def _line(line: Mapping[str, Any]) -> Line:
    words = tuple(_word(word) for word in line.get("words") or () if (word.get("text") or "").strip())
    box = line.get("boundingBox")
    quad = Quad.from_numbers(box) if box else Quad.around(word.quad for word in words)
    text = line.get("text") or " ".join(word.text for word in words)
    return Line(text, quad, words, _handwritten(line.get("appearance")), line.get("language") or None)


def _word(word: Mapping[str, Any]) -> Word:
    certainty = word.get("confidence")
    return Word(
        word["text"], Quad.from_numbers(word["boundingBox"]), probability(certainty), certainty == "Low"
    )


def _handwritten(appearance: Mapping[str, Any] | None) -> float | None:
    """From ``{"style": {"name", "confidence"}}``, or as 3.1's preview wrote it, with a plain string."""
    if not appearance:
        return None
    style = appearance.get("style")
    if isinstance(style, Mapping):
        return handwriting(style.get("name") == HANDWRITING, style.get("confidence"))
    return handwriting(style == HANDWRITING, appearance.get("styleConfidence")) if style else None


def handwriting(by_hand: bool, certainty: object) -> float | None:  # noqa: FBT001 - both as the service says them
    """How probable handwriting is, from a verdict between two styles and how certain it is."""
    sure = probability(certainty)
    if sure is None:
        return None
    return sure if by_hand else round(1 - sure, 6)


def probability(value: object) -> float | None:
    """A number from 0 to 1, or None for whatever else the service put there."""
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def upright_angle(value: object) -> float | None:
    """An angle in (-180, 180], from the services' two conventions; None if it is not said."""
    number = _number(value)
    if number is None or -HALF_TURN < number <= HALF_TURN:
        return number
    turned = number % (2 * HALF_TURN)
    return turned - 2 * HALF_TURN if turned > HALF_TURN else turned


def size_of(value: object) -> float | None:
    """A side's length, or None if it is not said or nothing that has an area."""
    number = _number(value)
    return number if number is not None and number > 0 else None


def _number(value: object) -> float | None:
    """A finite number; JSON as Python reads it has others, and a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
