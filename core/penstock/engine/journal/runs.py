"""The runs that use a journal: which of them are alive, and where a fresh run started over.

Several `penstock read` can use one state folder at the same time. Each run has an id, and marks with it what
is its own: its submissions and its unfinished files. While it is alive, it holds a lock on ``runs/<id>.lock``
in the state folder. The operating system releases the lock when the process ends, however it ends, so other
runs can tell what a dead run left behind from what a live run still works on.

A *fresh* run recognizes everything again. If it is cut short, the next fresh run of the same pipeline over
the same sources continues it, so that no page is paid for twice. Hence a fresh run that was not finished
leaves the id of the run that started it in the column ``fresh_since``.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.state_folder import RUNS, is_locked, process_info
from penstock.errors import OutputError

NO_RESULTS = 2**63 - 1
"""Larger than every run id: before the first fresh run, no stored result counts."""
FOUND_ALL = "found_all"
"""Key of a progress report: whether the sources have yielded all documents."""
WORKERS = "workers"
"""Key of a progress report: lines about the workers that read pages."""


def fresh_since(database: Database, pipeline: str, sources_key: bytes) -> int | None:
    """Return the id of the run that started an unfinished fresh run, or None. Any thread."""
    ((run,),) = database.look_up(
        "SELECT min(fresh_since) FROM runs WHERE pipeline = ? AND taking = ?", pipeline, sources_key
    )
    return None if run is None else int(run)


class RunRecord:
    """This run's row and lock file.

    ``fresh`` if results of earlier runs are ignored. `since` is then the first run whose results count.
    """

    def __init__(
        self, database: Database, folder: Path, pipeline: str, sources_key: bytes, *, fresh: bool
    ) -> None:
        self._database, self._folder = database, folder / RUNS
        self._key = (pipeline, sources_key)
        ((self.id,),) = database.look_up(
            "INSERT INTO runs (pipeline, started) VALUES (?, ?) RETURNING id", pipeline, time.time()
        )
        self._hold_lock()
        self.since = self._begin_fresh() if fresh else None

    def _hold_lock(self) -> None:
        """Lock the run's file, before anything in the journal is marked with the run's id."""
        self._path = self._folder / f"{self.id}.lock"
        with self._database.translated():
            self._folder.mkdir(exist_ok=True)
            # Locked under another name first: a file that others see under its own name without a lock
            # belongs to a dead run and is removed.
            new = self._path.with_suffix(".new")
            self._file = new.open("wb", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with suppress(OSError):  # The lock holds even if the disk is full.
                self._file.write(json.dumps(process_info()).encode())
            new.replace(self._path)

    def _begin_fresh(self) -> int:
        earlier = fresh_since(self._database, *self._key)
        first = self.id if earlier is None else earlier
        self._database.write_now(
            "UPDATE runs SET fresh_since = ?, taking = ? WHERE id = ?", first, self._key[1], self.id
        )
        return first

    def note_progress(self, report: str) -> None:
        """Store how far the run is with the next commit, for people who ask for its status."""
        self._database.gather("UPDATE runs SET report = ? WHERE id = ?", report, self.id)

    def end(self, report: str, *, found_all: bool, finished: bool) -> None:
        """Store the run's report with the next commit.

        ``found_all`` if the run found every document that there is, so that others are missing. ``finished``
        if it was not stopped or interrupted: the next fresh run starts over.
        """
        self._database.gather(
            "UPDATE runs SET ended = ?, report = ?, met_all = ? WHERE id = ?",
            *(time.time(), report, found_all, self.id),
        )
        # Only the last report is asked for. Those of a watch with a run for each file would fill the disk.
        self._database.gather(
            "UPDATE runs SET report = NULL WHERE id ="
            " (SELECT id FROM runs WHERE pipeline = ? AND id < ? AND ended IS NOT NULL"
            " ORDER BY id DESC LIMIT 1)",
            *(self._key[0], self.id),
        )
        if finished and self.since is not None:
            self._database.gather(
                "UPDATE runs SET fresh_since = NULL WHERE pipeline = ? AND taking = ?", *self._key
            )

    def dead_runs(self) -> list[int]:
        """Return the runs that left rows behind and are not alive any more."""
        # The ids are read before the locks are tested. A run that adopts rows marks them with its own id
        # after it holds its lock, so an id that is read here and has no lock belongs to a dead run.
        rows = self._database.look_up(
            "SELECT run FROM submissions UNION SELECT run FROM parts UNION SELECT run FROM main.seen"
        )
        runs = [int(run) for (run,) in rows if run != self.id]
        return [run for run in runs if not is_locked(self._folder / f"{run}.lock")]

    def release_documents(self, dead_runs: Iterable[int]) -> None:
        """Let this run find the documents that dead runs were working on."""
        dead, value = in_runs(dead_runs)
        self._database.write_now(f"DELETE FROM main.seen WHERE {dead}", value)  # noqa: S608

    def remove_dead_locks(self) -> None:
        for path in self._folder.glob("*.lock"):
            if path != self._path and not is_locked(path):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        with suppress(OutputError):
            self.release_documents([self.id])
        with suppress(OSError):
            self._path.unlink()
        self._file.close()


def in_runs(runs: Iterable[int]) -> tuple[str, str]:
    """Return an SQL condition on the column ``run``, and its value, that select rows of these runs."""
    return "run IN (SELECT value FROM json_each(?))", json.dumps(list(runs))
