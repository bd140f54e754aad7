"""The tables of a journal, and the migration of older journals.

::

    runs         one row per run: its pipeline, times and report
    documents    what the sources yielded, by pipeline
    pages        a document's pages: their pictures and how far each one got
    answers      stored results, by content key and recognizer key (column `reading`); kind is
                 'read', 'declined' or 'refused', and a correction is an answer with a key of its own
    submissions  pages that a run sent and that are not recognized yet: intents and operations
    deliveries   which sink has written which version of a document
    sinks        the sinks of each pipeline: what it says about them, and the last run that had them
    outputs      the files that sinks wrote: their digests, sizes and times
    parts        unfinished output files, by the run that writes them
    digests      of files, by path, size and time of change; for PDFs followed by those of the pages
    verdicts     what rules said about answers; judged is the digest of both
    sheet_lines  lines of pages (column `page`, a content key) on the sheets that were sent for them; first is
                 the digest of the result that the line is from, place where it is on the sheet
    kept         pages whose result no rule accepted and for which there is no better one; they are named
                 with that result, so that a row does not count any more when the page has another
    counts       how many words results have, how many of them are doubtful and how many corrected; a row
                 counts only while the result has this digest
    edits        what people changed in the text of pages: lines from index `start` on, before and after, as
                 compressed JSON
    changes      which recognized pages may have another text than before: one page, or all those with a
                 content key; triggers write it, and searches read it. `mark` is random, so that no other
                 journal, and no older copy of this one that has grown since, has the same row
    expenses     pages that runs sent to services, by recognizer (column `reading`) and local day;
                 cost is in billionths of the currency, and NULL without a price
"""

from __future__ import annotations

import sqlite3

from penstock.engine.keys import CORRECTION

VERSION = 7
"""Written into the journal as SQLite's ``user_version``. A journal with a newer version is never touched."""
OLDEST = 2
"""The oldest version that can be migrated."""
NO_RUN = 0
"""Run of rows that belong to no run: results copied from other journals, and rows of older journals."""

TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, started REAL NOT NULL, ended REAL, report TEXT,
    met_all INTEGER NOT NULL DEFAULT 0, taking BLOB, fresh_since INTEGER,
    counted INTEGER NOT NULL DEFAULT 1
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
    content BLOB NOT NULL, reading BLOB NOT NULL, run INTEGER NOT NULL,
    recognizer TEXT NOT NULL, origin TEXT NOT NULL,
    operation TEXT, durable INTEGER NOT NULL DEFAULT 0, at REAL NOT NULL,
    given_up INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (content, reading, run)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    document INTEGER NOT NULL, sink BLOB NOT NULL, fingerprint BLOB NOT NULL,
    PRIMARY KEY (document, sink)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sinks (
    pipeline TEXT NOT NULL, sink BLOB NOT NULL, ad_hoc INTEGER NOT NULL, run INTEGER NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (pipeline, sink)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outputs (
    path BLOB NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    document INTEGER, sink BLOB,
    PRIMARY KEY (path, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outputs_by_document ON outputs (document, sink);
CREATE INDEX IF NOT EXISTS outputs_by_size ON outputs (size);
CREATE TABLE IF NOT EXISTS parts (path BLOB PRIMARY KEY, run INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (document INTEGER PRIMARY KEY, run INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS digests (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS expenses (
    run INTEGER NOT NULL, reading BLOB NOT NULL, day TEXT NOT NULL,
    recognizer TEXT NOT NULL, pages INTEGER NOT NULL, cost INTEGER,
    PRIMARY KEY (run, reading, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (
    content BLOB NOT NULL, reading BLOB NOT NULL, judged BLOB NOT NULL, accepted INTEGER NOT NULL,
    PRIMARY KEY (content, reading)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sheet_lines (
    sheet BLOB NOT NULL, reading BLOB NOT NULL, page BLOB NOT NULL, line INTEGER NOT NULL,
    first BLOB NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (page, reading, sheet, line)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lines_by_sheet ON sheet_lines (sheet);
CREATE TABLE IF NOT EXISTS kept (
    document INTEGER NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL, reading BLOB NOT NULL,
    PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
    content BLOB NOT NULL, reading BLOB NOT NULL, digest BLOB NOT NULL,
    words INTEGER NOT NULL, doubtful INTEGER NOT NULL, corrected INTEGER NOT NULL,
    PRIMARY KEY (content, reading)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edits (
    id INTEGER PRIMARY KEY, content BLOB NOT NULL, at REAL NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL,
    start INTEGER NOT NULL, before BLOB NOT NULL, after BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS edits_by_content ON edits (content);
CREATE TABLE IF NOT EXISTS changes (
    id INTEGER PRIMARY KEY, document INTEGER, number INTEGER, content BLOB,
    mark INTEGER NOT NULL DEFAULT (random())
);
INSERT INTO changes DEFAULT VALUES;
"""

_CORRECTION = f"x'{CORRECTION.hex()}'"
_NOTE_PAGE = "BEGIN INSERT INTO changes (document, number) VALUES ({0}.document, {0}.number); END"
_NOTE_CONTENT = "BEGIN INSERT INTO changes (content) VALUES ({0}.content); END"
# A new result changes no text until a row of ``pages`` names it, unless it is a correction. BEFORE, because
# INSERT OR REPLACE has deleted the old row afterwards, and fires no trigger for that.
TRIGGERS = (
    "CREATE TRIGGER IF NOT EXISTS page_inserted AFTER INSERT ON pages WHEN new.state = 'read' "
    + _NOTE_PAGE.format("new"),
    "CREATE TRIGGER IF NOT EXISTS page_updated AFTER UPDATE ON pages"
    " WHEN 'read' IN (old.state, new.state) AND (old.state, old.content, old.reading) IS NOT"
    " (new.state, new.content, new.reading) " + _NOTE_PAGE.format("new"),
    "CREATE TRIGGER IF NOT EXISTS page_deleted AFTER DELETE ON pages WHEN old.state = 'read' "
    + _NOTE_PAGE.format("old"),
    "CREATE TRIGGER IF NOT EXISTS answer_inserted BEFORE INSERT ON answers"  # noqa: S608
    f" WHEN new.reading = {_CORRECTION} OR EXISTS (SELECT 1 FROM answers WHERE content = new.content"
    " AND reading = new.reading) " + _NOTE_CONTENT.format("new"),
    "CREATE TRIGGER IF NOT EXISTS correction_deleted AFTER DELETE ON answers"
    f" WHEN old.reading = {_CORRECTION} " + _NOTE_CONTENT.format("old"),
)
"""They note in ``changes`` what a search has to look at again."""

CURRENT = (
    "(CASE WHEN EXISTS (SELECT 1 FROM answers AS corrections WHERE corrections.content = pages.content"  # noqa: S608
    f" AND corrections.reading = {_CORRECTION}) THEN {_CORRECTION} ELSE pages.reading END)"
)
"""The recognizer key of the text that a row of ``pages`` has now.

A page may have been corrected since the run that noted its recognizer."""

IS_PROVISIONAL = (
    "EXISTS (SELECT 1 FROM kept WHERE kept.document = pages.document AND kept.number = pages.number"
    " AND kept.content = pages.content AND kept.reading = pages.reading)"
)
"""Condition for rows of ``pages`` whose result is provisional."""

# Both tables get a column that is part of a key or has no default, so they are made anew.
_BEFORE_2_TO_3 = """
ALTER TABLE submissions RENAME TO old_submissions;
ALTER TABLE parts RENAME TO old_parts;
DROP INDEX digests_by_size;
"""
_AFTER_2_TO_3 = """
INSERT INTO submissions (content, reading, run, recognizer, origin, operation, durable, at, given_up)
    SELECT content, reading, 0, recognizer, origin, operation, durable, at, given_up FROM old_submissions;
INSERT INTO parts (path, run) SELECT path, 0 FROM old_parts;
DROP TABLE old_submissions;
DROP TABLE old_parts;
"""

# Older journals have no expenses. The reports of their runs say how many pages were billed; runs that were
# killed have no report, and are not counted.
_FROM_3_TO_4 = """
ALTER TABLE runs ADD COLUMN counted INTEGER NOT NULL DEFAULT 1;
UPDATE runs SET counted = 0 WHERE report IS NULL;
INSERT INTO expenses (run, reading, day, recognizer, pages, cost)
    SELECT id, x'', date(started, 'unixepoch', 'localtime'), '', json_extract(report, '$.pages_billed'),
        CAST(round(1e9 * json_extract(report, '$.cost')) AS INTEGER)
    FROM runs WHERE json_extract(report, '$.pages_billed') > 0;
"""
# Version 4 has the price of a thousand pages instead of the cost.
_FROM_4_TO_5 = """
ALTER TABLE expenses ADD COLUMN cost INTEGER;
UPDATE expenses SET cost = CAST(round(1e6 * price * pages) AS INTEGER);
ALTER TABLE expenses DROP COLUMN price;
"""


def create_or_migrate(connection: sqlite3.Connection) -> None:
    """Create the tables of a new journal, or migrate an older one.

    Everything is one transaction: after a crash the journal has its old version, and the next run tries
    again. Several runs may start at once, so the version is read again inside the transaction.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        script = _BEFORE_2_TO_3 + TABLES + _AFTER_2_TO_3 if version == OLDEST else TABLES
        script += _FROM_3_TO_4 if 0 < version < 4 else ""
        script += _FROM_4_TO_5 if version == 4 else ""
        for statement in (*filter(str.strip, script.split(";")), *TRIGGERS):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
