"""Sinks that write the process that calls them, or die, hang or raise on command."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import OutputError
from penstock.hookspecs import hookimpl
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import Outputs
from penstock.secret import Secret

if "NO_SINKS" in os.environ:
    raise ImportError("no sinks here")


@dataclass(eq=False)
class Writing:
    """Writes the id of its process, and a file for each page.

    Parameters
    ----------
    script
        What happens to documents, by their names: die, die once, hang, fail, refuse, full, kill the run,
        wait, unmount.
    pages
        The name of the files for pages.
    log
        A folder that gets a file for every document that is begun: ``a.1``, ``a.2``.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "out/{document}.pid"
    pages: str = "out/{document}.page.txt"
    script: dict[str, str] = field(default_factory=dict)
    log: Path = Path("log")

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        tries = len(list(self.log.glob(f"{document.name}.*"))) + 1
        (self.log / f"{document.name}.{tries}").touch()
        what = self.script.get(document.name, "")
        outputs.warn(Problem(document.name, f"is written at try {tries}"))
        if what == "unmount":
            for folder in self.log.parent.glob(".penstock-*"):
                folder.rename(self.log / folder.name)
        with outputs.open(self.path) as file:
            file.write(str(os.getpid()))
            if what == "die" or (what == "die once" and tries == 1):
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "kill the run" and tries == 1:
                os.kill(os.getppid(), signal.SIGKILL)
                signal.pause()
            if what == "hang":
                signal.pause()
            while what == "wait" and not (self.log / "go").exists():
                time.sleep(0.01)
        if what == "fail":
            raise ValueError("a fault")
        if what == "refuse":
            raise OutputError("no such ink", "buy some")
        for page in document.pages:
            with outputs.path(self.pages, page=page.page) as path:
                path.write_text(page.recognition.text)
                if what == "full":
                    raise OSError(errno.ENOSPC, "No space left on device")


@dataclass(eq=False)
class Keeping(Writing):
    """May keep something between documents."""

    is_stateless: ClassVar[bool] = False


@dataclass(eq=False)
class Entered(Writing, AbstractContextManager["Entered"]):
    """Is entered once for all documents."""

    def __exit__(self, *raised: object) -> None: ...


@dataclass(eq=False)
class Locked(Writing):
    """Has a secret."""

    key: Secret = field(default_factory=lambda: Secret("hush"))


@dataclass(eq=False)
class Local(Writing):
    """Can only be made where a variable is set."""

    def __post_init__(self) -> None:
        if "WRITES_HERE" not in os.environ:
            raise ValueError("the ink is missing")


@dataclass(eq=False)
class Watching:
    """An observer that wraps `write`."""

    @hookimpl(wrapper=True)
    def write(self) -> Generator[None, Any, Any]:
        return (yield)
