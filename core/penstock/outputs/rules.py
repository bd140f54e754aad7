"""Where outputs go, and which files they may replace."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from penstock.errors import OutputError, OutputExists
from penstock.model import Document, Page, RecognizedDocument
from penstock.outputs.complete import CompleteFile
from penstock.outputs.errors import storage_translated, translated
from penstock.outputs.names import SEARCHABLE, safe_name, template_faults, with_page_number
from penstock.storage import Address, ObjectStatuses, Place, is_address


class OutputRegistry(Protocol):
    """The files that penstock wrote, and those that it is writing."""

    def claim(self, path: Place, owner: str, document: str) -> None:
        """Reserve a path for an owner. Raises OutputClash if another owner has it in this run."""

    def is_input(self, path: Place) -> bool:
        """Return whether the file is an input of this run."""

    def is_ours(self, path: Place) -> bool:
        """Return whether the file is unchanged since penstock wrote it."""

    def note_part(self, part: Place, *, finished: bool) -> None:
        """Note that a temporary file is about to be written, or that it is gone."""

    def about_to_write(self, file: CompleteFile, place: Place) -> None:
        """Note that a complete file is about to be renamed to its output, or uploaded."""

    def written(self, place: Place, digest: str) -> None:
        """Note that an output is in its place."""


@dataclass(frozen=True, slots=True)
class OutputRules:
    """The rules for all outputs of a run."""

    root: Path  # folder that relative names start from: the pipeline file's
    name: str  # of the pipeline; replaces ``{name}``
    date: str  # start of the run as YYYY-MM-DD; replaces ``{date}``
    registry: OutputRegistry
    force: bool = False  # replace files that penstock did not write
    inputs_incomplete: threading.Event = field(default_factory=threading.Event)
    """Set if a source failed before it named all inputs: ``force`` then counts as off, because any file
    that penstock did not write may be an input."""
    started_ns: int = field(default_factory=time.time_ns)
    """When the run began. A file that is newer was written by another run, or by another program."""
    uploads: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    """The folder for files that are uploaded when they are complete."""
    objects: ObjectStatuses = field(default_factory=ObjectStatuses)
    """What is known about the objects that may be replaced."""

    def place(
        self,
        template: str,
        document: Document | RecognizedDocument,
        page: Page | None = None,
        *,
        numbered: bool = True,
    ) -> Place:
        """Return the path or address of an output of a document, or of one of its pages.

        If the template of a page's file has no ``{page}``, the page's number is inserted before the suffix,
        unless ``numbered`` is false. Raises OutputError for an invalid template.
        """
        if faults := template_faults(template):
            raise OutputError(f"invalid output name {template!r}: {faults[0]}")
        if page is None and "{page}" in template:
            why = "this sink writes one file for all pages"
            raise OutputError(f"invalid output name {template!r}: {why}", "remove {page}")
        if page is not None and numbered and "{page}" not in template:
            template = with_page_number(template)
        values = {
            "document": safe_name(document.name),
            "page": f"{page.number:03d}" if page else "",
            "folder": "/".join(safe_name(part) for part in PurePosixPath(document.folder).parts),
            "name": safe_name(self.name),
            "date": self.date,
            "beside": str(document.beside or Path.cwd()),
            "searchable": SEARCHABLE if document.origin.lower().endswith(".pdf") else "",
        }
        if not values["folder"]:
            template = template.replace("{folder}/", "")
        name = template.format(**values)
        with storage_translated():
            return Address.parse(name) if is_address(name) else Path(os.path.normpath(self.root / name))

    def check_free(self, path: Place, owner: str, document: str) -> None:
        """Reserve a path for an owner. Raises OutputExists or OutputClash if the path is not free.

        Whether an object exists may be known from an earlier request of the run.
        """
        self.registry.claim(path, owner, document)
        with storage_translated():
            exists = self._exists(path)
        if self.registry.is_input(path):
            why = "is an input, and inputs are never overwritten"
            raise OutputExists(f"{path} {why}", "give the output another name")
        with storage_translated():
            if not exists or self.registry.is_ours(path):
                return
        if isinstance(path, Path) and path.is_symlink():
            raise OutputExists(
                f"{path} links to {path.resolve()}; this pipeline did not write it, or it was changed",
                "remove the link; --force does not replace files behind links",
            )
        if self.force and self.inputs_incomplete.is_set():
            raise OutputExists(
                f"{path} exists, and may be an input: a source failed before it named all of its inputs",
                "correct what made the source fail and run again, or change the output's name",
            )
        if not self.force and isinstance(path, Path) and _is_newer(path, self.started_ns):
            raise OutputExists(
                f"{path} exists; another penstock has just written it, or another program",
                "wait until the other run has ended, and run the same command again",
            )
        if not self.force:
            raise OutputExists(
                f"{path} exists; this pipeline did not write it, or it was changed since",
                "move the file away, change the output's name, or use --force to replace the file",
            )

    def _exists(self, path: Place) -> bool:
        """Return whether a file exists. Raises OutputError if it could not be written."""
        if isinstance(path, Address):
            return self.objects.known(path) is not None
        with translated(path):
            if path.is_dir():
                raise OutputExists(f"{path} is a folder", "give the output another name")
            _check_writable(path)
            _check_link(path)
            return path.exists()


def _is_newer(path: Path, time_ns: int) -> bool:
    """Return whether a file was written, or got its name, after a time; False if it is gone again."""
    try:
        status = path.stat()
    except OSError:
        return False
    return max(status.st_mtime_ns, status.st_ctime_ns) > time_ns


def _check_writable(path: Path) -> None:
    """Raise OutputError if the file cannot be created in the nearest existing folder."""
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        raise OutputError(f"{path}: {folder} must be a folder, but is a file", "choose another folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: no permission to write to {folder}", "choose another folder")


def _check_link(path: Path) -> None:
    """Raise OutputError for a link into a missing folder, for example on a disk that is not mounted."""
    if path.is_symlink() and not path.resolve().parent.is_dir():
        raise OutputError(
            f"{path} links to {path.resolve()}, whose folder does not exist",
            "create or mount the folder, or remove the link",
        )
