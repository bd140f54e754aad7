"""Decode the network's posteriors with a language model: CTC prefix beam search.

A. Y. Hannun and others, "First-pass large vocabulary continuous speech recognition using bi-directional
recurrent DNNs", 2014, arXiv:1408.2873. A text's score is its CTC log-probability, plus `LANGUAGE` times the
language model's log-probability, plus `LENGTH` for each character, plus or minus `WORD` for each word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from penstock_plugins.recognizers.rapidocr.language_model import IDS, ORDER, PLAIN, LanguageModel, longer
from penstock_plugins.recognizers.rapidocr.posteriors import BLANK, Posteriors
from penstock_plugins.recognizers.rapidocr.vocabulary import Favour, Vocabulary

WIDTH = 12  # texts that are followed at once
CANDIDATES = 8  # characters that are considered at each step
LEAST = 0.002  # probability from which on a character is considered
LANGUAGE, LENGTH, WORD = 0.4, 0.8, 0.6
FLAT = math.log(1 / 30)  # log-probability of a character without a language model
MARKS = ".,;:!?()\"'-"  # around words
_NEVER = -1e30


@dataclass(slots=True)
class _Beam:
    """A text that is being decoded."""

    text: str
    last: int  # class of the last character
    history: int  # of the language model
    bonus: float  # of language model and words, up to here
    favour: Favour  # of the user's vocabulary
    blank: float = _NEVER  # log-probability of the paths that end with a blank
    character: float = _NEVER  # of the paths that end with the last character

    @property
    def total(self) -> float:
        return _sum(self.blank, self.character)

    @property
    def score(self) -> float:
        return self.total + self.bonus + self.favour.score


def decode(
    posteriors: Posteriors,
    model: LanguageModel | None,
    before: str = "",
    vocabulary: Vocabulary | None = None,
) -> str:
    """Return the best text, given the text that stands before it in the line.

    Without a model, nothing but the vocabulary is favoured.
    """
    return scored(posteriors, model, before, vocabulary)[0]


def scored(
    posteriors: Posteriors,
    model: LanguageModel | None,
    before: str = "",
    vocabulary: Vocabulary | None = None,
) -> tuple[str, float]:
    """Return the best text and its score for each of its characters."""
    history = 0
    for character in f" {before} "[-ORDER:]:
        history = longer(history, IDS.get(character.translate(PLAIN), 0))
    favour = vocabulary.read(f"{before} ") if vocabulary else Favour()
    beams = [_Beam("", BLANK, history, 0.0, favour, blank=0.0)]
    characters = posteriors.characters
    for classes, probabilities in zip(
        posteriors.classes[:, :CANDIDATES].tolist(),
        posteriors.probabilities[:, :CANDIDATES].tolist(),
        strict=True,
    ):
        known = {number: math.log(p) for number, p in zip(classes, probabilities, strict=True) if p > LEAST}
        if known.keys() == {BLANK}:
            for beam in beams:
                beam.blank, beam.character = beam.total + known[BLANK], _NEVER
            continue
        beams = _step(beams, known, characters, model, vocabulary)
    score, text = max((_final_score(beam, model, vocabulary), beam.text) for beam in beams)
    return text.strip(), score / max(1, len(text))


def _final_score(beam: _Beam, model: LanguageModel | None, vocabulary: Vocabulary | None) -> float:
    gained = vocabulary.finished(beam.favour) if vocabulary else 0.0
    return beam.total + beam.bonus + _word_bonus(beam.text, model) + gained


def _step(
    beams: list[_Beam],
    known: dict[int, float],
    characters: tuple[str, ...],
    model: LanguageModel | None,
    vocabulary: Vocabulary | None,
) -> list[_Beam]:
    blank = known.pop(BLANK, math.log(LEAST))
    letters = [
        (number, characters[number], IDS.get(characters[number].translate(PLAIN), 0), log_probability)
        for number, log_probability in known.items()
    ]
    found: dict[str, _Beam] = {}
    for beam in beams:
        total = beam.total
        same = found.get(beam.text)
        if same is None:
            same = found[beam.text] = _Beam(beam.text, beam.last, beam.history, beam.bonus, beam.favour)
        same.blank = _sum(same.blank, total + blank)
        if beam.last in known:
            same.character = _sum(same.character, beam.character + known[beam.last])
        distribution = None
        for number, character, identity, log_probability in letters:
            before = beam.blank if number == beam.last else total
            if before <= _NEVER:
                continue
            text = beam.text + character
            longer_beam = found.get(text)
            if longer_beam is None:
                probability, bonus, favour = FLAT, beam.bonus, beam.favour
                if model:
                    if distribution is None:
                        distribution = model.probabilities(beam.history)
                    probability = math.log(distribution[identity])
                    bonus += LANGUAGE * probability + LENGTH
                if character == " ":
                    bonus += _word_bonus(beam.text, model)
                if vocabulary:
                    favour = vocabulary.after(favour, character, probability)
                history = longer(beam.history, identity)
                longer_beam = found[text] = _Beam(text, number, history, bonus, favour)
            longer_beam.character = _sum(longer_beam.character, before + log_probability)
    return sorted(found.values(), key=lambda each: each.score, reverse=True)[:WIDTH]


def _word_bonus(text: str, model: LanguageModel | None) -> float:
    """Return what the last word adds to the score.

    Numbers and codes add nothing, nor do unknown words with a capital, which may be names.
    """
    word = text[text.rfind(" ") + 1 :].strip(MARKS)
    if model is None or not word or any(character.isdigit() for character in word):
        return 0.0
    if model.knows(word.translate(PLAIN)):
        return WORD
    return 0.0 if word[0].isupper() else -WORD


def _sum(first: float, second: float) -> float:
    """Return the logarithm of the sum of two numbers given by their logarithms."""
    if first < second:
        first, second = second, first
    return first if second <= _NEVER else first + math.log1p(math.exp(second - first))


@lru_cache(maxsize=2)
def _numbers(characters: tuple[str, ...]) -> dict[str, int]:
    """Return the class of each character."""
    return {character: number for number, character in enumerate(characters)}


def align(posteriors: Posteriors, text: str) -> tuple[list[int], list[float]]:
    """Return the step and the probability of each character of a text, on its most probable path.

    A character of a class that the network did not consider at a step has the probability of the least
    considered one.
    """
    numbers = _numbers(posteriors.characters)
    states = np.zeros(2 * len(text) + 1, np.intp)
    states[1::2] = [numbers[character] for character in text]
    steps = len(posteriors.classes)
    emitted = np.full((steps, len(states)), 1e-7)
    for column in range(posteriors.classes.shape[1]):
        same = posteriors.classes[:, column, None] == states
        emitted = np.where(same, posteriors.probabilities[:, column, None], emitted)
    logs = np.log(np.maximum(emitted, 1e-7))
    can_skip = np.zeros(len(states), bool)
    can_skip[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), _NEVER)
    score[:2] = logs[0, :2]
    came = np.zeros((steps, len(states)), np.int8)
    for step in range(1, steps):
        one = np.concatenate([[_NEVER], score[:-1]])
        two = np.where(can_skip, np.concatenate([[_NEVER, _NEVER], score[:-2]])[: len(states)], _NEVER)
        choices = np.stack([score, one, two])
        came[step] = choices.argmax(axis=0)
        score = choices.max(axis=0) + logs[step]
    state = len(states) - 1
    if len(states) > 1 and score[-2] > score[-1]:
        state -= 1
    places = [0] * len(text)
    confidences = [0.0] * len(text)
    for step in range(steps - 1, -1, -1):
        if state % 2:
            index, probability = state // 2, float(emitted[step, state])
            if probability >= confidences[index]:
                places[index], confidences[index] = step, probability
        state -= int(came[step, state])
    return places, confidences
