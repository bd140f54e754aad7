"""Choose the language of a page by what the network reads without a language model."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, LanguageModel, normalized

_NORWEGIAN = {"nb": "no", "nn": "no"}
FEWEST_LETTERS = 20
"""A shorter text does not tell its language."""
LEAST_FIT, LEAST_LEAD = -5.5, 0.2
"""Mean log-probability of a character from which on a language fits, and its lead over the next language.

Chosen on texts of ten languages with drawn errors and on `inkbench`, `copiste` and other lines of
handwriting. Hungarian and Finnish, which have no model here, fit none or lead by less.
"""
LEAST_KNOWN, CLEAR_LEAD = 0.6, 0.8
"""Of the words that are read right, the share that a language must know, unless it leads by so much.

Dutch, Latin and Romanian, which have no model here, resemble Norwegian, Italian and Portuguese, but share
few words with them. Danish is read with the Norwegian model, which knows its words.
"""
LINE_LEAD, FEWEST_LINE_LETTERS = 0.5, 12
"""Lead over the page's language, and letters, from which on a line is in another one of the named languages.

Chosen on lines of English, French and German handwriting with drawn errors: with an error in each tenth
letter, no line leaves the language of its page, and nine in ten are found that are in another one.
"""
SHORTEST_WORD, MEAN_WORD = 3, 5
"""Letters. Shorter words are alike in many languages. A word of mean length is read right if all its letters
are, so its probability is the letters' confidence to this power."""
CONFIDENT, LEAST_FIT_IF_CONFIDENT = 0.9, -3.6
"""A text that is read with confidence has few errors. If its language fits, it fits well."""


def available(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the languages that have a model, as ISO 639-1 codes."""
    return tuple(sorted(file.stem for file in folder.glob("*.npz")))


def model_of(tag: str) -> str:
    """Return the name of the model for a BCP 47 tag; there may be no such model."""
    language = re.split("[-_]", tag)[0].lower()
    return _NORWEGIAN.get(language, language)


class Languages:
    """The language models that may be used. They are loaded when they are needed.

    A model that is missing or damaged is left out: its language is then read without one.

    Parameters
    ----------
    tags
        BCP 47 tags of the languages that the user named. Without any, or if one of them has no model, all
        models are compared.
    """

    def __init__(self, tags: Iterable[str] = (), folder: Path = FOLDER) -> None:
        named = [model_of(tag) for tag in tags]
        known = available(folder)
        self._named = frozenset(named)
        self._must_fit = not named or any(name not in known for name in named)
        self._names = known if self._must_fit else tuple(named)
        self._folder = folder
        self._models: dict[str, LanguageModel] | None = None
        self._last: tuple[str, dict[str, float]] = ("", {})

    def chosen(self, text: str, confidence: float) -> LanguageModel | None:
        """Return the model of a text's language; None if no language fits.

        If the user named languages and all of them have a model, the one that fits best is used in any case.
        Otherwise the text may be in the language that has none, so the fit is compared with all models.
        """
        models = self._loaded()
        letters = normalized(text)
        if not models or (self._must_fit and sum(map(str.isalpha, letters)) < FEWEST_LETTERS):
            return None
        fits = sorted(((fit, name) for name, fit in self._fits(letters).items()), reverse=True)
        best, name = fits[0]
        second = fits[1][0] if len(fits) > 1 else -math.inf
        least = LEAST_FIT_IF_CONFIDENT if confidence >= CONFIDENT else LEAST_FIT
        lead = best - second
        knows = _known_share(models[name], letters) >= LEAST_KNOWN * confidence**MEAN_WORD
        fitting = best >= least and (lead >= CLEAR_LEAD or (lead >= LEAST_LEAD and knows))
        if self._must_fit and not (fitting and (not self._named or name in self._named)):
            return None
        return models[name]

    def of_line(self, text: str, page: LanguageModel) -> LanguageModel:
        """Return the model of a line's language, given that of its page.

        It is another one only if the user named several languages and all of them have a model.
        """
        letters = normalized(text)
        if self._must_fit or len(self._names) < 2 or sum(map(str.isalpha, letters)) < FEWEST_LINE_LETTERS:
            return page
        fits = self._fits(letters)
        best = self._loaded()[max(fits, key=lambda name: fits[name])]
        return best if max(fits.values()) - page.fit(letters) >= LINE_LEAD else page

    def best_fit(self, text: str) -> float:
        """Return the mean log-probability of a character in the language that fits best; 0 without models."""
        return max(self._fits(normalized(text)).values(), default=0.0)

    def _fits(self, letters: str) -> dict[str, float]:
        """Return the fit of each language. That of the last text is kept, because a page asks twice."""
        if self._last[0] != letters or not self._last[1]:
            self._last = (letters, {name: model.fit(letters) for name, model in self._loaded().items()})
        return self._last[1]

    def _loaded(self) -> dict[str, LanguageModel]:
        if self._models is None:
            self._models = dict(_load(self._folder, self._names))
        return self._models


def _load(folder: Path, names: Iterable[str]) -> Iterable[tuple[str, LanguageModel]]:
    for name in names:
        try:
            yield name, LanguageModel(folder / f"{name}.npz")
        except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error):
            continue


def _known_share(model: LanguageModel, text: str) -> float:
    """Return which share of the words a language has; 0 without words."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= SHORTEST_WORD]
    return sum(map(model.knows, words)) / max(1, len(words))
