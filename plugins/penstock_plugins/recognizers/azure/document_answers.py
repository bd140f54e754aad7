"""What Document Intelligence answers with: pages of words and lines that meet in spans of one text.

A span is a piece of ``content``: offset and length. Lines, styles and languages point at words by it, so
its unit does not matter as long as it is one for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.model import Line, Quad, Recognition, Word
from penstock_plugins.recognizers.azure.read_answers import (
    BROKEN,
    PageResult,
    ReadResult,
    UnreadableResult,
    handwriting,
    probability,
    size_of,
    upright_angle,
)

Span = tuple[int, int]
"""Where it starts and where it ends."""


def parse_document_result(body: Mapping[str, Any]) -> ReadResult:
    """Parse a finished operation of ``prebuilt-read``, 2022-08-31 and later.

    Raises UnreadableResult.
    """
    try:
        result = body["analyzeResult"]
        styles, languages = result.get("styles") or (), result.get("languages") or ()
        pages = tuple(_page(page, styles, languages) for page in result["pages"])
    except BROKEN as error:
        raise UnreadableResult(f"the result is not of the promised shape: {error!r}"[:200]) from error
    return ReadResult(pages)


def _page(page: Mapping[str, Any], styles: Sequence[Any], languages: Sequence[Any]) -> PageResult:
    words = [
        (span_of(word["span"]), _word(word))
        for word in page.get("words") or ()
        if (word.get("content") or "").strip()
    ]
    lines = [_line(line, words, styles, languages) for line in page.get("lines") or ()]
    lines += [_line_of(word) for word in _without_line(page, words)]
    return PageResult(
        Recognition(tuple(lines), upright_angle(page.get("angle"))),
        size_of(page.get("width")),
        size_of(page.get("height")),
        page.get("unit") or "pixel",
    )


def _word(word: Mapping[str, Any]) -> Word:
    return Word(word["content"], Quad.from_numbers(word["polygon"]), probability(word.get("confidence")))


def _line(
    line: Mapping[str, Any],
    words: Sequence[tuple[Span, Word]],
    styles: Sequence[Mapping[str, Any]],
    languages: Sequence[Mapping[str, Any]],
) -> Line:
    spans = [span_of(span) for span in line.get("spans") or ()]
    mine = tuple(word for span, word in words if _starts_in(span, spans))
    style = _covering(spans, styles)
    language = _covering(spans, languages)
    return Line(
        line["content"],
        Quad.from_numbers(line["polygon"]),
        mine,
        handwriting(bool(style.get("isHandwritten")), style.get("confidence")) if style else None,
        (language.get("locale") or language.get("languageCode")) if language else None,
    )


def _line_of(word: Word) -> Line:
    return Line(word.text, word.quad, (word,))


def _without_line(page: Mapping[str, Any], words: Sequence[tuple[Span, Word]]) -> list[Word]:
    """Words that no line holds: what was read is not dropped because it stands alone."""
    spans = [span_of(span) for line in page.get("lines") or () for span in line.get("spans") or ()]
    return [word for span, word in words if not _starts_in(span, spans)]


def _covering(spans: Sequence[Span], claims: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The claim about the text that covers most of a line, if it covers half of it."""
    length = sum(end - start for start, end in spans)
    best, most = None, length / 2
    for claim in claims:
        said = [span_of(span) for span in claim.get("spans") or ()]
        covered = sum(_overlap(mine, theirs) for mine in spans for theirs in said)
        if covered and covered >= most:
            best, most = claim, covered
    return best


def span_of(span: Mapping[str, Any]) -> Span:
    """Start and end of ``{"offset", "length"}``."""
    return (int(span["offset"]), int(span["offset"]) + int(span["length"]))


def _starts_in(span: Span, spans: Sequence[Span]) -> bool:
    return any(start <= span[0] < end for start, end in spans)


def _overlap(first: Span, second: Span) -> int:
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))
