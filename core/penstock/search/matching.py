"""Where on a page the words of a query stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from penstock.search.query import Query, Term
from penstock.search.tokens import Token

NEAR = 8
"""Words between phrases that count as near each other."""
FAR_COST = 0.02
"""What each word between two phrases adds to the distance of a match."""

Cost = Callable[[Term, str], float | None]
"""Returns the distance of a page's word to a term; None if it does not match."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place on a page: its tokens in their order, and the sum of the distances of its words."""

    tokens: tuple[Token, ...]
    distance: float

    @property
    def start(self) -> int:
        """The position of its first word."""
        return min(token.start for token in self.tokens)

    @property
    def end(self) -> int:
        """The position after its last word."""
        return max(token.end for token in self.tokens)


def matches(query: Query, tokens: Sequence[Token], cost: Cost) -> list[Match]:
    """Return the places where all phrases of a query stand near each other, in the order of the page.

    No two of them share a word: the nearer one to the query counts.
    """
    used: set[int] = set()  # positions
    found = []
    for match in sorted(_all_matches(query, tokens, cost), key=lambda match: match.distance):
        positions = {at for token in match.tokens for at in range(token.start, token.end)}
        if used.isdisjoint(positions):
            used |= positions
            found.append(match)
    return sorted(found, key=lambda match: match.start)


def _all_matches(query: Query, tokens: Sequence[Token], cost: Cost) -> Iterator[Match]:
    found = [list(_of_phrase(phrase, tokens, cost)) for phrase in query.phrases]
    if not all(found):
        return
    for first in found[0]:
        others = [
            min(around, key=lambda match: match.distance + FAR_COST * _gap(first, match))
            for places in found[1:]
            if (around := [each for each in places if _is_near(first, each)])
        ]
        if len(others) == len(found) - 1:
            far = sum(_gap(first, each) for each in others)
            every = sorted({*first.tokens, *(token for each in others for token in each.tokens)}, key=_start)
            yield Match(tuple(every), sum(each.distance for each in (first, *others)) + FAR_COST * far)


def _of_phrase(phrase: Sequence[Term], tokens: Sequence[Token], cost: Cost) -> Iterator[Match]:
    """Yield the places where the terms of a phrase follow each other."""
    starting: dict[int, list[Match]] = {}  # matches of the terms so far, by the position that must follow
    for index, term in enumerate(phrase):
        matching = [(token, distance) for token in tokens if (distance := cost(term, token.text)) is not None]
        ending: dict[int, list[Match]] = {}
        for token, distance in matching:
            before = starting.get(token.start, []) if index else [Match((), 0.0)]
            for match in before:
                longer = Match((*match.tokens, token), match.distance + distance)
                ending.setdefault(token.end, []).append(longer)
        starting = ending
    for group in starting.values():
        yield from group


def _gap(first: Match, second: Match) -> int:
    """Return the number of words between two matches."""
    return max(0, second.start - first.end, first.start - second.end)


def _is_near(first: Match, second: Match) -> bool:
    """Return whether two matches are near each other and share no word."""
    apart = second.start >= first.end or first.start >= second.end
    return apart and _gap(first, second) <= NEAR


def _start(token: Token) -> int:
    return token.start
