"""A worker process of this machine that writes documents."""

from __future__ import annotations

import sys

from penstock.errors import OutputError
from penstock.workers.answers import Failure
from penstock.workers.local import COMMAND, MAX_DEATHS, MAX_FAILED_STARTS, THREADS
from penstock.workers.process import WorkerDied, WorkerProcess
from penstock.workers.writer import SinkRecipes, WriteJob, WrittenJob


class CannotStart(Exception):
    """No process can be started, or a sink cannot be made in it. The message is a clause."""


class SinkProcess:
    """A process that writes one document after the other. It is started by the first one.

    `write` and `reap` are for the owning thread only; any thread may call `stop`.

    Parameters
    ----------
    recipes
        Make the sinks in the process.
    timeout
        Seconds until a process that has not written a document is killed.
    """

    def __init__(self, recipes: SinkRecipes, timeout: float) -> None:
        environment = dict.fromkeys(THREADS, "1")
        self._process = WorkerProcess(COMMAND, (list(sys.path), recipes), environment, timeout)
        self.stop, self.reap = self._process.stop, self._process.reap

    def write(self, job: WriteJob) -> WrittenJob:
        """Write a document. A process that dies or hangs costs it one more try. Raises CannotStart."""
        deaths = failed_starts = 0
        while True:
            try:
                result: WrittenJob | Failure = self._process.request(job)
            except WorkerDied as death:
                deaths += death.was_ready
                failed_starts += not death.was_ready
                if deaths >= MAX_DEATHS:
                    return WrittenJob(failure=Failure(_refusal(job, death.how)))
                if failed_starts >= MAX_FAILED_STARTS:
                    raise CannotStart(f"a worker process cannot be started: {death.how}") from death
                _clear(job)
            except OSError as error:
                raise CannotStart(f"a worker process cannot be started: {error}") from error
            else:
                if isinstance(result, Failure):
                    raise CannotStart(str(result.error))
                return result


def _clear(job: WriteJob) -> None:
    """Remove what a dead process left."""
    for file in job.folder.iterdir():
        file.unlink()


def _refusal(job: WriteJob, how: str) -> OutputError:
    return OutputError(
        f"{job.document.origin}: two worker processes ended while they wrote this document; the last: {how}",
        'there may be too little memory: use fewer workers, or set [engine] sinks = "coordinator"',
    )
