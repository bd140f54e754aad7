"""One worker process, as its owner sees it: started when first asked, and again after it has died."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from penstock_plugins.recognizers.rapidocr.frames import read_frame, write_frame

FAREWELL = 5.0
"""Seconds that a process gets to end by itself once nobody talks to it any more."""

LAST_WORDS = 500
"""Characters of what a dead worker wrote to its stderr that are repeated."""


class WorkerDied(Exception):
    """The process ended before it answered.

    Parameters
    ----------
    how
        Its end, as a clause: "it was killed by signal 9".
    was_ready
        Whether it had got as far as being able to read.
    """

    def __init__(self, how: str, *, was_ready: bool) -> None:
        super().__init__(how)
        self.how = how
        self.was_ready = was_ready


class Worker:
    """A process that sends one message when it is ready, and then one for each that it gets.

    `ask` is called on one thread only, which waits; `stop` on any.

    Parameters
    ----------
    command
        What to run.
    environment
        Its environment variables; None for those of this process.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        self._environment = environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._stopped = False

    @property
    def process_id(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send one message and wait for its answer. Raises WorkerDied."""
        if self._process is not None and self._process.poll() is not None:
            # It died while it had nothing to do: no page is to pay for that.
            self.bury()
        process = self._process or self._start()
        with suppress(OSError):  # nobody reads any more: there will be no answer either
            write_frame(_pipes(process)[0], message)
        return self._answer(process, was_ready=True)

    def stop(self) -> None:
        """End the process, whatever it is doing; none is started after this."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def bury(self) -> str:
        """Wait for the process's end and say how it came about."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return "it was stopped"
        with suppress(OSError), process:
            _await_end(process)
        return f"{_end(process.returncode)}{self._last_words()}"

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise WorkerDied("it was stopped", was_ready=False)
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process is buried
            # In a group of its own it never hears of the terminal's Ctrl-C, not even while it starts.
            self._process = process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env=self._environment,
                process_group=0,
            )
        self._answer(process, was_ready=False)
        return process

    def _answer(self, process: subprocess.Popen[bytes], *, was_ready: bool) -> dict[str, Any]:
        answer = read_frame(_pipes(process)[1])
        if answer is None:
            raise WorkerDied(self.bury(), was_ready=was_ready)
        return answer

    def _last_words(self) -> str:
        if self._complaints is None:
            return ""
        with self._complaints as complaints:
            complaints.seek(0)
            words = complaints.read().decode(errors="replace").strip()
        return f"; its last words: {words[-LAST_WORDS:]}" if words else ""


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """What leads to it, and what comes back."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a worker was started without pipes")
    return process.stdin, process.stdout


def _await_end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        _pipes(process)[0].close()
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end(code: int) -> str:
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with code {code}"
