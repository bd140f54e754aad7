"""Join Arabic letters, for programs that draw each character as it stands.

Unicode has a character for each form of a letter: isolated, initial, medial and final (Arabic Presentation
Forms, U+FB50 to U+FEFF). A letter with an initial form joins the letter after it.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable

FORMS = (range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD))
LAM_ALEF = range(0xFEF5, 0xFEFD)
ISOLATED, INITIAL, MEDIAL, FINAL = "<isolated>", "<initial>", "<medial>", "<final>"
LAM = "\u0644"
"""The letter that makes a ligature with an alef behind it."""
TATWEEL = "\u0640"
"""A stroke that joins the letters on both sides."""


def joined(text: str, has: Callable[[str], bool]) -> str:
    """Return a text with its Arabic letters in the forms in which they are joined.

    ``has`` tells whether the font has a character. A letter whose form the font lacks stays as it is. Text
    stays in its logical order.
    """
    if not any("\u0600" <= character <= "\u07ff" for character in text):
        return text
    letters = [index for index, character in enumerate(text) if unicodedata.category(character) != "Mn"]
    shown = list(text)
    for place, index in enumerate(letters):
        letter = text[index]
        before = text[letters[place - 1]] if place else ""
        after = text[letters[place + 1]] if place + 1 < len(letters) else ""
        is_joined = _joins_next(before) and _joins_previous(letter)
        if not shown[index]:  # the second letter of a ligature
            continue
        pair = _ligature(letter, after, FINAL if is_joined else ISOLATED)
        if pair and has(pair):
            shown[index], shown[letters[place + 1]] = pair, ""
            continue
        found = _forms().get((letter, _form(is_joined, _joins_next(letter) and _joins_previous(after))))
        if found and has(found):
            shown[index] = found
    return "".join(shown)


def _ligature(letter: str, after: str, form: str) -> str | None:
    return _forms().get((letter + after, form)) if letter == LAM and after else None


def _form(is_joined_before: bool, is_joined_after: bool) -> str:  # noqa: FBT001
    if is_joined_before:
        return MEDIAL if is_joined_after else FINAL
    return INITIAL if is_joined_after else ISOLATED


def _joins_next(letter: str) -> bool:
    return letter == TATWEEL or (letter, INITIAL) in _forms()


def _joins_previous(letter: str) -> bool:
    return letter == TATWEEL or (letter, FINAL) in _forms()


@functools.cache
def _forms() -> dict[tuple[str, str], str]:
    """Return the character of each letter, or lam with alef, and form."""
    found: dict[tuple[str, str], str] = {}
    for code in (code for codes in FORMS for code in codes):
        form, _, base = unicodedata.decomposition(chr(code)).partition(" ")
        letters = "".join(chr(int(each, 16)) for each in base.split())
        if form in (ISOLATED, INITIAL, MEDIAL, FINAL) and (len(letters) == 1 or code in LAM_ALEF):
            found.setdefault((letters, form), chr(code))
    return found
