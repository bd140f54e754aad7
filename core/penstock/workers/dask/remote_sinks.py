"""What runs in a Dask worker to write documents, and to upload their files."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from distributed import Worker, get_worker

from penstock.errors import Complaint, NoSpace, OutputError, StorageError
from penstock.storage import Address, ObjectStatus, Place, Upload, reach
from penstock.workers.answers import Failure, failure_of
from penstock.workers.dask.documents import SentDocument, Unpacked, unpacked_document
from penstock.workers.dask.remote import Components, NoAnswer, components_of
from penstock.workers.writer import NotWritten, Writer, WrittenJob

Written = tuple[WrittenJob | NotWritten, ...]
"""What became of a document at each sink."""


def write_document(_key: str, sent: SentDocument) -> Written | NoAnswer:
    """Write a document to folders of this worker and of shared folders. This is the task of a document."""
    worker = get_worker()
    components = components_of(worker)
    if components is None:
        return NoAnswer.UNPREPARED
    written: list[WrittenJob | NotWritten] = []
    with ExitStack() as stack:
        try:
            unpacked = stack.enter_context(unpacked_document(sent, Path(worker.local_directory)))
        except OSError as error:
            why = f"it cannot store the pictures in {worker.local_directory}: {error.strerror or error}"
            return (NotWritten(why),) * len(sent.sinks)
        for key in sent.sinks:
            with components.used(key) as opened:
                if not isinstance(opened, Writer):
                    return NoAnswer.UNPREPARED
                written.append(_written(opened, unpacked, sent.beside, _Folders(sent, components)))
    return tuple(written)


class _Folders:
    """The folders for the files of a sink. They are made when they are needed."""

    def __init__(self, sent: SentDocument, components: Components) -> None:
        self._name = secrets.token_hex(8)
        self._own, self._staging = components.folder_of(sent.run), sent.staging
        self.obstacle = ""
        """Why the worker cannot write an output of the sink, as a clause; empty if it can."""

    def folder_for(self, place: Place) -> Path:
        try:
            parent = self._parent(place)
            folder = parent / self._name
            # Only the coordinator makes the folder in a shared folder: without it, the folder is not shared.
            folder.mkdir(parents=parent == self._own, exist_ok=True)
        except OSError as error:
            self.obstacle = f"it cannot write to the folder of {place}: {error.strerror or error}"
            raise OutputError(self.obstacle) from error
        return folder

    def _parent(self, place: Place) -> Path:
        if isinstance(place, Address):
            return self._own
        for shared, staging in self._staging.items():
            if place.is_relative_to(shared):
                return staging
        self.obstacle = f"it does not see the folder of {place}"
        raise OutputError(self.obstacle)


def _written(writer: Writer, unpacked: Unpacked, beside: Path, folders: _Folders) -> WrittenJob | NotWritten:
    job = writer.write_to(0, unpacked.document, folders.folder_for, beside)
    failure = job.failure
    why = folders.obstacle
    if failure is not None and isinstance(failure.error, NoSpace):
        # A full disk here says nothing about the disk of the outputs.
        why = why or failure.error.message
    if why:
        remove({file.file.path.parent for file in job.files})
        return NotWritten(why)
    return replace(job, warnings=tuple(map(unpacked.original, job.warnings)))


def remove(folders: set[Path]) -> None:
    """Remove folders with files that were not used."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


async def discard(folders: set[Path], dask_worker: Worker) -> None:  # noqa: ARG001  Dask names it
    """Remove files of a worker that were not used. Called by `Client.run`."""
    await asyncio.to_thread(remove, folders)


async def upload(
    path: Path,
    address: Address,
    replaces: ObjectStatus | None,
    dask_worker: Worker,  # noqa: ARG001  Dask names it
) -> ObjectStatus | Failure | NoAnswer:
    """Upload a file of this worker, and remove it. Called by `Client.run`, so that no page waits for it."""
    return await asyncio.to_thread(_uploaded, path, address, replaces)


def _uploaded(
    path: Path, address: Address, replaces: ObjectStatus | None
) -> ObjectStatus | Failure | NoAnswer:
    if not path.exists():
        return NoAnswer.UNPREPARED
    try:
        status = Upload(path, address, replaces, _note_no_part, lambda: None).send()
    except StorageError as error:
        return failure_of(error, str(address))
    path.unlink(missing_ok=True)
    with suppress(OSError):  # there are more files in it
        path.parent.rmdir()
    return status


def _note_no_part(part: Address, *, finished: bool) -> None:
    """Do nothing: only services that take whole files are written to by workers."""


def unreachable(folders: Sequence[Address]) -> list[Complaint]:
    """Return which folders of object storage this worker cannot use, with the reasons."""
    complaints = []
    for folder in folders:
        try:
            reach(folder)
        except StorageError as error:
            complaints.append(Complaint("", error.message, error.hint))
    return complaints
