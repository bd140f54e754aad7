"""A worker process, seen from its parent."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from penstock.workers.messages import Closed, read_message, write_message

EXIT_TIMEOUT = 5.0  # seconds that a process gets to exit after its stdin is closed
STDERR_TAIL = 500  # characters of a dead worker's stderr that are reported
MOST_STDERR = 1 << 20  # bytes of stderr that are kept from one message to the next

log = logging.getLogger(__name__)


class WorkerDied(Exception):
    """The process ended before it replied, or did not reply in time and was killed."""

    def __init__(self, how: str, *, was_ready: bool) -> None:
        super().__init__(how)
        self.how = how  # a clause: "it was killed by signal 9"
        self.was_ready = was_ready  # whether the process had replied to its first message


class WorkerProcess:
    """A process that sends one reply to each message.

    It is started by the first `request`, and again by the next `request` after it died. `request` and `reap`
    are for the owning thread only; any thread may call `stop`.

    Parameters
    ----------
    command
        Starts the process, which reads messages from stdin and writes replies to stdout.
    greeting
        The first message to each process. A reply other than None is the reply to the request, too, and the
        process then ends.
    environment
        Variables of the process besides those of this one.
    timeout
        Seconds until a process that does not reply is killed.
    """

    def __init__(
        self, command: Sequence[str], greeting: object, environment: Mapping[str, str], timeout: float
    ) -> None:
        self._command, self._greeting = command, greeting
        self._environment, self._timeout = environment, timeout
        # Guards `_process`, `_stopped` and `_is_busy`: `stop` must not miss a process that is being started
        # or that is just getting a message.
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._stopped = False
        self._is_busy = False  # whether a reply is awaited

    @property
    def process_id(self) -> int | None:
        """Id of the running process; None without one."""
        process = self._process
        return None if process is None else process.pid

    def request(self, message: object) -> Any:
        """Send one message and wait for its reply. Raises WorkerDied."""
        with self._lock:
            if self._stopped:
                raise WorkerDied("it was stopped", was_ready=False)
            self._is_busy = True
        try:
            return self._answer(message)
        finally:
            with self._lock:
                self._is_busy = False

    def _answer(self, message: object) -> Any:
        if self._process is not None and self._process.poll() is not None:
            # It died while it was idle; that must not count against this message.
            self.reap()
        process = self._process
        if process is None:
            process = self._start()
            refusal = self._reply_to(process, self._greeting, was_ready=False)
            if refusal is not None:
                self.reap()
                return refusal
        return self._reply_to(process, message, was_ready=True)

    def stop(self) -> None:
        """Kill a process that is working; none is started afterwards. An idle one exits when it is reaped."""
        with self._lock:
            self._stopped = True
            if self._process is not None and self._is_busy:
                _kill(self._process)

    def reap(self) -> str:
        """Wait for the process to exit and return how it ended, as a clause."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return "it was stopped"
        with suppress(OSError), process:
            _wait(process)
        code = process.returncode
        how = f"it was killed by signal {-code}" if code < 0 else f"it exited with code {code}"
        how += self._stderr_tail()
        log.debug("worker %d: %s", process.pid, how)
        return how

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise WorkerDied("it was stopped", was_ready=False)
            # Opened for appending, so that it can be emptied while the worker writes to it.
            self._stderr = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - closed when the process is reaped
            # A process group of its own shields the worker from Ctrl-C in the terminal, even while it starts.
            self._process = process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                process_group=0,
                env={**os.environ, **self._environment},
            )
        log.debug("worker %d: started", process.pid)
        return process

    def _reply_to(self, process: subprocess.Popen[bytes], message: object, *, was_ready: bool) -> Any:
        requests, replies = _pipes(process)
        # If the process is dead, reading its reply reports that.
        with suppress(OSError):
            write_message(requests, message)
        # The last reply was read as a whole, so that nothing is left in the buffer.
        if not _becomes_readable(replies, self._timeout):
            _kill(process)
            self.reap()
            raise WorkerDied(f"it did not reply for {self._timeout:g} seconds", was_ready=was_ready)
        try:
            reply = read_message(replies)
        except Closed:
            raise WorkerDied(self.reap(), was_ready=was_ready) from None
        except Exception as error:  # for example, it has an object of a class that only the worker has
            _kill(process)
            self.reap()
            how = f"its reply cannot be loaded: {type(error).__name__}: {error}"
            raise WorkerDied(how, was_ready=was_ready) from error
        self._limit_stderr()
        return reply

    def _limit_stderr(self) -> None:
        """Empty a long stderr, so that a library that prints much does not fill the disk."""
        if self._stderr is not None and os.fstat(self._stderr.fileno()).st_size > MOST_STDERR:
            self._stderr.truncate(0)

    def _stderr_tail(self) -> str:
        if self._stderr is None:
            return ""
        with self._stderr as stderr:
            stderr.seek(-min(4 * STDERR_TAIL, stderr.seek(0, os.SEEK_END)), os.SEEK_END)
            text = stderr.read().decode(errors="replace").strip()
        return f"; end of its stderr: {text[-STDERR_TAIL:]}" if text else ""


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Return stdin and stdout of the process."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a worker process must be started with pipes")
    return process.stdin, process.stdout


def _becomes_readable(stream: IO[bytes], seconds: float) -> bool:
    """Wait for data, or for the end of the other side."""
    with selectors.DefaultSelector() as selector:  # select() itself fails for file descriptors above 1023
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def _wait(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        _pipes(process)[0].close()
    try:
        process.wait(EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process together with the programs that it has started, such as an engine's command."""
    with suppress(OSError):  # the process has ended
        os.killpg(process.pid, signal.SIGKILL)
