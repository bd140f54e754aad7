"""The index of a state folder's journal: which words it has, and which pages have them.

It is an SQLite file beside the journal. `SearchIndex.update` brings it up to date before each search; runs
do not write to it. The index is a cache: it can be deleted at any time, and one of another version, or
that is no index, is made anew.

::

    places     a row per recognized page: its document and number, its content key, the digest of its result
    texts      FTS5: the folded words of a page, by the rowid of its place; without positions
    words      the distinct words of all pages, see `penstock.search.vocabulary`
    blocks     the same
    progress   the row of the journal's ``changes`` that was read last, see `penstock.search.updating`
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from penstock.engine.journal.database import Database
from penstock.engine.state_folder import SEARCH_INDEX
from penstock.errors import StateError
from penstock.search.query import Term
from penstock.search.updating import TABLES, IndexUpdate
from penstock.search.vocabulary import TABLES as VOCABULARY_TABLES
from penstock.search.vocabulary import Vocabulary

VERSION = 2
BUSY_SECONDS = 60.0
CACHE_KIB = 65536  # for the pages of large indexes that an update writes


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
        self._journal = journal
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
            IndexUpdate(self._database, self._journal, self._vocabulary, on_progress).run()
            ((pages,),) = self._database.execute("SELECT count(*) FROM places")
            return int(pages)

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
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        with database:
            database.execute("BEGIN IMMEDIATE")
            ((version,),) = database.execute("PRAGMA user_version").fetchall()
            if version == 0:
                for statement in (TABLES + VOCABULARY_TABLES).split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"it has version {version}")
    except BaseException:
        database.close()
        raise
    return database


def _quoted(word: str) -> str:
    return f'"{word}"'
