"""The index of a state folder's journal: which words it has, and which pages have them.

It is an SQLite file beside the journal. `SearchIndex.update` brings it up to date before each search; runs
do not write to it. The index is a cache: it can be deleted at any time, and one of another version, or
that is no index, is made anew.

::

    places     a row per recognized page: its document and number, and the digest of its result
    texts      FTS5: the folded words of a page, by the rowid of its place; without positions
    words      the distinct words of all pages, see `penstock.search.vocabulary`
    blocks     the same
    progress   what the journal was like at the last update

A page whose result has changed gets a new place. Its old words stay in ``texts`` and lead nowhere.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from penstock.engine.journal.answers import form_of
from penstock.engine.journal.database import FILE as JOURNAL
from penstock.engine.journal.database import Database
from penstock.engine.journal.schema import CURRENT
from penstock.engine.state_folder import SEARCH_INDEX
from penstock.errors import StateError
from penstock.search.query import Term
from penstock.search.tokens import tokens_of
from penstock.search.vocabulary import TABLES as VOCABULARY_TABLES
from penstock.search.vocabulary import Vocabulary

VERSION = 1
BATCH = 2000  # pages that are indexed in one transaction
BUSY_SECONDS = 60.0

_TABLES = """
CREATE TABLE places (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL, number INTEGER NOT NULL, digest BLOB NOT NULL,
    UNIQUE (document, number)
);
CREATE VIRTUAL TABLE texts USING fts5 (text, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE progress (journal TEXT NOT NULL);
INSERT INTO progress VALUES ('');
"""

_PAGES = (
    "SELECT pages.document, pages.number, answers.digest, answers.content, answers.reading FROM pages"  # noqa: S608
    f" JOIN answers ON answers.content = pages.content AND answers.reading = {CURRENT}"
    " WHERE pages.state = 'read' AND (pages.document, pages.number) > (?, ?)"
    " ORDER BY pages.document, pages.number LIMIT ?"
)
_LAST = (2**63 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Place:
    """A recognized page in the journal."""

    id: int
    document: int
    number: int


class SearchIndex:
    """The index of one state folder. A context manager.

    Where the folder cannot be written, the index is a temporary file for as long as it is open. All methods
    raise StateError if the index cannot be used.
    """

    def __init__(self, state: Path, journal: Database) -> None:
        self._state, self._journal = state, journal
        self._path = state / SEARCH_INDEX if os.access(state, os.W_OK) else None
        with self._translated():
            self._database = _opened(self._path)
        self._vocabulary = Vocabulary(self._database)

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            what = f"the search index {self._path or 'in the temporary folder'}: cannot be used ({error})"
            raise StateError(what, "make room, or delete the file, and search again") from error

    def update(self, on_progress: Callable[[int], None] = lambda _: None) -> int:
        """Index the pages that are new or have changed, and return the number of all pages.

        ``on_progress`` is called with the number of pages that were indexed so far.
        """
        with self._translated():
            stamp = _stamp(self._state)
            ((known,),) = self._database.execute("SELECT journal FROM progress")
            if known != stamp:
                self._catch_up(on_progress)
                self._database.execute("UPDATE progress SET journal = ?", (stamp,))
            ((pages,),) = self._database.execute("SELECT count(*) FROM places")
            return int(pages)

    def _catch_up(self, on_progress: Callable[[int], None]) -> None:
        done, after = 0, (-1, -1)
        while after != _LAST:
            pages = self._journal.look_up(_PAGES, *after, BATCH)
            up_to = (pages[-1][0], pages[-1][1]) if len(pages) == BATCH else _LAST
            with self._database:  # commits, or rolls back
                self._database.execute("BEGIN IMMEDIATE")
                done += self._replace(pages, after, up_to)
            on_progress(done)
            after = up_to

    def _replace(
        self, pages: Sequence[tuple[Any, ...]], after: tuple[int, int], up_to: tuple[int, int]
    ) -> int:
        """Make the places of a range of pages those of the journal; return how many are new."""
        now = {(document, number): digest or reading for document, number, digest, _, reading in pages}
        rows = self._database.execute(
            "SELECT document, number, digest FROM places"
            " WHERE (document, number) > (?, ?) AND (document, number) <= (?, ?)",
            (*after, *up_to),
        )
        before = {(document, number): digest for document, number, digest in rows}
        self._database.executemany(
            "DELETE FROM places WHERE document = ? AND number = ?",
            [place for place, digest in before.items() if now.get(place) != digest],
        )
        new = [page for page in pages if before.get((page[0], page[1])) != now[page[0], page[1]]]
        all_words: set[str] = set()
        for document, number, _, content, reading in new:
            words = self._words(content, reading)
            self._add(document, number, now[document, number], words)
            all_words |= words
        self._vocabulary.add(all_words)
        return len(new)

    def _words(self, content: bytes, reading: bytes) -> set[str]:
        """Return the folded words of a result."""
        rows = self._journal.look_up(
            "SELECT answer FROM answers WHERE content = ? AND reading = ?", content, reading
        )
        return {token.text for token in tokens_of(lines_of(rows[0][0]))} if rows else set()

    def _add(self, document: int, number: int, digest: bytes, words: set[str]) -> None:
        row = self._database.execute(
            "INSERT INTO places (document, number, digest) VALUES (?, ?, ?)", (document, number, digest)
        )
        self._database.execute(
            "INSERT INTO texts (rowid, text) VALUES (?, ?)", (row.lastrowid, " ".join(sorted(words)))
        )

    def candidates(self, term: Term) -> dict[str, float]:
        """Return the words that a term can have been read as, with their distances, the nearest first."""
        with self._translated():
            return self._vocabulary.candidates(term)

    def pages_with(self, alternatives: Sequence[Sequence[str]], prefixes: Sequence[str]) -> Iterator[Place]:
        """Yield the pages that have one word of each of the alternatives, and one word with each prefix."""
        parts = ["(" + " OR ".join(map(_quoted, words)) + ")" for words in alternatives]
        parts += [f"{_quoted(prefix)} *" for prefix in prefixes]
        with self._translated():
            rows = self._database.execute(
                "SELECT places.id, places.document, places.number FROM texts"
                " JOIN places ON places.id = texts.rowid WHERE texts MATCH ?",
                (" AND ".join(parts),),
            )
            with closing(rows):
                yield from (Place(*row) for row in rows)


def lines_of(answer: bytes) -> list[dict[str, Any]]:
    """Return the lines of a stored result in their JSON form; none if it is damaged."""
    with suppress(zlib.error, ValueError, LookupError, TypeError):
        return list(form_of(answer)["lines"])
    return []


def _opened(path: Path | None) -> sqlite3.Connection:
    """Open an index; one that cannot be read is made anew. Without a path, it is a temporary file."""
    if path is None:
        return _connected("")
    try:
        return _connected(path)
    except sqlite3.OperationalError:
        raise  # it is locked, or the disk is full
    except sqlite3.DatabaseError:
        path.unlink()
        return _connected(path)


def _connected(path: Path | str) -> sqlite3.Connection:
    """Open an index and create its tables. Raises sqlite3.DatabaseError for a file that is no such index."""
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        with database:
            database.execute("BEGIN IMMEDIATE")
            ((version,),) = database.execute("PRAGMA user_version").fetchall()
            if version == 0:
                for statement in (_TABLES + VOCABULARY_TABLES).split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"it has version {version}")
    except BaseException:
        database.close()
        raise
    return database


def _stamp(state: Path) -> str:
    """Return what changes whenever the journal is written."""
    stamps = []
    for name in (JOURNAL, f"{JOURNAL}-wal"):
        with suppress(OSError):
            stat = (state / name).stat()
            if stat.st_size:
                stamps.append(f"{name} {stat.st_size} {stat.st_mtime_ns}")
    return "; ".join(stamps)


def _quoted(word: str) -> str:
    return f'"{word}"'
