"""What runs in a Dask worker to write documents, and to upload their files."""

from __future__ import annotations

import asyncio
import logging
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
from penstock.workers.writer import Writer, WrittenJob

log = logging.getLogger(__name__)

Written = tuple[WrittenJob | None, ...]
"""What became of a document at each sink; None if the coordinator has to write it."""


def write_document(_key: str, sent: SentDocument) -> Written | NoAnswer:
    """Write a document to folders of this worker and of shared folders. This is the task of a document."""
    worker = get_worker()
    components = components_of(worker)
    if components is None:
        return NoAnswer.UNPREPARED
    written: list[WrittenJob | None] = []
    with ExitStack() as stack:
        try:
            unpacked = stack.enter_context(unpacked_document(sent, Path(worker.local_directory)))
        except OSError as error:
            log.warning("%s: the pictures cannot be stored: %s", sent.document.origin, error)
            return (None,) * len(sent.sinks)
        for key in sent.sinks:
            with components.used(key) as opened:
                if not isinstance(opened, Writer):
                    return NoAnswer.UNPREPARED
                written.append(_written(opened, unpacked, _Folders(sent, components)))
    return tuple(written)


class _Folders:
    """The folders for the files of a sink. They are made when they are needed."""

    def __init__(self, sent: SentDocument, components: Components) -> None:
        self._name = secrets.token_hex(8)
        self._own, self._staging = components.folder_of(sent.run), sent.staging
        self.is_elsewhere = False
        """Whether the sink tried to write to a disk that is not shared."""

    def folder_for(self, place: Place) -> Path:
        folder = self._parent(place) / self._name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _parent(self, place: Place) -> Path:
        if isinstance(place, Address):
            return self._own
        for shared, staging in self._staging.items():
            if place.is_relative_to(shared):
                return staging
        self.is_elsewhere = True
        raise OutputError(f"{place}: workers do not see this folder")


def _written(writer: Writer, unpacked: Unpacked, folders: _Folders) -> WrittenJob | None:
    job = writer.write_to(0, unpacked.document, folders.folder_for)
    failure = job.failure
    if folders.is_elsewhere or (failure is not None and isinstance(failure.error, NoSpace)):
        # A full disk here says nothing about the disk of the outputs.
        log.warning("%s: left to the coordinator: %s", unpacked.document.origin, failure and failure.error)
        remove({file.file.path.parent for file in job.files})
        return None
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
