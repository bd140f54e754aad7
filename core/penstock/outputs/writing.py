"""Writes output files completely or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import IO, Any

from penstock.disk import put_in_place
from penstock.errors import ObjectChanged, OutputError, OutputExists
from penstock.model import Page, Problem, RecognizedDocument
from penstock.outputs.complete import CompleteFile, Send
from penstock.outputs.errors import storage_translated, translated
from penstock.outputs.rules import OutputRegistry, OutputRules
from penstock.storage import Address, ObjectStatus, Place, Upload


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
            with translated(place):
                file = _opened(part, mode)
            with translated(place, part), file:
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
            with translated(place, part):
                yield part
            if not part.is_file():
                raise OutputError(f"{place}: the sink wrote no file to {part}", "tell the plugin's author")
            with translated(place), part.open("rb") as file:
                os.fsync(file.fileno())

    @contextmanager
    def _part(
        self, template: str, page: Page | None, *, keep_suffix: bool = False, digest: str = ""
    ) -> Iterator[tuple[str, Path]]:
        """Yield an output's name for messages, and the path of a file that becomes the output at the end.

        ``digest`` is the digest of the file, if it is already known.
        """
        place = self._place(template, page)
        self.rules.check_free(place, self.owner, self.document.origin)
        suffix = PurePath(place.name).suffix if keep_suffix else ""
        if isinstance(place, Address):
            with self._object(place, suffix, digest) as part:
                yield f"{place} (written to {part.parent} first)", part
        else:
            with self._file(place, suffix, digest) as part:
                yield str(place), part
        self.written.append(place)

    def _place(self, template: str, page: Page | None) -> Place:
        numbered = page is not None and (page.number > 1 or len(self.document.pages) > 1)
        return self.rules.place(template, self.document, page, numbered=numbered)

    @contextmanager
    def _file(self, place: Path, suffix: str, digest: str) -> Iterator[Path]:
        """Yield a path beside an output, and rename the file to it at the end."""
        registry = self.rules.registry
        with translated(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        # A link stays a link: its target is written, and the registry knows the output by the link's name.
        target = Path(os.path.realpath(place)) if place.is_symlink() else place
        with _temporary(target, registry, suffix) as part:
            yield part
            with translated(place):
                file = CompleteFile.of(part, digest)
                # Again: the file may have appeared, or been changed, while the sink wrote.
                self.rules.check_free(place, self.owner, self.document.origin)
                # Noted before the rename: after a crash between the two, the file is recognized by its
                # digest as written by penstock.
                registry.about_to_write(file, place)
                put_in_place(part, target)
        registry.written(place, file.digest)

    @contextmanager
    def _object(self, place: Address, suffix: str, digest: str) -> Iterator[Path]:
        """Yield a path in the folder for uploads, and upload the file at the end."""
        rules = self.rules
        with translated(rules.uploads):
            rules.uploads.mkdir(parents=True, exist_ok=True)
        with _temporary(rules.uploads / place.name, rules.registry, suffix) as part:
            yield part
            with translated(part):
                self._upload(CompleteFile.of(part, digest), place, self._send)

    def _send(self, path: Path, address: Address, replaces: ObjectStatus | None) -> ObjectStatus:
        upload = Upload(path, address, replaces, self.rules.registry.note_part, self.on_progress)
        return self.rules.objects.watched(address, upload.send)

    def _upload(self, file: CompleteFile, place: Address, send: Send) -> None:
        """Have a file uploaded, if the object may be written."""
        rules, registry = self.rules, self.rules.registry
        with storage_translated():
            seen = rules.objects.current(place)
            rules.check_free(place, self.owner, self.document.origin)
            # Noted before the upload, as for a file.
            registry.about_to_write(file, place)
            self._sent(place, partial(send, file.path, place, seen))
        registry.written(place, file.digest)

    def _sent(self, place: Address, send: Callable[[], ObjectStatus]) -> None:
        objects = self.rules.objects
        try:
            objects.note(place, send())
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
