"""Find words in everything that was recognized."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal.database import Database
from penstock.engine.journal.schema import CURRENT
from penstock.engine.state_folder import SPOOL
from penstock.errors import StateError
from penstock.search.index import Place, SearchIndex
from penstock.search.matching import Match, matches
from penstock.search.query import Query, Term
from penstock.search.scope import Scope
from penstock.search.tokens import tokens_of
from penstock.search.updating import lines_of

MAX_PAGES = 5000
"""Pages of one journal that are looked into for one search. They contain the words, but perhaps far apart."""
_TIERS = (0.0, 0.5, 1.0, 1.6, float("inf"))
"""Distances up to which words are looked for, one after the other, until there are enough hits."""

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words of a query were found."""

    document: str  # name of the document
    origin: str  # the page as the source names it
    path: Path  # of the picture
    page: int  # number of the page in the document, from 1
    line: int  # number of the line in the page, from 1, where the match begins
    text: str  # the text of this line; if the match goes on, also of the next ones, joined by newlines
    words: tuple[str, ...]  # that were found, as they were recognized; folded if the line has no words
    quads: tuple[Corners, ...]  # four corners of each of these words, in pixels; empty if it has none
    distance: float
    """0 for the very words; else the sum of the errors that a recognizer would have made, about 1 for a wrong
    letter and less for letters that look alike."""
    scope: int  # index of the scope in which it was found
    number: int  # of the document in the journal there
    word: int  # number of the first word in the line, from 1; 0 if the line has no words


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, the nearest first, and how many pages were searched."""

    hits: tuple[Hit, ...]
    pages: int
    are_all: bool  # False if there are more hits than the limit, or too many pages had to be looked into
    problems: tuple[StateError, ...]  # why journals were left out


def find(
    query: Query,
    scopes: Sequence[Scope],
    *,
    limit: int,
    exact: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Found:
    """Return up to ``limit`` hits. ``exact`` leaves misread words out.

    A state folder without a journal has no pages. ``on_progress`` is called with the number of pages that
    were added to an index so far. Raises StateError if none of the journals can be used; if some can, those
    that cannot are left out.
    """
    with ExitStack() as opened:
        pages, searches, problems = 0, list[_Search](), list[StateError]()
        for number, scope in enumerate(scopes):
            try:
                if (journal := Database.open_read_only(scope.state)) is not None:
                    opened.enter_context(closing(journal))
                    words = opened.enter_context(SearchIndex(scope.state, journal))
                    pages += words.update(on_progress)
                    searches.append(_Search(scope, number, journal, words, query, exact=exact))
            except StateError as error:
                problems.append(error)
        if problems and not searches:
            raise problems[0]
        hits: list[Hit] = []
        for tier in _TIERS[:1] if exact else _TIERS:
            for search in searches:
                hits += search.hits(tier, limit + 1 - len(hits))
            if len(hits) > limit:
                break
    hits.sort(key=lambda hit: (hit.distance, hit.path, hit.page, hit.line))
    are_all = len(hits) <= limit and not any(search.is_cut_short for search in searches)
    return Found(tuple(hits[:limit]), pages, are_all, tuple(problems))


class _Search:
    """The search for one query in one journal."""

    def __init__(
        self, scope: Scope, number: int, journal: Database, index: SearchIndex, query: Query, *, exact: bool
    ) -> None:
        self._scope, self._journal, self._query, self._exact = scope, journal, query, exact
        self._number = number  # of the scope
        self.index = index
        self._candidates: dict[Term, dict[str, float]] = {}
        self._seen: set[int] = set()
        self.is_cut_short = False

    def hits(self, tier: float, limit: int) -> Iterator[Hit]:
        """Yield hits on pages whose words are at most ``tier`` from the terms, except pages seen before."""
        alternatives = [
            [word for word, distance in self._words_of(term).items() if distance <= tier]
            for term in self._query.terms
            if not term.is_prefix
        ]
        prefixes = [term.text for term in self._query.terms if term.is_prefix]
        left = limit
        for place in self.index.pages_with(alternatives, prefixes):
            if left <= 0 or len(self._seen) >= MAX_PAGES:
                self.is_cut_short = True
                return
            if place.id not in self._seen:
                self._seen.add(place.id)
                for hit in self._hits_on(place):
                    left -= 1
                    yield hit

    def _words_of(self, term: Term) -> dict[str, float]:
        if term not in self._candidates:
            self._candidates[term] = {term.text: 0.0} if self._exact else self.index.candidates(term)
        return self._candidates[term]

    def _cost(self, term: Term, word: str) -> float | None:
        if term.is_prefix:
            return 0.0 if word.startswith(term.text) else None
        return self._words_of(term).get(word)

    def _hits_on(self, place: Place) -> Iterator[Hit]:
        rows = self._journal.look_up(
            "SELECT documents.name, documents.pipeline, pages.page, answers.answer FROM pages"  # noqa: S608
            " JOIN documents ON documents.id = pages.document"
            f" JOIN answers ON answers.content = pages.content AND answers.reading = {CURRENT}"
            " WHERE pages.document = ? AND pages.number = ?",
            *(place.document, place.number),
        )
        for name, pipeline, stored, answer in rows:
            page = json.loads(stored)
            path = self._path(page)
            if self._is_in_scope(pipeline, path):
                lines = lines_of(answer)
                for match in matches(self._query, list(tokens_of(lines)), self._cost):
                    yield _hit(self._number, place, name, page["origin"], path, lines, match)

    def _path(self, page: dict[str, Any]) -> Path:
        return self._scope.state / SPOOL / page["path"] if page.get("spooled") else Path(page["path"])

    def _is_in_scope(self, pipeline: str, path: Path) -> bool:
        return self._scope.pipeline in (None, pipeline) and self._scope.has(path)


def _hit(
    scope: int,
    place: Place,
    document: str,
    origin: str,
    path: Path,
    lines: Sequence[dict[str, Any]],
    match: Match,
) -> Hit:
    first = match.tokens[0]
    places = list(dict.fromkeys(place for token in match.tokens for place in token.words))
    words = [lines[line]["words"][word] for line, word in places]
    last = max((line for line, _ in places), default=first.line)
    return Hit(
        document=document,
        origin=origin,
        path=path,
        page=place.number,
        line=first.line + 1,
        text="\n".join(line["text"] for line in lines[first.line : last + 1]),
        words=tuple(word["text"] for word in words) or tuple(token.text for token in match.tokens),
        quads=tuple(tuple((float(x), float(y)) for x, y in word["quad"]) for word in words),
        distance=round(match.distance, 2),
        scope=scope,
        number=place.document,
        word=first.words[0][1] + 1 if first.words else 0,
    )
