"""Read doubtful lines with a second network, which was trained on handwriting in Latin script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from penstock_plugins.recognizers.rapidocr.line_decoding import is_doubtful
from penstock_plugins.recognizers.rapidocr.line_recognition import Reading, RecognizedStrip
from penstock_plugins.recognizers.rapidocr.models import Models, StripText
from penstock_plugins.recognizers.rapidocr.posteriors import Network
from penstock_plugins.recognizers.rapidocr.scripts import Script, script_of

Quality = Literal["normal", "best"]
SURE_LETTER = 0.8
"""Confidence from which on a letter tells the script of its page."""


def with_second_readings(
    models: Models, strips: list[RecognizedStrip], quality: Quality
) -> list[RecognizedStrip]:
    """Read the lines of a page in Latin script with the second network, too: doubtful ones, or all.

    Without that network, or on a page in another script, the lines stay as they are.
    """
    network = models.handwriting
    if network is None or not is_latin(strip.strip for strip in strips):
        return strips
    return [
        _read_again(network, strip) if quality == "best" or is_doubtful(strip.strip) else strip
        for strip in strips
    ]


def _read_again(network: Network, strip: RecognizedStrip) -> RecognizedStrip:
    reading = Reading.of(network.read(strip.pixels))
    return replace(strip, readings=(*strip.readings, reading))


def is_latin(strips: Iterable[StripText]) -> bool:
    """Return whether most of the letters that are read with confidence are Latin ones."""
    letters: Counter[Script | None] = Counter(
        script_of(character)
        for strip in strips
        for character, confidence in zip(strip.text, strip.confidences, strict=True)
        if character.isalpha() and confidence >= SURE_LETTER
    )
    return letters["latin"] * 2 > letters.total()
