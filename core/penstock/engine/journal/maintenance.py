"""A journal's raw answers, and how its results are deleted; for people and commands."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.journal.sheet_lines import SHEETS, remove_pictures
from penstock.engine.keys import CORRECTION
from penstock.engine.state_folder import SEARCH_INDEX, StateFolder
from penstock.spool import Spool, digests_in


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A service's own answer about a page."""

    document: str  # the name of the page's document
    number: int  # the page's number in it
    content: bytes  # as the service sent it: JSON, for Azure


def raw_answers(state: Path, name: str, folder: Path) -> Iterator[RawAnswer]:
    """Iterate over the services' answers about a pipeline's pages, stored if ``keep_answers`` is set.

    Raises StateError if the journal cannot be read.
    """
    if (database := Database.open_read_only(state)) is None:
        return
    with closing(database):
        key, last = pipeline_key(state, name, folder), (0, 0)
        # One at a time, for an answer may be large.
        while row := database.row(_NEXT_ANSWER, key, *last):
            rowid, document, number, raw = row
            last = (rowid, number)
            yield RawAnswer(document, number, zlib.decompress(raw))


_NEXT_ANSWER = (
    "SELECT documents.rowid, documents.name, pages.number, answers.raw FROM documents"
    " JOIN pages ON pages.document = documents.id"
    # An amended result has a key of its own and no raw answer: then the page's latest raw answer.
    " JOIN answers ON answers.rowid = coalesce("
    "(SELECT rowid FROM answers AS own"
    " WHERE own.content = pages.content AND own.reading = pages.reading AND own.raw IS NOT NULL),"
    " (SELECT rowid FROM answers AS latest"
    " WHERE latest.content = pages.content AND latest.raw IS NOT NULL ORDER BY at DESC LIMIT 1))"
    " WHERE documents.pipeline = ? AND (documents.rowid, pages.number) > (?, ?)"
    " ORDER BY documents.rowid, pages.number LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    results: int = 0
    documents: int = 0
    submissions: int = 0  # pages in flight
    files: int = 0  # of the spool
    freed: int = 0  # bytes of these files


def forget(
    state: Path,
    name: str,
    folder: Path,
    *,
    older_than: float | None = None,
    documents: Sequence[str] = (),
    everything: bool = False,
) -> Forgotten:
    """Delete results, so that their pages are sent again by the next run. Outputs stay as they are.

    Pages that are in flight are forgotten, too: their operations are not polled any more. Other state folders
    keep their copies of a result, and a later run may copy it back from there. Raises StateError if a run
    uses the folder, or its journal cannot be used.

    Parameters
    ----------
    older_than
        Delete results older than this many seconds.
    documents
        Delete the documents of the pipeline with these names, and the results of their pages.
    everything
        Delete all results of every pipeline that uses the folder.
    """
    with StateFolder(state) as held, closing(Database(held.path, network=bool(held.network()))) as database:
        deletion = _Deletion(database, pipeline_key(held.path, name, folder))
        if everything:
            deletion.everything()
        if older_than is not None:
            deletion.older_than(time.time() - older_than)
        for document in documents:
            deletion.document(document)
        deletion.finish()
        (held.path / SEARCH_INDEX).unlink(missing_ok=True)  # it has the words; a search makes it anew
        remove_pictures(database, held.spool / SHEETS)
        files, freed = _clean_spool(database, Spool(held.spool))
        return Forgotten(deletion.results, deletion.documents, deletion.submissions, files, freed)


class _Deletion:
    """Deletes from a journal that no run uses, and counts."""

    def __init__(self, database: Database, pipeline: str) -> None:
        self._database = database
        self._pipeline = pipeline
        self.results = self.documents = self.submissions = 0

    def everything(self) -> None:
        self._delete("TRUE")
        self._database.write_now("DELETE FROM pages")
        self._database.write_now("DELETE FROM deliveries")
        self._database.write_now("DELETE FROM sinks")
        self.documents += self._database.write_now("DELETE FROM documents")

    def older_than(self, moment: float) -> None:
        self._delete("at < ?", moment)
        self._database.write_now("DELETE FROM edits WHERE at < ?", moment)

    def document(self, name: str) -> None:
        """Delete the documents of a name, and the results that no other document needs."""
        rows = self._database.look_up(
            "SELECT id FROM documents WHERE pipeline = ? AND name = ?", self._pipeline, name
        )
        for (number,) in rows:
            self._delete(
                "content IN (SELECT content FROM pages WHERE document = ?)"
                " AND content NOT IN (SELECT content FROM pages WHERE document != ? AND content IS NOT NULL)",
                *(number, number),
            )
            # What a service said about a sheet has text of the document, too.
            self._delete(
                "content IN (SELECT sheet FROM sheet_lines WHERE page IN"
                " (SELECT content FROM pages WHERE document = ?))",
                number,
            )
            self._database.write_now("DELETE FROM pages WHERE document = ?", number)
            self._database.write_now("DELETE FROM deliveries WHERE document = ?", number)
            self.documents += self._database.write_now("DELETE FROM documents WHERE id = ?", number)

    def _delete(self, condition: str, *values: Any) -> None:
        """Delete the results and submissions that meet one of the conditions above."""
        self.results += self._database.write_now(f"DELETE FROM answers WHERE {condition}", *values)  # noqa: S608
        self.submissions += self._database.write_now(
            f"DELETE FROM submissions WHERE {condition}",  # noqa: S608
            *values,
        )

    def finish(self) -> None:
        """Mark pages whose results are gone as not recognized, and give the space back."""
        self._database.write_now(
            "UPDATE pages SET state = 'found', reading = NULL WHERE state = 'read' AND NOT EXISTS"
            " (SELECT 1 FROM answers WHERE answers.content = pages.content"
            " AND answers.reading IN (pages.reading, ?))",
            CORRECTION,
        )
        for table in ("verdicts", "counts"):
            self._database.write_now(
                f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM answers WHERE"  # noqa: S608
                f" answers.content = {table}.content AND answers.reading = {table}.reading)"
            )
        self._database.write_now("DELETE FROM edits WHERE content NOT IN (SELECT content FROM answers)")
        self._database.write_now(
            "DELETE FROM sheet_lines WHERE sheet NOT IN (SELECT content FROM answers)"
            " AND sheet NOT IN (SELECT content FROM submissions)"
        )
        # The index is deleted, too. One row has to stay for the next one.
        self._database.write_now("DELETE FROM changes WHERE id < (SELECT max(id) FROM changes)")
        self._database.write_now("VACUUM")


def _clean_spool(database: Database, spool: Spool) -> tuple[int, int]:
    """Remove the pictures that no page and no note needs; return their number and bytes."""
    unneeded = dict(spool.kept())
    for digest in spool.needed():
        unneeded.pop(digest, None)
    if unneeded:
        for form in _page_forms(database):
            for digest in digests_in(form):
                unneeded.pop(digest, None)
    files = freed = 0
    for path in unneeded.values():
        with suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            files, freed = files + 1, freed + size
    return files, freed


def _page_forms(database: Database) -> Iterator[str]:
    """The JSON of all pages of all pipelines, loaded in batches."""
    document = number = -1
    while rows := database.look_up(
        "SELECT document, number, page FROM pages WHERE (document, number) > (?, ?)"
        " ORDER BY document, number LIMIT 10000",
        *(document, number),
    ):
        for document, number, form in rows:  # noqa: B007
            if form:
                yield form
