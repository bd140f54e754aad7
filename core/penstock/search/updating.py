"""Bring the index of a journal up to date.

The journal notes in its table ``changes`` which pages may have another text, so only these are compared with
the index. All pages are compared if the row of ``changes`` that was read last is not in the journal: then the
index is new, or another journal or an older copy of it was put in its place.

A page whose text has changed gets a new place. Its old words stay in the index and lead nowhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from penstock.engine.journal.answers import stored_lines
from penstock.engine.journal.database import Database
from penstock.engine.journal.schema import CURRENT
from penstock.errors import JournalDamaged
from penstock.search.tokens import texts_of
from penstock.search.vocabulary import Vocabulary

BATCH = 2000  # pages, or changes, that are indexed in one transaction

TABLES = """
CREATE TABLE places (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, number INTEGER NOT NULL,
    content BLOB NOT NULL, digest BLOB NOT NULL,
    UNIQUE (document, number)
);
CREATE INDEX places_by_content ON places (content);
CREATE VIRTUAL TABLE texts USING fts5 (text, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE progress (id INTEGER, mark INTEGER);
INSERT INTO progress VALUES (NULL, NULL);
"""

_PAGES = (
    "SELECT pages.document, pages.number, answers.content, answers.digest, answers.reading FROM pages"  # noqa: S608
    f" JOIN answers ON answers.content = pages.content AND answers.reading = {CURRENT}"
    " WHERE pages.state = 'read' AND "
)
_LAST = (2**63 - 1, 2**63 - 1)

Key = tuple[int, int]  # the document of a page, and its number there


class IndexUpdate:
    """An update of one index.

    The journal is read while the index is locked for writing: if several processes update it at once, the
    text that is written last is also the newest.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        journal: Database,
        vocabulary: Vocabulary,
        on_progress: Callable[[int], None],
    ) -> None:
        self._database, self._journal, self._vocabulary = database, journal, vocabulary
        self._on_progress = on_progress
        self._indexed = 0

    def run(self) -> None:
        """Index the pages that are new or have changed."""
        (last,) = self._database.execute("SELECT id, mark FROM progress")
        if self._journal.look_up("SELECT 1 FROM changes WHERE id = ? AND mark = ?", *last):
            self._follow(last[0])
        else:
            self._compare_all()

    def _follow(self, last: int) -> None:
        """Compare the pages that have changed since a row of ``changes``."""
        is_more = bool(self._changes(last, 1))  # otherwise the index need not be locked
        while is_more:
            with self._writing():
                changes = self._changes(last, BATCH)
                keys = self._changed(changes)
                self._replace(self._read(keys), self._places(keys))
                last, mark = changes[-1][:2]
                self._note_progress(last, mark)
            self._on_progress(self._indexed)
            is_more = len(changes) == BATCH

    def _changes(self, last: int, limit: int) -> list[tuple[Any, ...]]:
        return self._journal.look_up(
            "SELECT id, mark, document, number, content FROM changes WHERE id > ? ORDER BY id LIMIT ?",
            *(last, limit),
        )

    def _changed(self, changes: Iterable[tuple[Any, ...]]) -> set[Key]:
        """Return the pages that changes are about.

        A page that is not indexed yet has a change of its own, so those with a content key are in the index.
        """
        keys = set()
        same_picture = "SELECT document, number FROM places WHERE content = ?"
        for _, _, document, number, content in changes:
            if content is None:
                keys.add((document, number))
            else:
                keys.update(self._database.execute(same_picture, (content,)))
        return keys

    def _read(self, keys: Iterable[Key]) -> list[tuple[Any, ...]]:
        """Return those of the pages that are recognized."""
        query = _PAGES + "pages.document = ? AND pages.number = ?"
        return [row for key in sorted(keys) for row in self._journal.look_up(query, *key)]

    def _places(self, keys: Iterable[Key]) -> list[tuple[Any, ...]]:
        query = "SELECT document, number, content, digest FROM places WHERE document = ? AND number = ?"
        return [row for key in keys for row in self._database.execute(query, key)]

    def _compare_all(self) -> None:
        # What changes from now on is compared again by the next update.
        (newest,) = self._journal.look_up("SELECT id, mark FROM changes ORDER BY id DESC LIMIT 1")
        after = (-1, -1)
        while after != _LAST:
            with self._writing():
                after = self._compare_after(after)
            self._on_progress(self._indexed)
        with self._writing():
            self._note_progress(*newest)

    def _compare_after(self, after: Key) -> Key:
        """Compare the next pages after one, and return the last page that was compared."""
        pages = self._journal.look_up(
            f"{_PAGES} (pages.document, pages.number) > (?, ?) ORDER BY pages.document, pages.number LIMIT ?",
            *(*after, BATCH),
        )
        up_to = (pages[-1][0], pages[-1][1]) if len(pages) == BATCH else _LAST
        places = self._database.execute(
            "SELECT document, number, content, digest FROM places"
            " WHERE (document, number) > (?, ?) AND (document, number) <= (?, ?)",
            (*after, *up_to),
        )
        self._replace(pages, places)
        return up_to

    def _replace(self, pages: Sequence[tuple[Any, ...]], places: Iterable[tuple[Any, ...]]) -> None:
        """Index the recognized ones of some pages, in place of what the index has of these pages."""
        now = {
            (document, number): (content, digest or reading)
            for document, number, content, digest, reading in pages
        }
        before = {(document, number): (content, digest) for document, number, content, digest in places}
        self._database.executemany(
            "DELETE FROM places WHERE document = ? AND number = ?",
            [key for key, text in before.items() if now.get(key) != text],
        )
        all_words: set[str] = set()
        for document, number, content, _, reading in pages:
            key = (document, number)
            if before.get(key) != now[key]:
                words = self._words(content, reading)
                self._add(key, *now[key], words)
                all_words |= words
                self._indexed += 1
        self._vocabulary.add(all_words)

    def _words(self, content: bytes, reading: bytes) -> set[str]:
        """Return the folded words of a result."""
        rows = self._journal.look_up(
            "SELECT answer FROM answers WHERE content = ? AND reading = ?", content, reading
        )
        return texts_of(lines_of(rows[0][0])) if rows else set()

    def _add(self, key: Key, content: bytes, digest: bytes, words: set[str]) -> None:
        row = self._database.execute(
            "INSERT INTO places (document, number, content, digest) VALUES (?, ?, ?, ?)",
            (*key, content, digest),
        )
        self._database.execute(
            "INSERT INTO texts (rowid, text) VALUES (?, ?)", (row.lastrowid, " ".join(sorted(words)))
        )

    def _note_progress(self, last: int, mark: int) -> None:
        self._database.execute("UPDATE progress SET id = ?, mark = ?", (last, mark))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            yield


def lines_of(answer: bytes) -> list[dict[str, Any]]:
    """Return the lines of a stored result in their JSON form; none if it is damaged."""
    with suppress(JournalDamaged):
        return stored_lines(answer)
    return []
