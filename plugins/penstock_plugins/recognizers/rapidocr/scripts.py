"""The scripts that the model knows, the languages that use them, and those that a page makes plausible."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from penstock_plugins.recognizers.rapidocr.models import StripText  # loads the models' libraries

Script = Literal["latin", "greek", "cjk"]

_TAGS: dict[Script, str] = {"latin": "latn", "greek": "grek", "cjk": "hans hant hani jpan"}
"""Script subtags of BCP 47 tags, such as ``zh-Hant``."""
_LANGUAGES: dict[Script, str] = {
    "latin": (
        "af br ca co cs cy da de en eo es et eu fi fo fr fy ga gd gl haw hr ht hu id is it la lb lt lv mg mi "
        "ms mt nb nl nn no oc pl pt rm ro rw sk sl sm sn so sq st su sv sw tl to tr uz vi wa xh yo zu"
    ),
    "greek": "el grc",
    "cjk": "zh ja yue",
}
_BY_TAG = {tag: script for script, tags in _TAGS.items() for tag in tags.split()}
_BY_LANGUAGE = {tag: script for script, tags in _LANGUAGES.items() for tag in tags.split()}
_CJK = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_GREEK = ((0x370, 0x3FF), (0x1F00, 0x1FFF))

LEAST_SHARE, LEAST_LETTERS = 0.2, 2
"""Share of a page's letters, and number of letters, from which on Chinese or Japanese is plausible."""
TRUSTED_RUN, TRUSTED_CONFIDENCE = 4, 0.8
"""Letters in a row and their mean confidence from which on it is plausible, however few they are."""


def scripts_of(languages: Iterable[str]) -> frozenset[Script]:
    """Return the scripts of languages, given as BCP 47 tags.

    Raises ValueError for a language that is not known, or whose script the model does not know.
    """
    return frozenset(map(_script_of_language, languages))


def _script_of_language(tag: str) -> Script:
    language, *subtags = tag.lower().replace("_", "-").split("-")
    named = [subtag for subtag in subtags if len(subtag) == len("latn") and subtag.isalpha()]
    script = _BY_TAG.get(named[0]) if named else _BY_LANGUAGE.get(language)
    if script is None:
        raise ValueError(
            "languages must be tags such as 'en', 'el' or 'zh', of languages in Latin, Greek, Chinese or "
            f"Japanese script (rapidocr reads no others), got {tag!r}; it knows "
            f"{', '.join(sorted(_BY_LANGUAGE))}; for another language, add its script: 'wo-Latn'"
        )
    return script


def script_of(character: str) -> Script | None:
    """Return the script that a character belongs to; None for those that all scripts share."""
    code = ord(character)
    if any(first <= code <= last for first, last in _CJK):
        return "cjk"
    if any(first <= code <= last for first, last in _GREEK):
        return "greek"
    is_latin = character.isalpha() and unicodedata.name(character, "").startswith("LATIN")
    return "latin" if is_latin else None


def is_allowed(character: str, scripts: frozenset[Script]) -> bool:
    """Return whether a character belongs to one of the scripts, or to all of them, as digits do.

    The recognition network's blank, which is empty, belongs to all.
    """
    return len(character) != 1 or script_of(character) in {None, *scripts}


def plausible_scripts(strips: Iterable[StripText]) -> frozenset[Script]:
    """Return the scripts that the text of a page makes plausible: Latin and Greek always are.

    A single Chinese character on a page in Latin letters is rather a drawing, or a misread letter.
    """
    letters: Counter[Script] = Counter()
    is_trusted = False
    for script, confidences in (run for strip in strips for run in _runs(strip)):
        letters[script] += len(confidences)
        mean = sum(confidences) / len(confidences)
        is_trusted |= script == "cjk" and len(confidences) >= TRUSTED_RUN and mean >= TRUSTED_CONFIDENCE
    is_frequent = letters["cjk"] >= max(LEAST_LETTERS, LEAST_SHARE * letters.total())
    return frozenset({"latin", "greek", "cjk"} if is_trusted or is_frequent else {"latin", "greek"})


def _runs(strip: StripText) -> Iterable[tuple[Script, list[float]]]:
    """Return the confidences of letters that follow each other in one script."""
    letters = [
        (script, confidence)
        for character, confidence in zip(strip.text, strip.confidences, strict=True)
        if character.isalpha() and (script := script_of(character))
    ]
    for script, run in groupby(letters, key=lambda letter: letter[0]):
        yield script, [confidence for _, confidence in run]


def uses_others(text: str, scripts: frozenset[Script]) -> bool:
    """Return whether any character of a text belongs to none of the scripts."""
    return any((script := script_of(character)) and script not in scripts for character in text)
