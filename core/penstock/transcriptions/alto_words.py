"""The text and the words of ALTO lines."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import Alternative
from penstock.render.scripts import is_unspaced
from penstock.transcriptions.alto_places import AltoPlaces
from penstock.transcriptions.drafts import WordDraft
from penstock.transcriptions.languages import language_tag
from penstock.transcriptions.numbers import confidence_of, number_of
from penstock.transcriptions.outlines import bounds
from penstock.transcriptions.xml_input import Element, local_name

NARROW_GAP = 0.3
"""Share of a word's height up to which words without a space (SP) between them are joined."""
MOST_ALTERNATIVES = 10  # of one word, from the variants of its glyphs
HYPHEN = "-"


class AltoWords:
    """Reads the words of lines.

    Parameters
    ----------
    places
        Reads the words' places.
    has_spaces
        Whether the page has any space (SP).
    is_own
        Whether penstock wrote the file. It writes every space.
    """

    def __init__(self, places: AltoPlaces, *, has_spaces: bool, is_own: bool) -> None:
        self._places = places
        self._has_spaces, self._is_own = has_spaces, is_own

    def text_and_words(self, line: Element, language: str | None) -> tuple[str, list[WordDraft]]:
        """Return the text of a line as it stands in the line, with its hyphen, and its words.

        ``language`` is the line's language, which the words do not repeat.
        """
        words: list[WordDraft] = []
        text, is_apart = "", False
        for child in line:
            name = local_name(child)
            if name == "String":
                word = self._word(child, language)
                if word is None:
                    continue
                is_apart = is_apart or not self._is_joined(words, word)
                text += f" {word.text}" if text and is_apart else word.text
                words.append(word)
                is_apart = False
            elif name == "SP":
                is_apart = True
            elif name == "HYP" and words:
                text += _add_hyphen(child, words[-1])
        return text, words

    def _is_joined(self, words: list[WordDraft], word: WordDraft) -> bool:
        """Return whether a word follows the last one without a space, if no SP stands between them."""
        if not words or self._is_own:
            return True
        unspaced = [is_unspaced(words[-1].text[-1]), is_unspaced(word.text[0])]
        if all(unspaced):
            return True
        before, after = words[-1].box, word.box
        if not (self._has_spaces or any(unspaced)) or before is None or after is None:
            return False
        gap = max(after[0] - before[2], before[0] - after[2])
        return gap <= NARROW_GAP * (before[3] - before[1])

    def _word(self, string: Element, line_language: str | None) -> WordDraft | None:
        content = string.get("CONTENT")
        has_children = len(string) > 0
        if content is None and has_children:
            content = "".join(glyph.get("CONTENT") or "" for glyph in string.iterchildren("{*}Glyph"))
        text = " ".join(content.split()) if content else ""
        if not text:
            return None
        polygon = self._places.polygon(string) if has_children else ()
        language = string.get("LANG") and language_tag(string.get("LANG"))
        return WordDraft(
            text,
            self._places.box(string, text) or (bounds(polygon) if polygon else None),
            number_of(string.get("WC")),
            polygon,
            _alternatives(string, text) if has_children or string.get("SUBS_CONTENT") else (),
            None if language == line_language else language,
            corrected=string.get("CS") in ("true", "1"),
        )


def _add_hyphen(hyphen: Element, word: WordDraft) -> str:
    """Add the hyphen at the end of a line to the last word. Return what is added to the line."""
    text = hyphen.get("CONTENT") or HYPHEN
    if word.text.endswith(text):
        return ""
    word.text += text
    left, width = number_of(hyphen.get("HPOS")), number_of(hyphen.get("WIDTH"))
    if word.box and left is not None and width is not None and 0 < width <= word.box[2] - word.box[0]:
        word_left, top, right, bottom = word.box
        word.box = (min(left, word_left), top, max(right, left + width), bottom)
        word.polygon = ()
    return text


def _alternatives(string: Element, text: str) -> tuple[Alternative, ...]:
    """Return other texts of a word: of the whole hyphenated or abbreviated word, and from the glyphs."""
    whole = " ".join((string.get("SUBS_CONTENT") or "").split())
    found = [Alternative(whole)] if whole and whole != text else []
    glyphs = []
    for child in string:
        name = local_name(child)
        if name == "ALTERNATIVE":
            other = " ".join((child.text or "").split())
            if other and other != text:
                found.append(Alternative(other))
        elif name == "Glyph":
            glyphs.append(child)
    return (*found, *_variants(text, glyphs))[:MOST_ALTERNATIVES]


def _variants(text: str, glyphs: list[Element]) -> Iterator[Alternative]:
    """Iterate over the texts in which one glyph is replaced by a variant."""
    letters = [glyph.get("CONTENT") or "" for glyph in glyphs]
    if "".join(letters) != text:
        return
    for index, glyph in enumerate(glyphs):
        for variant in glyph.iterchildren("{*}Variant"):
            other = variant.get("CONTENT")
            if other and other != letters[index]:
                confidence = confidence_of(number_of(variant.get("VC")), 1.0)
                yield Alternative("".join([*letters[:index], other, *letters[index + 1 :]]), confidence)
