"""Runs the command in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from command_server import Call

PROGRAM = Path(__file__).with_name("command_server.py")
READ_AT_THE_START = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE_")
"""How the names of the environment variables begin that a process reads once, while it starts."""


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment with a wide terminal, a cache inside the folder, and no keys of services."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
    return own | {"XDG_CACHE_HOME": str(folder / ".cache"), "COLUMNS": "200"} | variables


class CommandServer:
    """A running `command_server`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="penstock")
        self.address = f"{self._folder.name}/socket"
        self.client = [sys.executable, "-I", "-S", str(PROGRAM), "run", self.address]
        self.variables = _read_at_the_start(os.environ)
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM, "serve", self.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout.readline() == b"ready\n"

    def close(self) -> None:
        """Wait until the server has saved its coverage and ended."""
        self._process.communicate()
        self._folder.cleanup()


@cache
def command_server() -> CommandServer | None:
    """Return the server of this session, or None where the system lacks what it needs."""
    return CommandServer() if hasattr(os, "pidfd_open") else None


def python_command() -> list[str]:
    """Return what starts ``python``, with arguments that begin with ``-c``, as a fork where possible.

    A signal other than SIGINT does not reach the fork.
    """
    server = command_server()
    return server.client if server else [sys.executable]


def penstock_command() -> list[str]:
    """Return what starts ``penstock`` in the same way, for tests with streams or signals of their own."""
    server = command_server()
    return server.client if server else [sys.executable, "-m", "penstock"]


def stop_command_server() -> None:
    """Stop the server if one is running."""
    if command_server.cache_info().currsize and (server := command_server()):
        server.close()
    command_server.cache_clear()


class Output:
    """A pipe, and what was written into it."""

    def __init__(self) -> None:
        end, self.writer = os.pipe()
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read, args=(end,))
        self._thread.start()

    def _read(self, end: int) -> None:
        with open(end, "rb") as file:
            self._parts.append(file.read())

    def text(self) -> str:
        """Wait until no process can write, and return all that was written."""
        self._thread.join()
        return _text(b"".join(self._parts))


class Forked:
    """A command that a server runs, with what tests need of `subprocess.Popen`."""

    def __init__(self, call: Call, stdin: int) -> None:
        self._call = call
        self._outputs = Output(), Output()
        writers = [output.writer for output in self._outputs]
        try:
            self.pid = call.start([stdin, *writers])
        finally:
            for writer in writers:
                os.close(writer)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(TimeoutError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode = self._call.wait(timeout)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        out, err = (output.text() for output in self._outputs)
        return out, err


Process = Forked | subprocess.Popen[str]


def started(folder: Path, arguments: list[str], variables: dict[str, str]) -> Process:
    """Start ``penstock ...``, in a process group of its own and without input."""
    call = _call(folder, arguments, variables)
    if call:
        with Path(os.devnull).open("rb") as nothing:
            return Forked(call, nothing.fileno())
    return subprocess.Popen(
        [sys.executable, "-m", "penstock", *arguments],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def penstock(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    stdin: int | IO[bytes] | None = None,
    timeout: float = 120,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run ``penstock ...`` in a folder, and check that it prints no traceback.

    Parameters
    ----------
    given
        The content of standard input.
    stdin
        A file or file descriptor for standard input, instead of ``given``.
    variables
        More environment variables.
    """
    own = environment(folder, **variables)
    call = _call(folder, [*arguments], own)
    if call:
        process = _run_forked(call, given, stdin, timeout)
    else:
        process = subprocess.run(
            [sys.executable, "-m", "penstock", *arguments],
            cwd=folder,
            capture_output=True,
            env=own,
            input=given if stdin is None else None,
            **({} if stdin is None else {"stdin": stdin}),
            timeout=timeout,
        )
        process.stdout, process.stderr = (_text(stream) for stream in (process.stdout, process.stderr))
    assert "Traceback" not in process.stderr + process.stdout, process.stderr
    return process


def _call(folder: Path, arguments: list[str], variables: dict[str, str]) -> Call | None:
    """Return a call of the server; None if a process of its own is needed."""
    server = command_server()
    if server and server.variables == _read_at_the_start(variables):
        return Call(server.address, arguments, str(folder), variables)
    return None


def _run_forked(
    call: Call, given: bytes, stdin: int | IO[bytes] | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    end, start = os.pipe()
    source = end if stdin is None else stdin
    process = Forked(call, source if isinstance(source, int) else source.fileno())
    os.close(end)
    feeder = threading.Thread(target=_feed, args=(start, given))
    feeder.start()
    try:
        said = process.communicate(timeout)
    except TimeoutError:
        os.kill(process.pid, signal.SIGKILL)
        raise
    finally:
        feeder.join()
    return subprocess.CompletedProcess(call.arguments, process.returncode, *said)


def _feed(pipe: int, given: bytes) -> None:
    with suppress(BrokenPipeError), open(pipe, "wb") as file:  # the command may end before it has read
        file.write(given)


def _text(output: bytes) -> str:
    return output.decode("utf-8", "backslashreplace")


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(READ_AT_THE_START)}


__all__ = [
    "Process",
    "environment",
    "penstock",
    "penstock_command",
    "python_command",
    "started",
    "stop_command_server",
]
