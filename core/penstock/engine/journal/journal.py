"""The whole journal, as a run uses it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from penstock.engine.acceptance import Acceptance
from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import Answers
from penstock.engine.journal.database import Database, Reserve
from penstock.engine.journal.digests import Digests
from penstock.engine.journal.documents import Documents
from penstock.engine.journal.expenses import Expenses
from penstock.engine.journal.outputs import JournalOutputs
from penstock.engine.journal.result_index import ResultIndex
from penstock.engine.journal.runs import RunRecord
from penstock.engine.journal.sheet_lines import SheetLines
from penstock.engine.journal.sinks import Sinks
from penstock.engine.journal.submissions import Submissions
from penstock.engine.keys import RecognizerKey
from penstock.engine.state_folder import StateFolder
from penstock.errors import NoSpace
from penstock.model import Problem
from penstock.spool import Spool


class Journal:
    """The journal of a state folder, for one run of a pipeline. A context manager.

    The state folder must be entered. ``fresh``, ``retry``, ``rewrite`` and ``result_index`` are as in
    `RunOptions`, and ``acceptance`` as in `Plan`. Raises StateError if the journal cannot be opened;
    JournalDamaged if it is damaged.
    """

    def __init__(
        self,
        state: StateFolder,
        *,
        name: str,
        folder: Path,
        recognizer_keys: Sequence[RecognizerKey] = (),
        sources_key: bytes = b"",
        fresh: bool = False,
        retry: bool = False,
        rewrite: bool = False,
        result_index: Path | None = None,
        acceptance: Acceptance | None = None,
    ) -> None:
        with ExitStack() as opened:
            self.database = Database(state.path, network=state.network() is not None)
            opened.callback(self.database.close)
            key = pipeline_key(state.path, name, folder)
            self.run = RunRecord(self.database, state.path, key, sources_key, fresh=fresh)
            opened.callback(self.run.close)
            dead_runs = self.run.dead_runs()
            self.run.release_documents(dead_runs)
            self.outputs = JournalOutputs(self.database, state.path, run=self.run.id, rewrite=rewrite)
            opened.callback(self.outputs.objects.close)
            self.outputs.remove_parts(dead_runs)
            self.sinks = Sinks(self.database, state.path, key, run=self.run.id)
            self.expenses = Expenses(self.database, run=self.run.id)
            self.submissions = Submissions(self.database, run=self.run.id, dead_runs=dead_runs, retry=retry)
            self.run.remove_dead_locks()
            Spool(state.spool).remove_parts()
            self.digests = Digests(self.database)
            self.documents = Documents(self.database, key, state.path, self.run.id, shared=state.is_shared)
            self._index = ResultIndex(result_index, state.path)
            opened.callback(self._index.close)
            self._index.update(self.database)
            self.answers = Answers(
                self.database,
                recognizer_keys,
                run=self.run.id,
                since=self.run.since,
                retry=retry,
                left=self.submissions.left,
                index=self._index,
                acceptance=acceptance,
            )
            self.sheet_lines = SheetLines(self.database)
            self._reserve = Reserve(state.path)
            self.hold_reserve()
            # Keep everything open, unless an exception has been raised before this line.
            self._opened = opened.pop_all()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def warnings(self) -> list[Problem]:
        """What the run's report should warn of."""
        return [self._index.problem] if self._index.problem else []

    def hold_reserve(self) -> None:
        """Take the space for the answers that arrive when the disk is full. Raises NoSpace or StateError."""
        with self.database.translated():
            self._reserve.hold()

    def commit(self) -> None:
        """Write everything that was noted. Raises StateError or NoSpace; then nothing of it is lost yet.

        If the disk is full, the space of the reserve is used. NoSpace is raised all the same, for nothing
        more can be sent.
        """
        try:
            self.database.commit()
        except NoSpace:
            if self._reserve.release():
                self.database.commit()
                self.answers.committed()
            raise
        self.answers.committed()
        # Only now: a row of the index must not point to a result that is not on the disk.
        self._index.update(self.database)
