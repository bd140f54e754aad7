"""The words of hOCR lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from penstock.transcriptions.drafts import Box, WordDraft
from penstock.transcriptions.hocr_places import HocrPlaces
from penstock.transcriptions.hocr_properties import Properties, inheritable, numbers_in, properties_of
from penstock.transcriptions.hocr_text import Piece, alternatives_of, box_of_letters, inner_properties
from penstock.transcriptions.markup_page import Inherited
from penstock.transcriptions.numbers import number_of
from penstock.transcriptions.xml_input import Element

_LEAST_OVERLAP = 0.5
"""Share of the lower height that words outside lines have in common if they stand beside each other."""


class HocrWords:
    """Reads words.

    Parameters
    ----------
    places
        Reads the words' places.
    """

    def __init__(self, places: HocrPlaces) -> None:
        self._places = places

    def words(self, pieces: Sequence[Piece], around: Inherited) -> list[WordDraft]:
        """Return the words of a line. Text directly behind a word is added to the word."""
        words: list[WordDraft] = []
        for piece in pieces:
            if piece.word is not None:
                words.append(self.word(piece.text, piece.word, around))
            elif words and not piece.is_apart:
                words[-1].text += piece.text
            else:
                words += map(WordDraft, piece.text.split())
        return words

    def word(self, text: str, element: Element, around: Inherited) -> WordDraft:
        """Return the word of an element whose text is known."""
        properties = properties_of(element.get("title"))
        own = around.within(*inheritable(element, properties))
        box = self._places.box(properties)
        if len(element):
            properties |= inner_properties(element)
            box = box or box_of_letters(element)
        return WordDraft(
            text,
            box,
            _confidence(properties),
            polygon=self._places.polygon(properties) if "poly" in properties else (),
            alternatives=alternatives_of(element),
            corrected=properties.get("x_corrected") == "1",
            language=own.language,
            direction=own.direction,
        )


def _confidence(properties: Properties) -> float | None:
    """Return the confidence of a word, or the mean of its letters' confidences; None without any."""
    confidence = number_of(properties.get("x_wconf"))
    if confidence is None and (confidences := numbers_in(properties.get("x_confs"))):
        return math.fsum(confidences) / len(confidences)
    return confidence


def stand_beside(first: Box | None, second: Box | None) -> bool:
    """Return whether two words stand in one row; True if a place is not known."""
    if first is None or second is None:
        return True
    (_, top, _, bottom), (_, other_top, _, other_bottom) = first, second
    common = min(bottom, other_bottom) - max(top, other_top)
    return common >= _LEAST_OVERLAP * min(bottom - top, other_bottom - other_top)
