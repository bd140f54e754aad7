"""Where a sink's files go: names made safe, whole files or none.

A sink names its files by a template, ``out/{document}.pdf``. Its fixed part is the user's own word and may
point anywhere; what is filled in comes from outside and can never leave the folder it stands in.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import string
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from penstock.disk import put_in_place
from penstock.errors import NoSpace, OutputError, OutputExists, is_disk_full
from penstock.model import Document, Page, Problem, RecognizedDocument

PLACEHOLDERS = ("document", "page", "folder", "name", "date", "beside", "searchable")
"""What may stand between braces in an output's name."""

SEARCHABLE = ".searchable"
"""What ``{searchable}`` stands for if the document is a PDF already, so that it is not in its own way."""

NAME_BYTES = 180
"""Bytes of one filled-in name: file systems take 255, and suffixes and our own mark follow."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """A name that is one file's or folder's name on every common system: never empty, hidden or a path."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if name.startswith(".") or _RESERVED.fullmatch(name) or not name:
        name = "_" + name.lstrip(".")
    if len(name.encode()) > NAME_BYTES:
        tail = "~" + hashlib.sha256(name.encode()).hexdigest()[:8]
        name = name.encode()[: NAME_BYTES - len(tail)].decode("utf-8", "ignore") + tail
    return name


