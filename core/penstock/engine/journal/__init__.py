"""What outlives a run: every page's way, every answer that was paid for, every file that was written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from penstock.engine.journal.answers import Answers
from penstock.engine.journal.database import Database, writable
from penstock.engine.journal.digests import Digests
from penstock.engine.journal.documents import Documents
from penstock.engine.journal.fresh import FreshReading
from penstock.engine.journal.outputs import JournalOutputs
from penstock.engine.journal.reserve import Reserve
from penstock.engine.journal.submissions import Submissions
from penstock.engine.journal.taking_over import take_over
from penstock.engine.state_folder import StateFolder
from penstock.errors import NoSpace
from penstock.spool import Spool


class Journal:
    """The journal in a state folder that is held, for one run of a pipeline. A context manager.

    Parameters
    ----------
    state
        Entered.
    name, folder
        The pipeline's name and the folder of its file; together they say whose documents are whose.
    readings
        Digests of what changes what its recognizers read, in their order.
    taking
        The digest of what it takes in.
    fresh, again, rewrite
        As in `RunOptions`.

    Raises
    ------
    StateError
        The journal cannot be opened; JournalDamaged if it is damaged.
    """

    def __init__(
        self,
        state: StateFolder,
        *,
        name: str,
        folder: Path,
        readings: Sequence[bytes] = (),
        taking: bytes = b"",
        fresh: bool = False,
        again: bool = False,
        rewrite: bool = False,
    ) -> None:
        with ExitStack() as opened:
            self.database = Database(state.path, network=state.network() is not None)
            opened.callback(self.database.close)
            self.outputs = JournalOutputs(
                self.database, state.path, rewrite=rewrite, neighbours=state.neighbours()
            )
            opened.callback(self.outputs.close)
            self.outputs.remove_parts()
            self.digests = Digests(self.database)
            take_over(self.database, state.neighbours())
            self.submissions = Submissions(self.database, again=again)
            key = pipeline_key(state.path, name, folder)
            self.documents = Documents(self.database, key, state.path)
            Spool(state.spool).remove_parts()
            run = self.documents.begin_run()
            self.fresh = FreshReading(self.database, key, taking) if fresh else None
            since = self.fresh.begin(run) if self.fresh else None
            self.answers = Answers(
                self.database,
                readings,
                run=run,
                since=since,
                again=again,
                left=self.submissions.left,
                neighbours=self.outputs.neighbours,
            )
            self._reserve = Reserve(state.path)
            with self.database.translated():
                self._reserve.hold()
            # What was opened stays open, unless something was raised on the way.
            self._opened = opened.pop_all()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def commit(self) -> None:
        """Write everything that was noted. Raises StateError or NoSpace; then nothing of it is lost yet.

        On a full disk it is written into what was kept free for this, and NoSpace is raised all the same:
        nothing more can be begun.
        """
        try:
            self.database.commit()
        except NoSpace:
            if self._reserve.release():
                self.database.commit()
                self.answers.committed()
            raise
        self.answers.committed()


def pipeline_key(state: Path, name: str, folder: Path) -> str:
    """Whose documents are whose in a state folder that several pipelines share."""
    try:
        place = os.path.relpath(os.path.realpath(folder), os.path.realpath(state))
    except ValueError:  # another drive
        place = str(folder)
    return writable(f"{name} in {place}")


__all__ = ["Journal", "pipeline_key"]
