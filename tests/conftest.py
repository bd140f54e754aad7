"""Fixtures for all tests: drawn pictures, and runs of pipelines of test doubles."""

from __future__ import annotations

import hashlib
import os
import queue
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw

from penstock.config import check
from penstock.engine import Run, RunOptions
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from processes import stop_command_server
from tracing import retry_installing_trace_functions

TESTS = Path(__file__).parent

retry_installing_trace_functions()

# No deadline: a busy machine must not fail a test.
settings.register_profile(
    "penstock",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # CI tries the same examples each time, so that a failure is caused by the change. People get random ones.
    derandomize="CI" in os.environ,
)
settings.load_profile("penstock")
SHARED_SCANS = TESTS.parents[1] / "shared" / "scans"


@pytest.fixture(autouse=True, scope="session")
def _no_command_server_is_left() -> Iterator[None]:
    """Stop the server of `processes` at the end, if a test needed it."""
    yield
    stop_command_server()


@pytest.fixture(autouse=True)
def _private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty cache folder, so that no test finds the results of another one."""
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}.cache")


@pytest.fixture
def without_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes and threads without coverage, which imports sqlite3 and writes files.

    Two threads that start at the same moment cannot both be traced by CPython 3.11: one of them fails.
    """
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(threading, "_trace_hook", None)


class RacingClock:
    """A clock that advances only while no call is running, and then at once to the next timeout."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def receive(
        self, inbox: queue.SimpleQueue[Any], timeout: float | None, *, calls_running: bool
    ) -> Any | None:
        try:
            # Calls always end. Other threads get a moment of real time before the clock advances.
            return inbox.get(timeout=30 if calls_running or timeout is None else 0.02)
        except queue.Empty:
            self.time += timeout or 0.0
            return None


@pytest.fixture
def clock() -> RacingClock:
    return RacingClock()


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """Draw a small picture file: ``draw("a.png", text="hello")``. Each name gives a different picture."""

    def make(name: str, *, text: str = "", size: tuple[int, int] = (120, 80), **save: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", size, "white")
        ImageDraw.Draw(picture).text((5, 5), text or "page", fill="black")
        if not text:
            digest = hashlib.sha256(name.encode()).digest()
            picture.putpixel((size[0] - 1, size[1] - 1), (digest[0], digest[1], digest[2]))
        picture.save(path, **save)
        return path

    return make


@pytest.fixture
def run_tables(tmp_path: Path, clock: RacingClock) -> Callable[..., RunReport]:
    """Run a pipeline, given as tables, in the test's folder with a `RacingClock`."""

    def run(
        tables: dict[str, Any],
        *,
        prepare: Callable[[Run], None] | None = None,
        without: Iterable[str] = (),
        **options: Any,
    ) -> RunReport:
        configuration = check(tables, tmp_path, where="test.toml", name="test", without=without)
        made = Run(
            Pipeline(configuration), RunOptions(**options), clock=clock, random_source=random.Random(0)
        )
        if prepare:
            prepare(made)
        return made.execute()

    return run