def template_faults(template: str) -> list[str]:
    """What is wrong with an output's name, as clauses; empty if nothing is."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        return [f"the braces do not match ({error})"]
    faults = []
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            known = ", ".join("{" + known + "}" for known in PLACEHOLDERS)
            faults.append(f"{{{name}}} means nothing here; known are {known}")
        if name == "beside" and not template.startswith("{beside}"):
            faults.append("{beside} is a folder of its own and stands first")
    return faults


class OutputRegistry(Protocol):
    """What the run remembers of the files that penstock wrote."""

    def claim(self, path: Path, owner: str, document: str) -> None:
        """Keep a path for an owner; raises OutputClash if another one of this run has it."""

    def is_input(self, path: Path) -> bool:
        """Whether this run reads the file."""

    def is_ours(self, path: Path) -> bool:
        """Whether the file there is as penstock wrote it."""

    def note_part(self, part: Path, *, finished: bool) -> None:
        """An unfinished file is begun, or is one no longer."""

    def about_to_write(self, part: Path, place: Path, digest: str) -> None:
        """A whole file is about to be put in its place."""

    def written(self, place: Path, digest: str) -> None:
        """A whole file is in its place."""


@dataclass(frozen=True, slots=True)
class OutputRules:
    """What is the same for all outputs of a run.

    Parameters
    ----------
    root
        Where relative names start: the pipeline file's folder.
    name
        The pipeline's, becomes ``{name}``.
    date
        Of the run's start as YYYY-MM-DD, becomes ``{date}``.
    ledger
        What was written, and by whom.
    force
        Whether files may be replaced that penstock did not write.
    """

    root: Path
    name: str
    date: str
    ledger: OutputRegistry
    force: bool = False

    def place(
        self,
        template: str,
        document: Document | RecognizedDocument,
        page: Page | None = None,
        *,
        numbered: bool = True,
    ) -> Path:
        """Where a template leads for a document, or one of its pages.

        A page's file whose template names no ``{page}`` gets its number before the suffix, unless
        ``numbered`` is false. Raises OutputError for a template that is wrong.
        """
        if faults := template_faults(template):
            raise OutputError(f"the output name {template!r} is wrong: {faults[0]}")
        if page is None and "{page}" in template:
            raise OutputError(
                f"the output name {template!r} has a {{page}}, but this sink writes one file for all pages",
                "take {page} out",
            )
        if page is not None and numbered and "{page}" not in template:
            template = _with_page_number(template)
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
        return Path(os.path.normpath(self.root / template.format(**values)))

    def check_free(self, path: Path, owner: str, document: str) -> None:
        """Raise OutputExists or OutputClash unless the owner may write there. Keeps the place for it."""
        self.ledger.claim(path, owner, document)
        with _translated(path):
            if path.is_dir():
                raise OutputExists(f"{path} is a folder", "name the output otherwise")
            _check_writable(path)
            _check_link(path)
            exists = path.exists()
        if self.ledger.is_input(path):
            raise OutputExists(
                f"{path} is an input, and inputs are never overwritten", "name the output otherwise"
            )
        if not exists or self.ledger.is_ours(path):
            return
        if path.is_symlink():
            raise OutputExists(
                f"{path} leads to {path.resolve()}; this pipeline did not write that, or it was changed",
                "remove this link; --force replaces nothing behind one",
            )
        if not self.force:
            raise OutputExists(
                f"{path} exists; this pipeline did not write it, or it was changed since",
                "move it away, write elsewhere, or give --force to replace it",
            )


def _check_writable(path: Path) -> None:
    """Raise OutputError if the nearest folder that exists cannot take the file."""
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        raise OutputError(f"{path}: {folder} is a file, where a folder should be", "choose another folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder {folder} may not be written", "choose another folder")


def _check_link(path: Path) -> None:
    """Raise OutputError for a link into a folder that is not there, as one on a disk that is not mounted."""
    if path.is_symlink() and not path.resolve().parent.is_dir():
        raise OutputError(
            f"{path}: is a link to {path.resolve()}, whose folder is not there",
            "mount it or make it, or remove the link",
        )


def _with_page_number(template: str) -> str:
    head, dot, suffix = template.rpartition(".")
    return f"{head}.{{page}}{dot}{suffix}" if dot and "/" not in suffix else f"{template}.{{page}}"


@dataclass
class Outputs:
    """What a sink writes a document's files through.

    Parameters
    ----------
    rules
        Of the run.
    document
        The one that is being written.
    owner
        Whose its files are: no two owners write one file.
    report
        Called with every warning.
    written
        The files that are in their places, in the order of writing.
    """

    rules: OutputRules
    document: RecognizedDocument
    owner: str
    report: Callable[[Problem], None]
    written: list[Path] = field(default_factory=list)

    @contextmanager
    def open(self, template: str, *, page: Page | None = None, mode: str = "w") -> Iterator[IO[Any]]:
        """Open one output file for writing; it appears in its place, whole, when the block ends well.

        Parameters
        ----------
        template
            The file's name with placeholders, relative to the pipeline's folder.
        page
            For a file per page; its number goes into the name if the document has several pages.
        mode
            ``"w"`` for UTF-8 text, ``"wb"`` for bytes; a binary file can be read and sought in, too.

        Raises
        ------
        OutputExists
            A file is there that penstock did not write.
        OutputClash
            Another document of this run writes there.
        OutputError
            The place cannot be written; `NoSpace` if the disk is full.
        """
        if mode not in ("w", "wb"):
            raise ValueError(f'an output is opened with "w" or "wb", not {mode!r}')
        numbered = page is not None and (page.number > 1 or len(self.document.pages) > 1)
        place = self.rules.place(template, self.document, page, numbered=numbered)
        self.rules.check_free(place, self.owner, self.document.origin)
        with _translated(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        # A link stays one: what it leads to is written, and known as ours by the same name as before.
        behind = Path(os.path.realpath(place)) if place.is_symlink() else place
        with _beside(behind, self.rules.ledger) as part:
            with _translated(place):
                file = _opened(part, mode)
            with _translated(place, part), file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            with _translated(place):
                digest = file_digest(part)
                self.rules.ledger.about_to_write(part, place, digest)
                put_in_place(part, behind)
        self.rules.ledger.written(place, digest)
        self.written.append(place)

    def warn(self, problem: Problem) -> None:
        """Say something about the document that its user should know and that fails nothing."""
        self.report(problem)


@contextmanager
def _beside(place: Path, ledger: OutputRegistry) -> Iterator[Path]:
    """A name for the unfinished file, gone afterwards whatever happens."""
    part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    ledger.note_part(part, finished=False)
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        ledger.note_part(part, finished=True)


def _opened(part: Path, mode: str) -> IO[Any]:
    if mode == "wb":
        return part.open("w+b")
    # A name that is no text (a file's, in another encoding) is written escaped, which JSON reads, too.
    return part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _translated(place: Path, part: Path | None = None) -> Iterator[None]:
    """Raise OutputError for what the system says of the output; with ``part``, a sink's own errors pass."""
    try:
        yield
    except OSError as error:
        if part is not None and (error.errno is None or error.filename not in (None, str(part))):
            raise
        if is_disk_full(error):
            raise NoSpace(f"{place}: the disk is full", "make room and run the same command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(
                f"{place}: may not be written ({error.strerror})", "choose another folder"
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise OutputError(
                f"{place}: a file stands where a folder should be", "choose another folder"
            ) from error
        raise OutputError(
            f"{place}: cannot be written ({error.strerror or error})", "choose another folder"
        ) from error


__all__ = ["OutputRegistry", "OutputRules", "Outputs", "file_digest", "safe_name", "template_faults"]
