"""Texts, marks and attributes of the parts of a PAGE XML file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from penstock.model import Alternative, TextDirection
from penstock.transcriptions.page_places import children, described
from penstock.transcriptions.page_terms import CORRECTED, DIRECTIONS, tag_of_language
from penstock.transcriptions.xml_input import Element

_MARK = re.compile(r"([\w-]+)\s*\{([^{}]*)\}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_DIRECTIONS: dict[str, TextDirection] = {DIRECTIONS["ltr"]: "ltr", DIRECTIONS["rtl"]: "rtl"}


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a region, line or word, with the other texts that the file gives for it."""

    text: str = ""
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    is_corrected: bool = False

    def with_text(self, text: str) -> Text:
        """Return the same with another text."""
        return self if text == self.text else replace(self, text=text)


def text_of(owner: Element, problems: list[str]) -> Text:
    """Return the ``TextEquiv`` of least index that has a text; the others are alternatives.

    The texts of glyphs are joined if a word has none itself.
    """
    found = []
    for equivalent in children(owner, "TextEquiv"):
        text = _content(equivalent)
        if text.strip():
            confidence = _confidence(equivalent, owner, problems)
            found.append((_index(equivalent), text, confidence, equivalent.get("comments") == CORRECTED))
    if not found:
        return Text("".join(text_of(glyph, problems).text.strip() for glyph in children(owner, "Glyph")))
    (_, text, confidence, is_corrected), *others = sorted(found, key=lambda each: each[0])
    if not others:
        return Text(text, None if is_corrected else confidence, (), is_corrected)
    different = {" ".join(each[1].split()): each[2] for each in others if each[1].split() != text.split()}
    alternatives = tuple(Alternative(other, sure) for other, sure in different.items())
    return Text(text, None if is_corrected else confidence, alternatives, is_corrected)


def _content(equivalent: Element) -> str:
    """Return the text of ``Unicode``, or that of ``PlainText`` in a file without it."""
    for name in ("Unicode", "PlainText"):
        for element in children(equivalent, name):
            if text := "".join(element.itertext()):
                return text
    return ""


def _index(equivalent: Element) -> int:
    try:
        return int(equivalent.get("index", "0"))
    except ValueError:
        return 0


def _confidence(equivalent: Element, owner: Element, problems: list[str]) -> float | None:
    """Return a confidence from 0 to 1. Some programs write percentages."""
    given = equivalent.get("conf")
    if not given:
        return None
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if 0 <= value <= 1:
        return value
    if 1 < value <= 100:
        return value / 100
    problems.append(f'the confidence of {described(owner)} is "{given[:40]}", not a number from 0 to 1')
    return None


def marks(element: Element, name: str) -> list[dict[str, str]]:
    """Return what ``custom`` says under a name; Transkribus writes ``unclear {offset:3; length:5;}``."""
    custom = element.get("custom")
    if not custom:
        return []
    return [
        {
            key.strip(): _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), value.strip())
            for key, _, value in (each.partition(":") for each in content.split(";"))
            if key.strip()
        }
        for found, content in _MARK.findall(custom)
        if found == name
    ]


def unclear_spans(element: Element) -> list[tuple[int, int]]:
    """Return start and end of the parts of a text that are marked as unclear."""
    spans = []
    for mark in marks(element, "unclear"):
        offset, length = mark.get("offset", ""), mark.get("length", "")
        if offset.isdecimal() and length.isdecimal():
            spans.append((int(offset), int(offset) + int(length)))
    return spans


def position_of(element: Element) -> float | None:
    """Return the place in the reading order that an element states itself; None if it states none."""
    for given in (element.get("index"), *(mark.get("index") for mark in marks(element, "readingOrder"))):
        if given and given.isdecimal():
            return int(given)
    return None


def direction_of(element: Element) -> TextDirection | None:
    """Return a horizontal direction. PAGE's vertical ones are also given for text that is turned."""
    return _DIRECTIONS.get(element.get("readingDirection", ""))


def language_of(element: Element) -> str | None:
    """Return the BCP 47 tag of ``primaryLanguage``, ``language`` or of Transkribus's mark."""
    marked = [mark.get("type") for mark in marks(element, "language")]
    for given in (element.get("primaryLanguage"), element.get("language"), *marked):
        if given and (tag := tag_of_language(given)):
            return tag
    return None


def text_angle(element: Element) -> float | None:
    """Return the text's angle, clockwise; ``orientation`` is the clockwise turn that corrects it."""
    try:
        orientation = float(element.get("orientation", ""))
    except ValueError:
        return None
    return -orientation if abs(orientation) <= 360 else None
