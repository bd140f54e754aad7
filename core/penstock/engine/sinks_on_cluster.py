"""Has documents written by the workers of a cluster, for ``[engine] sinks = "cluster"``.

A worker writes all files of a document for all sinks, to a folder of its own or, for outputs in a shared
folder, to a hidden folder there. Then the run decides about each file by the rules for all outputs, and notes
it. It renames the file, or has the same worker upload it. The bytes of the files do not pass through the run.
"""

from __future__ import annotations

import logging
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from penstock.engine.context import RunContext
from penstock.engine.jobs import OpenDocument, Warned
from penstock.engine.sink_recipes import may_reach
from penstock.engine.sinks_in_workers import MAX_PAGES
from penstock.engine.staged import Load, OnStaged, PlacedDocument, owner_of
from penstock.engine.threads import start_daemon
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import AdoptingOutputs, OutputRules
from penstock.storage import is_address
from penstock.workers import (
    CannotSend,
    CannotStart,
    DocumentWorkers,
    Failure,
    NotWritten,
    WorkerLost,
    WrittenJob,
)

MAX_DOCUMENTS = 32
"""Documents that are in memory at once, however many workers there are."""
MAX_BYTES = 256 << 20
"""Bytes of pictures that travel at once, besides those of a single document."""
MAX_LOSSES = 2  # workers that may be lost with the files of one document

_log = logging.getLogger(__name__)

Placed = dict[int, PlacedDocument | None]
"""What was done for each sink, by its index; None if the sink has to write in the process of the run."""


