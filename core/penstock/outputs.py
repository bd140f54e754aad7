"""Output files: their names, and how they are written completely or not at all.

A sink names its files by a template such as ``out/{document}.pdf``. The fixed part comes from the user and
may lead anywhere, also to object storage: ``s3://bucket/out/{document}.pdf``. The values of placeholders come
from outside and can never leave their folder.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import string
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any, Protocol

from penstock.disk import put_in_place
from penstock.errors import NoSpace, ObjectChanged, OutputError, OutputExists, StorageError, is_disk_full
from penstock.model import Document, Page, Problem, RecognizedDocument
from penstock.storage import Address, ObjectStatuses, Place, Upload, digest_of, is_address, scheme_of

PLACEHOLDERS = ("document", "page", "folder", "name", "date", "beside", "searchable")
"""Placeholders of output names."""

SEARCHABLE = ".searchable"
"""Value of ``{searchable}`` if the document is a PDF, so that its output has another name."""

NAME_BYTES = 180
"""Maximum bytes of one value. File systems allow 255 for the name with its suffixes."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """Return a name that is valid on all common systems: not empty, not hidden, not a path."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if name.startswith(".") or _RESERVED.fullmatch(name) or not name:
        name = "_" + name.lstrip(".")
    if len(name.encode()) > NAME_BYTES:
        tail = "~" + hashlib.sha256(name.encode()).hexdigest()[:8]
        name = name.encode()[: NAME_BYTES - len(tail)].decode("utf-8", "ignore") + tail
    return name


