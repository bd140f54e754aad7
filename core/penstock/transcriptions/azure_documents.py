"""Parse results of Document Intelligence.

Words, lines, styles and languages refer to spans of one text, ``content``. A span has an offset and a
length. Their unit does not matter here, because spans are only compared with each other. The SDK for Python
writes snake case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
from penstock.transcriptions.azure_read import (
    SHAPE_ERRORS,
    InvalidResult,
    ParsedPage,
    ParsedResult,
    handwritten_probability,
    upright_angle,
)

NO_PLACES = "the text was left out, because the service gave no place for any of it"

Span = tuple[int, int]  # start and end


def parse_document_result(body: Mapping[str, Any]) -> ParsedResult:
    """Parse an operation of ``prebuilt-read``, API version 2022-08-31 or later. Raises InvalidResult."""
    try:
        result = body["analyzeResult"]
        styles, languages = entries(result.get("styles")), entries(result.get("languages"))
        # A page without text can be a result without pages.
        pages = tuple(_page(page, styles, languages) for page in result["pages"] or ())
    except SHAPE_ERRORS as error:
        raise InvalidResult.of(error) from error
    if not pages and text_of(result.get("content")):
        pages = (ParsedPage(Recognition(note=NO_PLACES)),)
    return ParsedResult(pages)


def _page(
    page: Mapping[str, Any], styles: Sequence[Mapping[str, Any]], languages: Sequence[Mapping[str, Any]]
) -> ParsedPage:
    left_out = LeftOut()
    words = _words(page, left_out)
    given = entries(page.get("lines"), left_out)
    places = _line_spans(given)
    lines = [
        _line(line, spans, words, styles, languages, left_out)
        for line, spans in zip(given, places, strict=True)
    ]
    # Words outside of all lines become lines of their own, so that no text is lost.
    inside = [span for spans in places for span in spans]
    outside = [word for span, word in words if not _starts_in(span, inside)]
    lines += [placed_line(word.text, word.quad, [word], left_out) for word in outside]
    kept = tuple(line for line in lines if line)
    recognition = Recognition(kept, upright_angle(page.get("angle")), note=left_out.note)
    return ParsedPage.of(page, recognition)


def _words(page: Mapping[str, Any], left_out: LeftOut) -> list[tuple[Span, ParsedWord]]:
    """Return the words with a text and their spans. A missing span is taken to follow the previous one."""
    words, end = [], -1
    for entry in entries(page.get("words"), left_out):
        text, place = text_of(entry.get("content")), quad_of(entry.get("polygon"))
        if text:
            span = _span(entry.get("span")) or (end + 1, end + 1 + len(text))
            end = span[1]
            words.append((span, ParsedWord(text, place, probability(entry.get("confidence")))))
    return words


def _line_spans(lines: Sequence[Mapping[str, Any]]) -> list[list[Span]]:
    """Return the spans of each line. Missing ones are taken to follow the previous line."""
    found, end = [], -1
    for line in lines:
        spans = _spans(line) or [(end + 1, end + 1 + len(text_of(line.get("content"))))]
        end = spans[-1][1]
        found.append(spans)
    return found


def _line(
    line: Mapping[str, Any],
    spans: Sequence[Span],
    words: Sequence[tuple[Span, ParsedWord]],
    styles: Sequence[Mapping[str, Any]],
    languages: Sequence[Mapping[str, Any]],
    left_out: LeftOut,
) -> Line | None:
    style = _covering(spans, styles)
    language = _covering(spans, languages) or {}
    return placed_line(
        text_of(line.get("content")),
        quad_of(line.get("polygon")),
        [word for span, word in words if _starts_in(span, spans)],
        left_out,
        _handwritten(style) if style else None,
        text_or_none(language.get("locale")) or text_or_none(language.get("languageCode")),
    )


def _handwritten(style: Mapping[str, Any]) -> float | None:
    is_handwritten = style.get("isHandwritten", style.get("is_handwritten"))
    return handwritten_probability(bool(is_handwritten), style.get("confidence"))


def _covering(spans: Sequence[Span], candidates: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the style or language that covers most of a line, if it covers at least half of it."""
    length = sum(end - start for start, end in spans)
    best, most = None, length / 2
    for candidate in candidates:
        covered = sum(_overlap(span, other) for span in spans for other in _spans(candidate))
        if covered and covered >= most:
            best, most = candidate, covered
    return best


def _spans(owner: Mapping[str, Any]) -> list[Span]:
    spans = [_span(entry) for entry in entries(owner.get("spans"))]
    return [span for span in spans if span]


def _span(span: object) -> Span | None:
    """Return start and end of a span; None if it is not given."""
    if not isinstance(span, Mapping):
        return None
    offset, length = number_of(span.get("offset")), number_of(span.get("length"))
    return None if offset is None or length is None else (int(offset), int(offset + length))


def _starts_in(span: Span, spans: Sequence[Span]) -> bool:
    return any(start <= span[0] < end for start, end in spans)


def _overlap(first: Span, second: Span) -> int:
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))
