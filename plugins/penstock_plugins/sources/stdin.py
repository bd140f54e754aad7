"""The `stdin` source: one picture or PDF from standard input."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Gt, MinLen

from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Problem
from penstock.spool import Spool
from penstock_plugins.sources.incoming import IncomingFile, TooLarge
from penstock_plugins.sources.page_ranges import PageRanges
from penstock_plugins.sources.pages import PageFinder

ORIGIN = "standard input"
CHUNK = 1 << 20

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Stdin:
    """One picture or PDF that another program writes to standard input. A copy is stored in the state folder.

    Parameters
    ----------
    name
        Name of the document.
    max_megabytes
        Largest size that is accepted.
    pages, existing_text, break_signatures
        As in the `files` source.
    """

    name: Annotated[str, MinLen(1)] = "stdin"
    max_megabytes: Annotated[float, Gt(0)] = 2000.0
    existing_text: ExistingText = "auto"
    break_signatures: bool = False
    pages: str = ""

    fetches: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._finder = PageFinder(self.existing_text, self.break_signatures, PageRanges.parse(self.pages))

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        """Read standard input to its end and yield one document."""
        if sys.stdin.isatty():
            yield Problem(ORIGIN, "is a terminal", "pipe a picture or PDF into the command")
            return
        try:
            path = self._stored(spool)
        except TooLarge:
            hint = "save it to a file, or raise max_megabytes"
            yield Problem(ORIGIN, f"is larger than {self.max_megabytes:g} MB", hint)
        except OSError as error:
            yield Problem(ORIGIN, f"cannot be read ({error.strerror})", "save it to a file and read the file")
        else:
            if path is None:
                yield Problem(ORIGIN, "is empty", "check whether the program that writes to it has failed")
            else:
                yield Document(self.name, ORIGIN, self._finder.pages(path, ORIGIN))

    def _stored(self, spool: Spool) -> Path | None:
        """Copy standard input to the spool. Returns None if it is empty."""
        with IncomingFile(spool, self.max_megabytes) as file:
            # Python's buffered reader holds a lock while it waits, and the interpreter cannot exit then.
            while chunk := os.read(sys.stdin.fileno(), CHUNK):
                file.write(chunk)
            log.debug("received %d bytes", file.size)
            if not file.size:
                return None
            with file.named() as path:
                return spool.adopt(path, "")
