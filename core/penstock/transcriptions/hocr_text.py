"""The text of hOCR lines: what stands in words, beside them, and as alternatives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from penstock.model import Alternative
from penstock.render.scripts import is_cjk, is_unspaced
from penstock.transcriptions.drafts import Box
from penstock.transcriptions.hocr_properties import numbers_in, properties_of
from penstock.transcriptions.numbers import number_of
from penstock.transcriptions.outlines import box_around
from penstock.transcriptions.xml_input import Element, local_name

WORDS = frozenset({"ocrx_word", "ocr_word"})
LETTER = "ocrx_cinfo"
UNREAD_TAGS = frozenset({"script", "style", "title", "template"})
_CHOICES = ("choice_", "lstm_choices", "timestep", "symbol_")
"""Starts of the ids below which Tesseract lists other readings of single letters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word's text, or text beside words, without spaces around it.

    ``is_apart`` says whether a space stands before the text.
    """

    text: str
    is_apart: bool
    word: Element | None = None


def class_of(element: Element) -> str:
    """Return the first class of hOCR that an element has; empty if it has none."""
    names = element.get("class")
    if names is None:
        return ""
    if " " not in names:
        return str(names)
    return next((name for name in names.split() if name.startswith("ocr")), "")


def has_spaces(page: Element) -> bool:
    """Return whether the page has a space between any two words."""
    for word in page.iterdescendants():
        if class_of(word) in WORDS and word.tail and word.tail.isspace():
            following = word.getnext()
            if following is not None and class_of(following) in WORDS:
                return True
    return False


def line_pieces(element: Element, *, is_spaced: bool) -> tuple[str, list[Piece]]:
    """Return the text of a line, and the words and texts it consists of. A line without words has no pieces.

    Google's Document AI writes the text twice: beside the words and in them.

    Parameters
    ----------
    element
        The line.
    is_spaced
        Whether the page has spaces between words. If it has none, they are added, except beside words of
        scripts that have none, such as Chinese and Thai.
    """
    pieces = _pieces(element)
    inside = [piece for piece in pieces if piece.word is not None]
    outside = [piece for piece in pieces if piece.word is None]
    if not inside:
        return _joined(outside), []
    if outside and _letters(outside) == _letters(inside):
        return _joined(outside), inside
    if not (is_spaced or outside or any(piece.is_apart for piece in pieces[1:])):
        pieces = _spaced(pieces)
    return _joined(pieces), pieces


def _spaced(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the words with spaces between those whose scripts have spaces."""
    spaced = [pieces[0]]
    for before, piece in pairwise(pieces):
        is_joined = is_unspaced(before.text[-1]) or is_unspaced(piece.text[0])
        spaced.append(replace(piece, is_apart=not is_joined))
    return spaced


def _letters(pieces: Sequence[Piece]) -> str:
    return "".join("".join(piece.text.split()) for piece in pieces)


def _joined(pieces: Sequence[Piece]) -> str:
    text = ""
    for piece in pieces:
        is_apart = piece.is_apart and text and not (is_cjk(text[-1]) and is_cjk(piece.text[0]))
        text += f" {piece.text}" if is_apart else piece.text
    return text


def _pieces(element: Element) -> list[Piece]:
    pieces: list[Piece] = []
    is_apart = True
    for raw, word in _raw_pieces(element):
        if text := " ".join(raw.split()):
            pieces.append(Piece(text, is_apart or raw[0].isspace(), word))
            is_apart = raw[-1].isspace()
        elif raw:
            is_apart = True
    return pieces


def _raw_pieces(element: Element) -> Iterator[tuple[str, Element | None]]:
    if element.text:
        yield element.text, None
    for child in element:
        if class_of(child) in WORDS:
            yield word_text(child), child
        elif local_name(child) == "br":
            yield " ", None
        elif _is_read(child):
            yield from _raw_pieces(child)
        if child.tail:
            yield child.tail, None


def word_text(element: Element) -> str:
    """Return the text of a word as it is written, without its alternatives."""
    if not len(element):
        return element.text or ""
    text = [element.text or ""]
    for child in element:
        if _is_read(child):
            text.append(word_text(child))
        # Spaces between the elements of single letters are there for the layout of the file.
        if child.tail and not (child.tail.isspace() and class_of(child) == LETTER):
            text.append(child.tail)
    return "".join(text)


def _is_read(element: Element) -> bool:
    return not (
        local_name(element) in UNREAD_TAGS
        or _is_alternative(element)
        or (element.get("id") or "").startswith(_CHOICES)
    )


def _is_alternative(element: Element) -> bool:
    return local_name(element) == "del" and "alt" in (element.get("class") or "").split()


def alternatives_of(element: Element) -> tuple[Alternative, ...]:
    """Return the other texts of a word: ``<del class="alt" title="nlp 1.1">``."""
    if not len(element):
        return ()
    found = []
    for child in element.iter("{*}del"):
        text = " ".join("".join(child.itertext()).split())
        if text and _is_alternative(child):
            cost = number_of(properties_of(child.get("title")).get("nlp"))
            found.append(Alternative(text, None if cost is None or cost < 0 else math.exp(-cost)))
    return tuple(found)


def inner_properties(element: Element) -> dict[str, str]:
    """Return the properties of the ``xocr_word`` in a word: Tesseract 3.00 keeps the confidence there."""
    return properties_of(element[0].get("title")) if element[0].get("class") == "xocr_word" else {}


def box_of_letters(element: Element) -> Box | None:
    """Return the box around the letters of a word that have boxes; None without any."""
    boxes = []
    for child in element.iterdescendants():
        if class_of(child) == LETTER:
            numbers = numbers_in(properties_of(child.get("title")).get("x_bboxes"))
            if numbers and len(numbers) % 4 == 0:
                boxes += [numbers[start : start + 4] for start in range(0, len(numbers), 4)]
    if not boxes:
        return None
    left, top, right, bottom = box_around(boxes)
    return (left, top, right, bottom) if left < right and top < bottom else None
