"""Pages that were sent and are not recognized yet.

Before a page is sent, the intent is committed; before its operation is first polled, the operation is
committed. After a crash, a row with an operation can be polled by the next run, and a row with only an intent
is *in doubt*: the service may or may not have accepted, and billed, the page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from penstock.engine.journal.database import Database, storable
from penstock.engine.journal.runs import in_runs
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.model import Operation

_MINE = "content = ? AND reading = ? AND run = ?"


@dataclass(frozen=True, slots=True)
class Submission:
    """A page that an earlier run sent."""

    operation: Operation | None  # None if the run ended before the service's answer was stored
    last_chance: bool = False
    """The page is sent again if this poll brings no result: an earlier run gave the page up after its
    deadline or an error of the plugin, and this run retries failed pages."""

    @property
    def is_pollable(self) -> bool:
        return self.operation is not None and self.operation.durable


def is_pollable(database: Database, content_key: ContentKey, recognizer_key: RecognizerKey) -> bool:
    """Return whether any run left an operation of a page that the next run can poll. Any thread."""
    return bool(
        database.look_up(
            "SELECT 1 FROM submissions WHERE content = ? AND reading = ? AND durable",
            *(content_key, recognizer_key),
        )
    )


class Submissions:
    """The submissions of one run, with those that it adopted from dead runs. Scheduling thread only.

    Other live runs have submissions of their own in the same table; this run never touches them. It adopts
    those of ``dead_runs``. ``retry`` if pages that earlier runs gave up are sent again.
    """

    def __init__(
        self, database: Database, *, run: int, dead_runs: Sequence[int] = (), retry: bool = False
    ) -> None:
        self._database, self._run, self._retry = database, run, retry
        self._is_dead, self._dead_runs = in_runs(dead_runs)
        self._drop_answered()
        rows = database.rows(f"SELECT content FROM submissions WHERE {self._is_dead}", self._dead_runs)  # noqa: S608
        self.left = frozenset(ContentKey(content) for (content,) in rows)
        """The pages that earlier runs sent. Never changed, so any thread may read it."""

    def _drop_answered(self) -> None:
        """Delete the submissions of dead runs whose page a later run has answered since."""
        answered = (
            "EXISTS (SELECT 1 FROM answers WHERE answers.content = submissions.content"
            " AND answers.reading = submissions.reading AND answers.run > submissions.run"
            " AND submissions.run > 0)"
        )
        statement = f"DELETE FROM submissions WHERE {self._is_dead} AND {answered}"  # noqa: S608
        self._database.gather(statement, self._dead_runs)
        self._database.commit()

    def _adopt(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> None:
        """Mark the submission of a page that a dead run left as this run's own.

        Only now, when this run has found the page: other runs must be able to poll the other ones. If several
        dead runs sent the page, an operation that can be polled is kept before one that cannot.
        """
        page = (content_key, recognizer_key, self._dead_runs)
        for durable in (1, 0):
            self._database.write_now(
                "UPDATE OR IGNORE submissions SET run = ?"  # noqa: S608
                f" WHERE durable = ? AND content = ? AND reading = ? AND {self._is_dead}",
                *(self._run, durable, *page),
            )
        self._database.write_now(
            f"DELETE FROM submissions WHERE content = ? AND reading = ? AND {self._is_dead}",  # noqa: S608
            *page,
        )

    def note_intent(
        self, content_key: ContentKey, recognizer_key: RecognizerKey, recognizer: str, origin: str
    ) -> None:
        """Note that a page is about to be sent. Must be committed before the call."""
        self._database.gather(
            "INSERT OR REPLACE INTO submissions (content, reading, run, recognizer, origin, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(content_key, recognizer_key, self._run, recognizer, storable(origin), time.time()),
        )

    def note_operation(
        self, content_key: ContentKey, recognizer_key: RecognizerKey, operation: Operation
    ) -> None:
        """Note what the service returned for a page. Must be committed before the first poll.

        An operation that is not JSON-able, against its contract, can be polled by this process only.
        """
        form = ""
        if operation.durable:
            with suppress(TypeError, ValueError):
                form = json.dumps(dict(operation.data))
        self._database.gather(
            f"UPDATE submissions SET operation = ?, durable = ? WHERE {_MINE}",  # noqa: S608
            *(form, bool(form), content_key, recognizer_key, self._run),
        )

    def note_given_up(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> None:
        """Note that a page failed while it was in flight. The next run still polls its operation."""
        self._database.gather(
            f"UPDATE submissions SET given_up = 1 WHERE {_MINE}",  # noqa: S608
            *(content_key, recognizer_key, self._run),
        )

    def delete(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> None:
        """Note that a page is not in flight any more: it is recognized, refused or was never accepted."""
        self._database.gather(
            f"DELETE FROM submissions WHERE {_MINE}",  # noqa: S608
            *(content_key, recognizer_key, self._run),
        )

    def delete_all(self, content_key: ContentKey) -> None:
        """Note that no submission of a page is needed, whichever recognizer it was sent to."""
        if content_key in self.left:
            self._database.gather(
                f"DELETE FROM submissions WHERE content = ? AND (run = ? OR {self._is_dead})",  # noqa: S608
                *(content_key, self._run, self._dead_runs),
            )

    def find(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> Submission | None:
        """Return the submission that an earlier run left, or None.

        An operation that only its own process could poll comes back without data.
        """
        if content_key in self.left:
            self._adopt(content_key, recognizer_key)
        row = self._database.row(
            f"SELECT operation, durable, given_up FROM submissions WHERE {_MINE}",  # noqa: S608
            *(content_key, recognizer_key, self._run),
        )
        if row is None:
            return None
        operation, durable, given_up = row
        if operation is None:
            return Submission(None)
        data = json.loads(operation) if durable else {}
        return Submission(Operation(data, durable=bool(durable)), last_chance=self._retry and bool(given_up))

    def first_pollable(
        self, content_key: ContentKey, recognizer_keys: Sequence[RecognizerKey], last: int
    ) -> int | None:
        """Return the index of the first recognizer with a pollable submission of a page; None without any.

        For a page that has a result already. Only polls are worth a call then. Submissions that cannot be
        polled are deleted, and so are those of recognizers after the ``last`` one whose result would count.
        """
        if content_key in self.left:
            for index, key in enumerate(recognizer_keys):
                if submission := self.find(content_key, key):
                    if index <= last and submission.is_pollable:
                        return index
                    self.delete(content_key, key)
        return None
