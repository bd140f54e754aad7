"""Tell pages in a script or language that the networks do not read.

The first network takes Cyrillic letters for Latin ones that look alike, often with confidence. The text that
comes out resembles no language. So does print in a language without a model, such as Turkish, but that is
read with more confidence than letters of another script ever are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.line_recognition import RecognizedStrip
from penstock_plugins.recognizers.rapidocr.scripts import script_of

FEWEST_LETTERS = 20
"""A shorter text does not tell."""
LEAST_FIT = -5.9
"""Mean log-probability of a character. No script that the networks do not read came out above."""
CONFIDENT = 0.97
"""Mean confidence that only print in scripts which the networks read reaches."""
FACTOR = 0.5
"""What the confidences are multiplied by: few of the words are right."""
MANY_LINES = 4
"""Detected lines of which one at least is read on a page in a known script."""
UNFAMILIAR = "the text resembles no language that rapidocr reads: its words have a low confidence"
UNREAD = "lines were found, but none could be read: their script may be one that rapidocr does not read"


def is_unfamiliar(lines: Sequence[RecognizedStrip], languages: Languages) -> bool:
    """Return whether a page's text is rather that of a script or language which the networks do not read.

    What the first network makes of old or hasty handwriting may fit no language either. The page is familiar
    if what the second one reads does.
    """
    strips = [line.readings[0].strip for line in lines]
    confidences = [each for strip in strips for each in strip.confidences]
    text = " ".join(strip.text for strip in strips)
    scripts = [script_of(character) for character in text if character.isalpha()]
    if len(scripts) < FEWEST_LETTERS or scripts.count("cjk") * 2 > len(scripts):
        return False
    second = " ".join(line.readings[-1].strip.text for line in lines)
    fit = max(map(languages.best_fit, (second, text)))
    return sum(confidences) / len(confidences) < CONFIDENT and fit < LEAST_FIT


def less_confident(line: RecognizedStrip) -> RecognizedStrip:
    """Return the line as the first network read it, with lower confidences."""
    strip = line.readings[0].strip
    lowered = tuple(round(each * FACTOR, 5) for each in strip.confidences)
    return replace(line, strip=replace(strip, confidences=lowered))
