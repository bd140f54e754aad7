"""What was sent and is not read yet: the intent before a submit, the operation before its first poll."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
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
    last_chance
        Whether the page is sent once more if it is not read when it is asked for: an earlier run gave it up
        for the deadline or a fault of the plugin, and this one is to try again.
    """

    operation: Operation | None
    last_chance: bool = False


class Submissions:
    """The submits that are out; on the scheduling thread alone.

    Parameters
    ----------
    again
        Whether what earlier runs gave up is tried again.
    """

    def __init__(self, database: Database, *, again: bool = False) -> None:
        self._database = database
        self._again = again
        self.left = frozenset(content for (content,) in database.rows("SELECT content FROM submissions"))
        """The contents that earlier runs have out; to be looked into from any thread."""

    def note_intent(self, content: bytes, reading: bytes, recognizer: str, origin: str) -> None:
        """Say that a page is about to be sent, with the next commit."""
        self._database.gather(
            "INSERT OR REPLACE INTO submissions (content, reading, recognizer, origin, at)"
            " VALUES (?, ?, ?, ?, ?)",
            *(content, reading, recognizer, writable(origin), time.time()),
        )

    def note_operation(self, content: bytes, reading: bytes, operation: Operation) -> None:
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

    def note_given_up(self, content: bytes, reading: bytes) -> None:
        """Say that a page failed while it was out; the next run asks for it all the same."""
        self._database.gather(
            "UPDATE submissions SET given_up = 1 WHERE content = ? AND reading = ?", content, reading
        )

    def delete(self, content: bytes, reading: bytes) -> None:
        """Say that nothing of a page is out any more: it is read, refused, or known not to have arrived."""
        self._database.gather("DELETE FROM submissions WHERE content = ? AND reading = ?", content, reading)

    def delete_all(self, content: bytes) -> None:
        """Say that nobody needs what earlier runs have out of a page."""
        if content in self.left:
            self._database.gather("DELETE FROM submissions WHERE content = ?", content)

    def find(self, content: bytes, reading: bytes) -> Submission | None:
        """What an earlier run has out for a page. An operation that died with its process has no data."""
        row = self._database.row(
            "SELECT operation, durable, given_up FROM submissions WHERE content = ? AND reading = ?",
            *(content, reading),
        )
        if row is None:
            return None
        if row[0] is None:
            return Submission(None)
        operation = Operation(json.loads(row[0]) if row[1] else {}, durable=bool(row[1]))
        return Submission(operation, last_chance=self._again and bool(row[2]))

    def first_pollable(self, content: bytes, readings: Sequence[bytes], known: bytes) -> int | None:
        """The first of the readings, by its place, for which an earlier run's operation can be asked for.

        For a page that is read already: what cannot be asked for is ended, for nothing will be sent; so is
        what comes after the reading that is known, before which it would not count.
        """
        if content in self.left:
            last = readings.index(known) if known in readings else len(readings)
            for place, reading in enumerate(readings):
                if out := self.find(content, reading):
                    if place <= last and out.operation and out.operation.durable:
                        return place
                    self.delete(content, reading)
        return None


__all__ = ["Submission", "Submissions"]
