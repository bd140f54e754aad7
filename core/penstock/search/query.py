"""What a person looks for: words, beginnings of words, and phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.search.tokens import folded, is_unspaced, split

_PARTS = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Term:
    """A folded word that is looked for. ``is_prefix`` if it is the beginning of one."""

    text: str
    is_prefix: bool = False

    @property
    def is_fuzzy(self) -> bool:
        """Whether misread words can match: not for beginnings, numbers and characters of Chinese."""
        return not (self.is_prefix or is_unspaced(self.text) or self.text.isdigit())


@dataclass(frozen=True, slots=True)
class Query:
    """Phrases that must stand near each other. The terms of a phrase follow each other."""

    phrases: tuple[tuple[Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read what a person typed: ``anna stan*``, ``"anna stanford"``. Raises ValueError without words."""
        phrases = [_terms(quoted or plain) for quoted, plain in _PARTS.findall(text)]
        found = tuple(phrase for phrase in phrases if phrase)
        if not found:
            raise ValueError(f"must contain a word to look for, got {text!r}")
        return cls(found)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, in their order."""
        return tuple(term for phrase in self.phrases for term in phrase)


def _terms(text: str) -> tuple[Term, ...]:
    """Return the terms of a phrase. A star after a word makes it the beginning of one."""
    terms: list[Term] = []
    for part in text.split():
        words = split(part)
        is_prefix = part.endswith("*") and bool(_WORD.search(folded(part[-2:-1])))
        terms += [Term(word) for word in words]
        if words and is_prefix and not is_unspaced(words[-1]):
            terms[-1] = Term(words[-1], is_prefix=True)
    return tuple(terms)
