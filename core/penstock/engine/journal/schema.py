"""The journal's form on disk, and how an older one becomes it.

::

    runs         one row a run: whose, when, and its report
    documents    what sources gave, by pipeline
    pages        a document's pages: their pictures and how far each came
    answers      what recognizers answered, by content; correction and refusal are answers, too
    submissions  what was sent and is not read yet: intents and operations
    deliveries   which sink has written which reading of a document
    outputs      the files that sinks wrote, and how they left them
    parts        unfinished files
    digests      of files, by path, size and time of change
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

VERSION = 2
"""Of the form; a journal of a newer one is never touched."""

TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, started REAL NOT NULL, ended REAL, report TEXT,
    met_all INTEGER NOT NULL DEFAULT 0, taking BLOB, fresh_since INTEGER
);
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
    name TEXT NOT NULL, origin TEXT NOT NULL, folder TEXT NOT NULL, beside BLOB,
    run INTEGER NOT NULL, complete INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS documents_by_pipeline ON documents (pipeline);
CREATE TABLE IF NOT EXISTS pages (
    document INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    page TEXT, content BLOB, reading BLOB, why TEXT, hint TEXT,
    PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_by_state ON pages (state, document);
CREATE TABLE IF NOT EXISTS answers (
    content BLOB NOT NULL, reading BLOB NOT NULL, kind TEXT NOT NULL,
    digest BLOB, answer BLOB, raw BLOB, run INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (content, reading)
);
CREATE TABLE IF NOT EXISTS submissions (
    content BLOB NOT NULL, reading BLOB NOT NULL, recognizer TEXT NOT NULL, origin TEXT NOT NULL,
    operation TEXT, durable INTEGER NOT NULL DEFAULT 0, at REAL NOT NULL,
    given_up INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (content, reading)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    document INTEGER NOT NULL, sink BLOB NOT NULL, fingerprint BLOB NOT NULL,
    PRIMARY KEY (document, sink)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outputs (
    path BLOB NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    document INTEGER, sink BLOB,
    PRIMARY KEY (path, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outputs_by_document ON outputs (document, sink);
CREATE TABLE IF NOT EXISTS parts (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digests (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS digests_by_size ON digests (size);
"""


def bring_up_to_date(database: sqlite3.Connection, version: int, folder: Path) -> None:
    """Make the present form of an older one, or of nothing (version 0): wholly, or not at all.

    One transaction: a process that dies in between leaves the old form, and the next one tries again.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        if version == 1:
            _from_1(database, folder)
        for statement in filter(str.strip, TABLES.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _from_1(database: sqlite3.Connection, folder: Path) -> None:
    """Say of outputs where they lie from the state folder, not from the root of the file system."""
    database.execute("ALTER TABLE outputs ADD COLUMN document INTEGER")
    database.execute("ALTER TABLE outputs ADD COLUMN sink BLOB")
    start = os.path.realpath(folder)
    for (path,) in database.execute("SELECT DISTINCT path FROM outputs").fetchall():
        place = os.fsencode(os.path.relpath(os.fsdecode(path), start))
        database.execute("UPDATE outputs SET path = ? WHERE path = ?", (place, path))


__all__ = ["VERSION", "bring_up_to_date"]
