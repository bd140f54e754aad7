"""Deleting results from a journal, and spooled pictures that nothing needs any more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import CORRECTION
from penstock.engine.journal.database import Database
from penstock.engine.state_folder import StateFolder
from penstock.spool import Spool, digests_in


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted: results, documents, pages in flight, and files of the spool with their bytes."""

    results: int = 0
    documents: int = 0
    submissions: int = 0
    files: int = 0
    freed: int = 0


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
    keep their copies of a result, and a later run may copy it back from there.

    Parameters
    ----------
    state
        The state folder.
    name, folder
        The pipeline's name and the folder of its file. They say whose documents are meant.
    older_than
        Delete results older than this many seconds.
    documents
        Delete the documents with these names, and the results of their pages.
    everything
        Delete all results of every pipeline that uses the folder.

    Raises
    ------
    StateError
        A run uses the folder, or its journal cannot be used.
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
        self.documents += self._database.write_now("DELETE FROM documents")

    def older_than(self, moment: float) -> None:
        self._delete("at < ?", moment)

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


__all__ = ["Forgotten", "forget"]
