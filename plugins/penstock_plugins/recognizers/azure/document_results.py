"""Parse results of Document Intelligence.

Words, lines, styles and languages refer to spans of one text, ``content``. A span has an offset and a
length. Their unit does not matter here, because spans are only compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.model import Line, Quad, Recognition, Word
from penstock_plugins.recognizers.azure.read_results import (
    SHAPE_ERRORS,
    InvalidResult,
    ParsedPage,
    ParsedResult,
    handwritten_probability,
    probability,
    upright_angle,
)

Span = tuple[int, int]  # start and end


def parse_document_result(body: Mapping[str, Any]) -> ParsedResult:
    """Parse an operation of ``prebuilt-read``, API version 2022-08-31 or later. Raises InvalidResult."""
    try:
        result = body["analyzeResult"]
        styles, languages = result.get("styles") or (), result.get("languages") or ()
        pages = tuple(_page(page, styles, languages) for page in result["pages"])
    except SHAPE_ERRORS as error:
        raise InvalidResult.of(error) from error
    return ParsedResult(pages)


def _page(page: Mapping[str, Any], styles: Sequence[Any], languages: Sequence[Any]) -> ParsedPage:
    words = [
        (_span(word["span"]), _word(word))
        for word in page.get("words") or ()
        if (word.get("content") or "").strip()
    ]
    lines = [_line(line, words, styles, languages) for line in page.get("lines") or ()]
    # Words outside of all lines become lines of their own, so that no text is lost.
    spans = [_span(span) for line in page.get("lines") or () for span in line.get("spans") or ()]
    lines += [Line(word.text, word.quad, (word,)) for span, word in words if not _starts_in(span, spans)]
    return ParsedPage.of(page, Recognition(tuple(lines), upright_angle(page.get("angle"))))


def _word(word: Mapping[str, Any]) -> Word:
    return Word(word["content"], Quad.from_numbers(word["polygon"]), probability(word.get("confidence")))


def _line(
    line: Mapping[str, Any],
    words: Sequence[tuple[Span, Word]],
    styles: Sequence[Mapping[str, Any]],
    languages: Sequence[Mapping[str, Any]],
) -> Line:
    spans = [_span(span) for span in line.get("spans") or ()]
    own_words = tuple(word for span, word in words if _starts_in(span, spans))
    style = _covering(spans, styles)
    language = _covering(spans, languages)
    return Line(
        line["content"],
        Quad.from_numbers(line["polygon"]),
        own_words,
        handwritten_probability(bool(style.get("isHandwritten")), style.get("confidence")) if style else None,
        (language.get("locale") or language.get("languageCode")) if language else None,
    )


def _covering(spans: Sequence[Span], entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the style or language that covers most of a line, if it covers at least half of it."""
    length = sum(end - start for start, end in spans)
    best, most = None, length / 2
    for entry in entries:
        covered = sum(_overlap(span, _span(other)) for span in spans for other in entry.get("spans") or ())
        if covered and covered >= most:
            best, most = entry, covered
    return best


def _span(span: Mapping[str, Any]) -> Span:
    return (int(span["offset"]), int(span["offset"]) + int(span["length"]))


def _starts_in(span: Span, spans: Sequence[Span]) -> bool:
    return any(start <= span[0] < end for start, end in spans)


def _overlap(first: Span, second: Span) -> int:
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))
