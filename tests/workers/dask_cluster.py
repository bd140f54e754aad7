"""A scheduler and workers of Dask in processes of their own, on the loopback interface."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pipelines import double

PATIENCE = 30.0
SETTINGS = {
    "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0",
    "DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START": "False",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_LOGGING__DISTRIBUTED": "warning",
}


class DaskCluster:
    """Processes of a cluster; `close` kills all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        contact = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(contact)]
        self.scheduler = self._start("scheduler", options, {})
        self.workers: list[subprocess.Popen[bytes]] = []
        deadline = time.monotonic() + PATIENCE
        while not contact.exists() or not contact.read_text():
            assert self.scheduler.poll() is None, self.log()
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.02)
        self.address: str = json.loads(contact.read_text())["address"]

    def add_worker(self, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        nanny = [] if "--nanny" in options else ["--no-nanny"]
        if "--nthreads" not in options:
            options = (*options, "--nthreads", "1")
        fixed = ["--no-dashboard", "--local-directory", str(self._folder / "local"), "--memory-limit", "0"]
        self.workers.append(self._start("worker", [self.address, *fixed, *nanny, *options], variables))
        return self.workers[-1]

    def wait_for(self, workers: int) -> None:
        """Wait until the scheduler has so many workers."""
        import distributed

        with distributed.Client(self.address, set_as_default=False) as client:
            deadline = time.monotonic() + PATIENCE
            while len(client.nthreads()) != workers:
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.02)

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, what: str, options: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
        number = len(list(self._folder.glob("*.log")))
        # Not measured by coverage: processes that are killed leave nothing, and each of them would cost time.
        own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        with (self._folder / f"{number}-{what}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=own | SETTINGS | variables,
            )


def tables_for(where: str | int, *, engine: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    reading = {"plugin": double("reading:Reading"), "log": "log", **options}
    return {
        "sources": [{"plugin": "files", "paths": ["*.png"]}],
        "recognizers": [reading],
        "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
        "engine": {"workers": where, **(engine or {})},
    }
