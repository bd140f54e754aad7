"""The `stdin` source: one picture or PDF from standard input."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import IO, Annotated, ClassVar

from annotated_types import Gt, MinLen

from penstock.errors import NoSpace, PictureError, is_disk_full
from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Page, Problem
from penstock.spool import Spool

ORIGIN = "standard input"
CHUNK = 1 << 20
MB = 1_000_000


@dataclass(eq=False)
class Stdin:
    """One picture or PDF from standard input, which another program writes: it is kept until it was read.

    Parameters
    ----------
    name
        Of its document.
    max_megabytes
        What is larger is given up.
    existing_text, break_signatures
        For a PDF: as the `files` source has them.
    """

    name: Annotated[str, MinLen(1)] = "stdin"
    max_megabytes: Annotated[float, Gt(0)] = 2000.0
    existing_text: ExistingText = "auto"
    break_signatures: bool = False

    fetches: ClassVar[bool] = True

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        """Take everything that comes, and give it as a document."""
        if sys.stdin.isatty():
            yield Problem(ORIGIN, "is the terminal", "let a program write a picture into it")
            return
        part = spool.unfinished(f"stdin {token_hex(8)}")
        try:
            if problem := self._gather(part):
                yield problem
                return
            path = spool.adopt(part, "")
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        yield Document(self.name, ORIGIN, self._pages(path))

    def _gather(self, part: Path) -> Problem | None:
        """Put all that comes into a file once it is there: a run that ends before leaves nothing behind."""
        try:
            with TemporaryFile(dir=part.parent) as gathered:
                if problem := self._take_all(gathered):
                    return problem
                gathered.seek(0)
                with part.open("wb") as file:
                    shutil.copyfileobj(gathered, file)
        except OSError as error:
            if is_disk_full(error):
                raise NoSpace(f"{ORIGIN}: the disk is full", "make room and run again") from error
            return Problem(ORIGIN, f"cannot be kept ({error.strerror})", "write it into a file")
        return None

    def _take_all(self, gathered: IO[bytes]) -> Problem | None:
        # Not through Python's buffer: it is locked while nothing comes, and a run that ends then could not.
        while chunk := os.read(sys.stdin.fileno(), CHUNK):
            gathered.write(chunk)
            if gathered.tell() > self.max_megabytes * MB:
                hint = "write it into a file, or raise max_megabytes"
                return Problem(ORIGIN, f"gives more than {self.max_megabytes:g} MB", hint)
        if not gathered.tell():
            return Problem(ORIGIN, "gives nothing", "see whether the program that writes it has failed")
        return None

    def _pages(self, path: Path) -> Iterator[Page | Problem]:
        from penstock.images import look_into

        try:
            yield from look_into(
                path, ORIGIN, existing_text=self.existing_text, break_signatures=self.break_signatures
            )
        except PictureError as error:
            yield Problem(ORIGIN, error.message.removeprefix(f"{ORIGIN}: "), error.hint)


__all__ = ["Stdin"]