class SinksOnCluster:
    """Threads, each of which has one document at a time written by a worker.

    Parameters
    ----------
    load
        Loads a document. Called on one of the threads: only documents that are being written are in memory.
    """

    def __init__(self, context: RunContext, rules: OutputRules, load: Load, workers: DocumentWorkers) -> None:
        self._inbox, self._rules, self._load, self._workers = context.inbox, rules, load, workers
        self._sinks = context.plan.pipeline.sinks
        self._staging = self._made_folders(context.engine.shared_folders)
        self._bytes = _ByteLimit(MAX_BYTES)
        self._waiting: queue.SimpleQueue[tuple[OpenDocument, Sequence[int], OnStaged] | None] = (
            queue.SimpleQueue()
        )
        self._threads: list[threading.Thread] = []
        self._cannot_start = threading.Event()
        self._noted: set[str] = set()  # workers that have left a document to the run
        self._noting = threading.Lock()
        self._closed = threading.Event()

    def takes(self, sink: int, opened: OpenDocument) -> bool:
        """Return whether workers can write a document for a sink."""
        if opened.recognized > MAX_PAGES or sink not in self._workers.sinks or self._cannot_start.is_set():
            return False
        beside = opened.document.beside or Path.cwd()
        template = self._sinks[sink].output_template
        return may_reach(template, self._rules.root, tuple(self._staging), beside)

    def put(self, opened: OpenDocument, sinks: Sequence[int], on_staged: OnStaged) -> None:
        """Have a document written by one worker for all of the sinks, and return at once. Main thread."""
        if len(self._threads) < min(MAX_DOCUMENTS, self._workers.room):
            name = f"penstock-cluster-sinks-{len(self._threads) + 1}"
            self._threads.append(start_daemon(name, self._serve))
        self._waiting.put((opened, sinks, on_staged))

    def close(self) -> None:
        """Stop, drop waiting documents, and remove unfinished files."""
        self._closed.set()
        self._workers.close()
        self._bytes.close()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        for folder in self._staging.values():
            shutil.rmtree(folder, ignore_errors=True)
            self._rules.registry.note_part(folder, finished=True)

    def _made_folders(self, shared_folders: Sequence[Path]) -> dict[Path, Path]:
        """Make a folder for unfinished files in each shared folder, where that is possible and needed."""
        templates = [self._sinks[index].output_template for index in self._workers.sinks]
        if all(template is None or is_address(template) for template in templates):
            return {}
        made = {}
        for shared in shared_folders:
            folder = shared / f".penstock-{secrets.token_hex(8)}"
            # A run that is killed leaves the folder to the next run.
            self._rules.registry.note_part(folder, finished=False)
            with suppress(OSError):
                folder.mkdir()
                made[shared] = folder
        return made

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            if not self._closed.is_set():
                opened, sinks, on_staged = item
                started = time.time()
                placed = self._placed(opened, sinks)
                # What was stopped has not failed.
                if not self._closed.is_set():
                    for index in sinks:
                        there = placed[index]
                        on_staged(index, opened, there and replace(there, started=started))

    def _placed(self, opened: OpenDocument, sinks: Sequence[int]) -> Placed:
        """Have a document written. What fails is raised later, by `PlacedDocument.put_in_place`."""
        placed: Placed = dict.fromkeys(sinks)
        try:
            document = self._load(opened)
            with self._bytes.taken(self._workers.size(document)):
                self._write(opened, document, placed)
        except CannotSend as error:
            _log.info("%s: written by the run itself: %s", opened.document.origin, error)
        except CannotStart as error:
            self._note_cannot_start(str(error))
        except Exception as error:  # of the journal, for example
            return dict.fromkeys(sinks, PlacedDocument(failure=Failure(error)))
        return placed

    def _write(self, opened: OpenDocument, document: RecognizedDocument, placed: Placed) -> None:
        """Have a document written, and its files put in place.

        If several workers are lost before they have uploaded all files, the run itself writes the document.
        """
        left = list(placed)
        for _ in range(MAX_LOSSES):
            there = self._workers.write(document, left, self._staging)
            for index, job in zip(list(left), there.jobs, strict=True):
                try:
                    placed[index] = self._put_in_place(opened, document, index, job, there.worker)
                    left.remove(index)
                except WorkerLost as error:
                    _log.warning("%s: the worker was lost: %s", document.origin, error)
            if not left:
                return

    def _put_in_place(
        self,
        opened: OpenDocument,
        document: RecognizedDocument,
        index: int,
        job: WrittenJob | NotWritten,
        worker: str,
    ) -> PlacedDocument | None:
        """Give the files of a sink their names. Raises WorkerLost."""
        if isinstance(job, NotWritten):
            self._note_not_written(worker, job.why)
            return None
        warnings = list(job.warnings)
        owner = owner_of(opened.index, self._sinks[index])
        outputs = AdoptingOutputs(self._rules, document, owner, warnings.append)
        failure = job.failure
        send = partial(self._workers.send, worker)
        try:
            for file in job.files:
                outputs.adopt(file.template, file.file, page=file.page, send=send)
        except (WorkerLost, CannotSend):
            self._discard(job, worker)
            raise
        except Exception as error:  # the first one counts, as if the sink had met it itself
            failure = Failure(error)
            self._discard(job, worker)
        finally:
            self._remove_staged(_folders_of(job))
        return PlacedDocument(tuple(outputs.written), tuple(warnings), failure)

    def _discard(self, job: WrittenJob, worker: str) -> None:
        self._workers.discard(worker, _folders_of(job))

    def _remove_staged(self, folders: set[Path]) -> None:
        for folder in folders:
            if folder.parent in self._staging.values():
                shutil.rmtree(folder, ignore_errors=True)

    def _note_cannot_start(self, why: str) -> None:
        if not (self._closed.is_set() or self._cannot_start.is_set()):
            self._cannot_start.set()
            hint = "the run writes documents in its own process; start workers for the next run"
            self._inbox.put(Warned(Problem('[engine] sinks = "cluster"', why, hint)))

    def _note_not_written(self, worker: str, why: str) -> None:
        """Warn of a worker that leaves a document to the run, once for each worker."""
        _log.warning("worker %s: left a document to the run: %s", worker, why)
        with self._noting:
            is_new = worker not in self._noted
            self._noted.add(worker)
        if is_new:
            hint = "the run writes these documents in its own process"
            self._inbox.put(
                Warned(Problem(f"the worker {worker}", f"leaves documents to the run: {why}", hint))
            )


def _folders_of(job: WrittenJob) -> set[Path]:
    return {file.file.path.parent for file in job.files}


class _ByteLimit:
    """Limits a sum of bytes: threads wait until theirs fit. A single thread never waits."""

    def __init__(self, most: int) -> None:
        self._most, self._taken, self._is_closed = most, 0, False
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or not self._taken or self._taken + size <= self._most
            )
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def close(self) -> None:
        """Let nothing wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
