"""What was sent and is not read yet: the intent before a submit, the operation before its first poll."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass

from penstock.engine.journal.database import Database, writable
from penstock.model import Operation


@dataclass(frozen=True, slots=True)
class Submission:
    """A page that an earlier run sent.

    Parameters
    ----------
    operation
        What the service gave for it; None if the run ended before its answer was known.
    """

    operation: Operation | None


class Submissions:
    """The submits that are out; on the scheduling thread alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intent(self, content: bytes, reading: bytes, recognizer: str, origin: str) -> None:
        """Say that a page is about to be sent, with the next commit."""
        self._database.gather(
            "INSERT OR REPLACE INTO submissions (content, reading, recognizer, origin, at)"
            " VALUES (?, ?, ?, ?, ?)",
            *(content, reading, recognizer, writable(origin), time.time()),
        )

    def submitted(self, content: bytes, reading: bytes, operation: Operation) -> None:
        """Say what the service gave for a page.

        An operation that is no JSON, against its promise, can be polled by this process alone.
        """
        form = ""
        if operation.durable:
            with suppress(TypeError, ValueError):
                form = json.dumps(dict(operation.data))
        self._database.gather(
            "UPDATE submissions SET operation = ?, durable = ? WHERE content = ? AND reading = ?",
            *(form, bool(form), content, reading),
        )

    def ended(self, content: bytes, reading: bytes) -> None:
        """Say that nothing of a page is out any more: it is read, refused, or known not to have arrived."""
        self._database.gather("DELETE FROM submissions WHERE content = ? AND reading = ?", content, reading)

    def find(self, content: bytes, reading: bytes) -> Submission | None:
        """What an earlier run has out for a page. An operation that died with its process has no data."""
        row = self._database.row(
            "SELECT operation, durable FROM submissions WHERE content = ? AND reading = ?", content, reading
        )
        if row is None:
            return None
        if row[0] is None:
            return Submission(None)
        return Submission(Operation(json.loads(row[0]) if row[1] else {}, durable=bool(row[1])))


__all__ = ["Submission", "Submissions"]
