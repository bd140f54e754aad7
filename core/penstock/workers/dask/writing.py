"""The workers of a cluster as those that write documents."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.errors import OutputError, StopRun, StorageError, StorageUnreachable
from penstock.model import RecognizedDocument, Resources
from penstock.storage import Address, ObjectStatus
from penstock.workers.answers import Failure
from penstock.workers.dask import remote_sinks
from penstock.workers.dask.documents import packed_document, sent_bytes
from penstock.workers.dask.members import Job, Work
from penstock.workers.sink_process import CannotStart
from penstock.workers.writer import CannotSend, WorkerLost, WrittenJob, WrittenThere

if TYPE_CHECKING:
    from penstock.workers.dask.cluster import Cluster

KEY = "sinks"
"""Of the work of writing a document."""
RESOURCES = Resources()
"""What writing a document needs. A worker writes one document at a time."""


class WritingWorkers:
    """The workers of a cluster for the sinks; see `DocumentWorkers`.

    Parameters
    ----------
    keys
        Of the sinks in the workers, by the sinks' indexes in the pipeline.
    """

    def __init__(self, cluster: Cluster, keys: Mapping[int, str], shared_folders: Sequence[Path]) -> None:
        self._cluster, self._keys, self._shared = cluster, keys, shared_folders
        self._lock = threading.Lock()  # of the two fields below
        self._waiting: set[Future[Any]] = set()
        self._is_closed = False

    @property
    def sinks(self) -> frozenset[int]:
        """The indexes of the sinks that every worker can make."""
        return frozenset(self._keys)

    @property
    def room(self) -> int:
        """Documents that may be under way at once."""
        return self._cluster.room_for(KEY)

    def size(self, document: RecognizedDocument) -> int:
        """Return the bytes of the pictures that would be sent."""
        return sent_bytes(document, self._shared)

    def write(
        self, document: RecognizedDocument, sinks: Sequence[int], staging: Mapping[Path, Path]
    ) -> WrittenThere:
        """Have a document written, and wait until it is."""
        keys = tuple(self._keys[index] for index in sinks)
        work = Work(
            key=KEY,
            title="the sinks",
            origin=document.origin,
            resources=RESOURCES,
            function=remote_sinks.write_document,
            packed=partial(packed_document, document, self._shared, self._cluster.run, keys, staging),
            refusal=partial(_refusal, document.origin),
        )
        ended: Future[object] = Future()
        job = Job(work, partial(_end, ended))
        self._cluster.add(job)
        return _written(self._waited(ended), job, len(keys))

    def send(self, worker: str, path: Path, address: Address, replaces: ObjectStatus | None) -> ObjectStatus:
        """Have a file uploaded by the worker that wrote it."""
        asking = self._cluster.asking(worker, remote_sinks.upload, path, address, replaces)
        answer = self._waited(asking)
        if isinstance(answer, ObjectStatus):
            return answer
        error = answer.error if isinstance(answer, Failure) else answer
        # Another worker may still reach a service that one of them does not reach.
        if isinstance(error, StorageError) and not isinstance(error, StorageUnreachable):
            raise error
        raise WorkerLost(f"{worker}: {error}")

    def discard(self, worker: str, folders: set[Path]) -> None:
        """Have folders removed by the worker that wrote to them. Does not wait."""
        self._cluster.asking(worker, remote_sinks.discard, folders)

    def describe(self) -> str:
        """Return a line about the workers, for people."""
        return self._cluster.describe(RESOURCES)[0]

    def close(self) -> None:
        """Stop all work."""
        with self._lock:
            self._is_closed = True
            waiting = list(self._waiting)
        self._cluster.drop(KEY)
        for each in waiting:
            each.cancel()

    def _waited(self, future: Future[Any]) -> Any:
        """Wait for an answer. Raises CannotSend when the workers are closed."""
        with self._lock:
            self._waiting.add(future)
            if self._is_closed:
                future.cancel()
        try:
            return future.result()
        except CancelledError as error:
            raise CannotSend("the run ends") from error
        finally:
            with self._lock:
                self._waiting.discard(future)


def _end(ended: Future[object], answer: object) -> None:
    if ended.set_running_or_notify_cancel():  # False if it was cancelled
        ended.set_result(answer)


def _written(answer: Any, job: Job, count: int) -> WrittenThere:
    if isinstance(answer, Failure):
        if isinstance(answer.error, OutputError):  # two workers were lost over it
            return WrittenThere("", (WrittenJob(failure=answer),) * count)
        cannot = CannotStart if isinstance(answer.error, StopRun) else CannotSend
        raise cannot(str(answer.error))
    return WrittenThere(job.worker, answer)


def _refusal(origin: str, worker: str, how: str) -> OutputError:
    return OutputError(
        f"{origin}: two workers were lost while they wrote this document. The second one had nothing else to"
        f" do; {worker}: {how}",
        'there may be too little memory: give the workers more, or set [engine] sinks = "coordinator"',
    )
