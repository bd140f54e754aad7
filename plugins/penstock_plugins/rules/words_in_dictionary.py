"""The ``words_in_dictionary`` rule: accept pages whose words are words of a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from penstock.hookspecs import hookimpl
from penstock.model import Recognition
from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, hash_of, known_hashes, normalized
from penstock_plugins.recognizers.rapidocr.languages import available, model_of
from penstock_plugins.recognizers.rapidocr.vocabulary_file import read_vocabulary

SHORTEST_WORD = 3
"""Letters. Shorter words are found in misread text, too."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(eq=False)
class WordsInDictionary:
    """Accepts a page of whose words enough are in a dictionary.

    Words of at least three letters count. A page without such a word is not accepted. Of several languages,
    the one that knows most words of the page decides.

    Parameters
    ----------
    at_least
        The lowest share of known words, from 0 to 1. Correct letters reach 0.75 to 0.9, forms with many names
        less; with a wrong letter in ten it is about 0.6.
    languages
        Languages whose words are known, as BCP 47 tags: cs, de, en, es, fr, it, no, pl, pt, sv. Empty for all
        of them.
    words
        A text file with more words that every language knows, one per line: names, places, terms. With it,
        ``languages`` may name others than those above, whose words are all in the file.
    """

    at_least: Annotated[float, Ge(0), Le(1)]
    languages: tuple[str, ...] = ()
    words: Path | None = None

    def __post_init__(self) -> None:
        text = self.version = ""
        if self.words is not None:
            try:
                file = read_vocabulary(self.words)
            except ValueError as error:
                raise ValueError(str(error).replace("vocabulary", "words", 1)) from None
            # A changed file changes the verdicts.
            text, self.version = file.text, file.digest
        self._more = frozenset(_WORD.findall(text.lower()))
        known = available()
        unknown = [tag for tag in self.languages if model_of(tag) not in known]
        if unknown and self.words is None:
            raise ValueError(
                f"languages: there is no word list for {unknown[0]!r}, only for {', '.join(known)};"
                " give one as words"
            )
        self._languages: list[set[int]] = []

    def __enter__(self) -> WordsInDictionary:
        """Load the words."""
        names = {model_of(tag) for tag in self.languages} & {*available()} if self.languages else available()
        self._languages = [known_hashes(FOLDER / f"{name}.npz") for name in sorted(names)]
        return self

    def __exit__(self, *raised: object) -> None:
        self._languages = []

    @hookimpl
    def accepts(self, recognition: Recognition) -> bool:
        """Return whether enough of the page's words are known."""
        found = _WORD.findall(normalized(recognition.text).lower())
        words = [word for word in found if len(word) >= SHORTEST_WORD]
        hashes = [hash_of(word) for word in words if word not in self._more]
        of_language = max((sum(map(each.__contains__, hashes)) for each in self._languages), default=0)
        known = len(words) - len(hashes) + of_language
        return bool(words) and known >= self.at_least * len(words)
