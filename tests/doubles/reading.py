"""A recognizer that computes: it answers with the page's name, or dies, hangs or waits on command."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock.errors import StopRun
from penstock.hookspecs import hookimpl
from penstock.model import Line, Page, Quad, Recognition, Resources, Word


@dataclass(eq=False)
class Reading:
    """Reads every page.

    Parameters
    ----------
    log
        A folder that gets a file for every page that is begun: ``a.1``, ``a.2``.
    script
        What happens to pages, by their names: die, die once, hang once, wait.
    seconds
        How long each page takes.
    needs
        Dask resources of a page.
    opens
        An environment variable that a worker must have.
    """

    log: Path
    script: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    needs: dict[str, float] = field(default_factory=dict)
    opens: str = ""

    def __enter__(self) -> Reading:
        if self.opens and self.opens not in os.environ:
            raise StopRun("the model is missing", "copy it there")
        return self

    def __exit__(self, *raised: object) -> None:
        (self.log / f"closed.{os.getpid()}").touch()

    @hookimpl
    def resources(self) -> Resources:
        return Resources(dask=self.needs)

    @hookimpl
    def cache_key(self) -> Mapping[str, str]:
        return {"version": os.environ.get("READING_VERSION", "1")}

    @hookimpl
    def read(self, page: Page) -> Recognition:
        name = Path(page.origin).stem
        tries = len(list(self.log.glob(f"{name}.*"))) + 1
        (self.log / f"{name}.{tries}").write_text(f"{os.getpid()} {page.picture.path}")
        what = self.script.get(name, "")
        if what == "die" or (what == "die once" and tries == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "hang once" and tries == 1:
            time.sleep(1000)
        while what == "wait" and not (self.log / "go").exists():
            time.sleep(0.01)
        time.sleep(self.seconds)
        box = Quad.from_box(5.0, 5.0, 45.0, 20.0)
        content = page.picture.path.read_bytes()
        return Recognition((Line(name, box, (Word(name, box, 0.9),)),), 0.0, f"reading {len(content)}")
