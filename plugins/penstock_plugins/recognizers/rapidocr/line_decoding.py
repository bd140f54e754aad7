"""Decode the lines with a doubtful word with a model of the page's language and a user's vocabulary."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, groupby
from typing import Literal

import numpy as np

from penstock_plugins.recognizers.rapidocr.decoding import align, decode, scored
from penstock_plugins.recognizers.rapidocr.language_model import IDS, LanguageModel, normalized
from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.line_recognition import Reading, RecognizedStrip
from penstock_plugins.recognizers.rapidocr.models import StripText, placed_text
from penstock_plugins.recognizers.rapidocr.posteriors import Posteriors
from penstock_plugins.recognizers.rapidocr.vocabulary import Vocabulary

DOUBTFUL = 0.9  # confidence below which a word is doubtful
_Decoding = Literal["model", "vocabulary", "none"]


def decoded(
    strips: list[RecognizedStrip], languages: Languages, vocabulary: Vocabulary | None = None
) -> list[RecognizedStrip]:
    """Decode the lines with a doubtful word with a model of the page's language and with a vocabulary.

    Without both, the lines stay as they are.
    """
    model = _model_of(strips, languages) if any(_is_decoded(strip) for strip in strips) else None
    return [
        replace(strip, strip=_decoded_line(strip, languages, model, vocabulary), plain=strip.strip)
        for strip in strips
    ]


def _model_of(strips: list[RecognizedStrip], languages: Languages) -> LanguageModel | None:
    """Choose the language by what the first network reads; by the best readings if that fits none."""
    for texts in ([strip.readings[0].strip for strip in strips], [strip.strip for strip in strips]):
        confidence = float(np.mean([text.confidence for text in texts]))
        model = languages.chosen(" ".join(text.text for text in texts), confidence)
        if model is not None:
            return model
    return None


def _decoded_line(
    line: RecognizedStrip, languages: Languages, page: LanguageModel | None, vocabulary: Vocabulary | None
) -> StripText:
    if page and _is_decoded(line):
        return _decoded_with_model(line, languages.of_line(line.strip.text, page), vocabulary)
    if vocabulary and min(line.strip.confidences) < DOUBTFUL:
        return _decoded(line.best, None, vocabulary)
    return line.strip


def _decoded_with_model(
    line: RecognizedStrip, model: LanguageModel, vocabulary: Vocabulary | None
) -> StripText:
    """Decode the reading whose text has the better score a character."""
    if len(line.readings) == 1:
        return _decoded(line.readings[0], model, vocabulary)
    found = [scored(reading.posteriors, model, vocabulary=vocabulary) for reading in line.readings]
    best = max(range(len(found)), key=lambda index: found[index][1])
    return _decoded(line.readings[best], model, vocabulary, whole=found[best][0])


def _is_decoded(line: RecognizedStrip) -> bool:
    return any(is_doubtful(reading.strip) for reading in line.readings)


def is_doubtful(strip: StripText) -> bool:
    """Return whether a line is decoded with the language model."""
    return any(word.confidence < DOUBTFUL and not _is_unknown_to_models(word.text) for word in strip.words())


def _decoding_of(word: str, vocabulary: Vocabulary | None) -> _Decoding:
    """Return what a word is decoded with. Names in capitals are decoded with the vocabulary alone."""
    if not _is_unknown_to_models(word):
        return "model"
    is_capitals = len(word) > 1 and word.isupper() and not any(map(str.isdigit, word))
    return "vocabulary" if vocabulary and is_capitals else "none"


def _is_unknown_to_models(word: str) -> bool:
    """Return whether it is a number, a code, an abbreviation or in a script that the models do not know."""
    if any(map(str.isdigit, word)) or (len(word) > 1 and word.isupper()):
        return True
    letters = [letter for letter in normalized(word) if letter.isalpha()]
    return 0 < len(letters) <= 2 * sum(letter not in IDS for letter in letters)


def _decoded(
    line: Reading, model: LanguageModel | None, vocabulary: Vocabulary | None, whole: str | None = None
) -> StripText:
    """Decode a line; words which the models cannot know stay, and tell where the text between them is.

    `whole` is the text of the whole line, if it is decoded already.
    """
    words: list[StripText] = []
    steps = len(line.posteriors.classes)
    runs = _runs(line, vocabulary)
    for index, (decoding, run) in enumerate(runs):
        if decoding == "none":
            words += run
            continue
        start = _step_between(runs[index - 1][1][-1], run[0], line.posteriors) if index else 0
        end = (
            _step_between(run[-1], runs[index + 1][1][0], line.posteriors) if index + 1 < len(runs) else steps
        )
        before = " ".join(word.text for word in words)
        used = model if decoding == "model" else None
        if whole is not None and len(runs) == 1:
            text = whole
        else:
            text = decode(line.posteriors.between(start, end), used, before, vocabulary)
        is_better = any(map(str.isalnum, text)) if used else _has_more_names(before, text, run, vocabulary)
        words += _placed(line.posteriors, text, start, end).words() if is_better else run
    return _joined(words)


def _has_more_names(before: str, text: str, plain: list[StripText], vocabulary: Vocabulary | None) -> bool:
    """Return whether a text that was decoded without a model contains an entry that the plain one lacks."""
    if vocabulary is None:
        return False
    read = " ".join(word.text for word in plain)
    return vocabulary.gain(f"{before} {text}") > vocabulary.gain(f"{before} {read}")


def _runs(line: Reading, vocabulary: Vocabulary | None) -> list[tuple[_Decoding, list[StripText]]]:
    """Group the words into those that stay and those that are decoded together.

    A space that the network omitted divides as well: the model could not put it back.
    """
    ends = set(accumulate(map(len, line.posteriors.greedy[0].split())))
    letters = part = 0
    keys: list[tuple[_Decoding, int]] = []
    words = line.strip.words()
    for word in words:
        part += letters > 0 and letters not in ends
        letters += len(word.text)
        keys.append((_decoding_of(word.text, vocabulary), part))
    grouped = groupby(zip(keys, words, strict=True), key=lambda pair: pair[0])
    return [(decoding, [word for _, word in run]) for (decoding, _), run in grouped]


def _step_between(first: StripText, second: StripText, posteriors: Posteriors) -> int:
    """Return the step in the middle between two words."""
    return round((first.positions[-1] + second.positions[0]) / 2 * posteriors.steps)


def _placed(posteriors: Posteriors, text: str, start: int, end: int) -> StripText:
    steps, confidences = align(posteriors.between(start, end), text)
    return placed_text(text, [start + step for step in steps], confidences, posteriors.steps)


def _joined(words: list[StripText]) -> StripText:
    """Join words, with each space in the middle between its neighbours."""
    text = ""
    positions: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    for word in words:
        if text:
            text += " "
            positions += ((positions[-1] + word.positions[0]) / 2,)
            confidences += (min(confidences[-1], word.confidences[0]),)
        text += word.text
        positions += word.positions
        confidences += word.confidences
    return StripText(text, positions, confidences)