def template_faults(template: str) -> list[str]:
    """Return the faults of an output's name template, as clauses."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        return [f"has unmatched braces ({error})"]
    faults = []
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            known = ", ".join("{" + known + "}" for known in PLACEHOLDERS)
            faults.append(f"{{{name}}} is not a placeholder; use {known}")
        if name == "beside" and not template.startswith("{beside}"):
            faults.append("{beside} is an absolute folder and must come first")
    return faults + _address_faults(template)


def _address_faults(template: str) -> list[str]:
    """Return the faults of a template as an address of object storage; none for a path."""
    if scheme_of(template) is None:
        return []
    try:
        Address.parse(template)
    except StorageError as error:
        return [f"is no address of object storage: {error}"]
    return []


def fixed_address(template: str) -> Address | None:
    """Return the bucket or host of a template for object storage; None for a path."""
    root = "/".join(template.split("/")[:3])
    return Address.parse(root) if is_address(template) and "{" not in root else None


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

    def about_to_write(self, part: Path, place: Place, digest: str) -> None:
        """Note that a complete temporary file is about to be renamed to its output, or uploaded."""

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
        name = template.format(**values)
        with _storage_translated():
            return Address.parse(name) if is_address(name) else Path(os.path.normpath(self.root / name))

    def check_free(self, path: Place, owner: str, document: str) -> None:
        """Reserve a path for an owner. Raises OutputExists or OutputClash if the path is not free.

        Whether an object exists may be known from an earlier request of the run.
        """
        self.registry.claim(path, owner, document)
        with _storage_translated():
            exists = self._exists(path)
        if self.registry.is_input(path):
            why = "is an input, and inputs are never overwritten"
            raise OutputExists(f"{path} {why}", "give the output another name")
        with _storage_translated():
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
        with _translated(path):
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


def _with_page_number(template: str) -> str:
    head, dot, suffix = template.rpartition(".")
    return f"{head}.{{page}}{dot}{suffix}" if dot and "/" not in suffix else f"{template}.{{page}}"


@dataclass
class Outputs:
    """Writes the output files of one document for a sink.

    Parameters
    ----------
    rules
        The rules of the run.
    document
        The document being written.
    owner
        Owner of the files. Two owners never write the same file.
    report
        Called with every warning.
    written
        The files that are complete, in the order of writing: paths, and addresses of object storage.
    on_progress
        Called again and again while a file is uploaded.
    """

    rules: OutputRules
    document: RecognizedDocument
    owner: str
    report: Callable[[Problem], None]
    written: list[Place] = field(default_factory=list)
    on_progress: Callable[[], None] = lambda: None

    @contextmanager
    def open(self, template: str, *, page: Page | None = None, mode: str = "w") -> Iterator[IO[Any]]:
        """Open an output file for writing. The file appears under its name when the block ends normally.

        Parameters
        ----------
        template
            Name of the file with placeholders, relative to the pipeline's folder; or an address.
        page
            The page, for a file per page. Its number becomes part of the name if the document has several.
        mode
            ``"w"`` for UTF-8 text, ``"wb"`` for bytes. A binary file can also be read and sought in.

        Raises
        ------
        OutputExists
            A file of this name exists, and penstock did not write it.
        OutputClash
            Another document of this run writes the file.
        OutputError
            The file cannot be written; `NoSpace` if the disk is full.
        """
        if mode not in ("w", "wb"):
            raise ValueError(f'mode must be "w" or "wb", got {mode!r}')
        with self._part(template, page) as (place, part):
            with _translated(place):
                file = _opened(part, mode)
            with _translated(place, part), file:
                yield file
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def path(self, template: str, *, page: Page | None = None) -> Iterator[Path]:
        """Yield a temporary path to write an output file to, for libraries and tools that need a path.

        The path does not exist yet and has the suffix of the output. It lies in the output's folder, or for
        an address in a folder of this machine. Parameters and exceptions are those of `open`. Raises
        OutputError if there is no file when the block ends.

        Examples
        --------
        >>> with outputs.path("{document}.pdf") as path:  # doctest: +SKIP
        ...     pikepdf.new().save(path)
        """
        with self._part(template, page, keep_suffix=True) as (place, part):
            with _translated(place, part):
                yield part
            if not part.is_file():
                raise OutputError(f"{place}: the sink wrote no file to {part}", "tell the plugin's author")
            with _translated(place), part.open("rb") as file:
                os.fsync(file.fileno())

    @contextmanager
    def _part(
        self, template: str, page: Page | None, *, keep_suffix: bool = False
    ) -> Iterator[tuple[str, Path]]:
        """Yield an output's name for messages, and the path of a file that becomes the output at the end."""
        numbered = page is not None and (page.number > 1 or len(self.document.pages) > 1)
        place = self.rules.place(template, self.document, page, numbered=numbered)
        self.rules.check_free(place, self.owner, self.document.origin)
        suffix = PurePath(place.name).suffix if keep_suffix else ""
        if isinstance(place, Address):
            with self._object(place, suffix) as part:
                yield f"{place} (written to {part.parent} first)", part
        else:
            with self._file(place, suffix) as part:
                yield str(place), part
        self.written.append(place)

    @contextmanager
    def _file(self, place: Path, suffix: str) -> Iterator[Path]:
        """Yield a path beside an output, and rename the file to it at the end."""
        registry = self.rules.registry
        with _translated(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        # A link stays a link: its target is written, and the registry knows the output by the link's name.
        target = Path(os.path.realpath(place)) if place.is_symlink() else place
        with _temporary(target, registry, suffix) as part:
            yield part
            with _translated(place):
                digest = file_digest(part)
                # Again: the file may have appeared, or been changed, while the sink wrote.
                self.rules.check_free(place, self.owner, self.document.origin)
                # Noted before the rename: after a crash between the two, the file is recognized by its
                # digest as written by penstock.
                registry.about_to_write(part, place, digest)
                put_in_place(part, target)
        registry.written(place, digest)

    @contextmanager
    def _object(self, place: Address, suffix: str) -> Iterator[Path]:
        """Yield a path in the folder for uploads, and upload the file at the end."""
        rules, registry = self.rules, self.rules.registry
        with _translated(rules.uploads):
            rules.uploads.mkdir(parents=True, exist_ok=True)
        with _temporary(rules.uploads / place.name, registry, suffix) as part:
            yield part
            with _storage_translated(), _translated(part):
                digest = file_digest(part)
                seen = rules.objects.current(place)
                rules.check_free(place, self.owner, self.document.origin)
                # Noted before the upload, as for a file.
                registry.about_to_write(part, place, digest)
                upload = Upload(part, place, seen, registry.note_part, self.on_progress)
                self._send(upload)
        registry.written(place, digest)

    def _send(self, upload: Upload) -> None:
        objects, place = self.rules.objects, upload.address
        try:
            objects.note(place, objects.watched(place, upload.send))
        except ObjectChanged as error:
            objects.current(place)
            # An upload whose answer got lost is repeated, and then meets its own object.
            if not self.rules.registry.is_ours(place):
                raise OutputExists(
                    f"{place}: another penstock, or another program, wrote or removed it meanwhile",
                    "run the same command again",
                ) from error

    def warn(self, problem: Problem) -> None:
        """Report something about the document that its user should know and that is not a failure."""
        self.report(problem)


@contextmanager
def _temporary(target: Path, registry: OutputRegistry, suffix: str) -> Iterator[Path]:
    """Yield the path of a temporary file beside the target. The file is removed at the end."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part{suffix}")
    registry.note_part(part, finished=False)
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        registry.note_part(part, finished=True)


def _opened(part: Path, mode: str) -> IO[Any]:
    if mode == "wb":
        return part.open("w+b")
    # Lone surrogates (from a file name in another encoding) are written as escapes that JSON can read.
    return part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def digest_at(place: Place) -> str:
    """SHA-256 of the bytes of a file or object, in hexadecimal. Raises OSError or StorageError."""
    return digest_of(place) if isinstance(place, Address) else file_digest(place)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _storage_translated() -> Iterator[None]:
    """Raise OutputError for a StorageError."""
    try:
        yield
    except StorageError as error:
        raise OutputError(error.message, error.hint) from error


@contextmanager
def _translated(place: Path | str, part: Path | None = None) -> Iterator[None]:
    """Raise OutputError for an OSError. With ``part``, errors about other files pass unchanged."""
    try:
        yield
    except OSError as error:
        if part is not None and (error.errno is None or error.filename not in (None, str(part))):
            raise
        if is_disk_full(error):
            raise NoSpace(f"{place}: the disk is full", "make room and run the same command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = f"no permission to write ({error.strerror})"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            why = "one of its folders is a file"
        else:
            why = f"cannot be written ({error.strerror or error})"
        raise OutputError(f"{place}: {why}", "choose another folder") from error


__all__ = [
    "OutputRegistry",
    "OutputRules",
    "Outputs",
    "digest_at",
    "file_digest",
    "fixed_address",
    "safe_name",
    "template_faults",
]
