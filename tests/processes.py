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


def stop_command_server() -> None:
    """Stop the server if one is running."""
    if command_server.cache_info().currsize and (server := command_server()):
        server.close()
    command_server.cache_clear()


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
    server = command_server()
    if server and server.variables == _read_at_the_start(own):
        process = _fork(Call(server.address, [*arguments], str(folder), own), given, stdin, timeout)
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
    assert b"Traceback" not in process.stderr + process.stdout, process.stderr.decode()
    return subprocess.CompletedProcess(
        process.args,
        process.returncode,
        process.stdout.decode("utf-8", "backslashreplace"),
        process.stderr.decode("utf-8", "backslashreplace"),
    )


def _fork(
    call: Call, given: bytes, stdin: int | IO[bytes] | None, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a command on the server, as `subprocess.run` would."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        end, start = os.pipe()
        source = stdin if stdin is not None else end
        source = source if isinstance(source, int) else source.fileno()
        process = call.start([source, out.fileno(), err.fileno()])
        os.close(end)
        feeder = threading.Thread(target=_feed, args=(start, given))
        feeder.start()
        try:
            code = call.wait(timeout)
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise
        finally:
            feeder.join()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(call.arguments, code, out.read(), err.read())


def _feed(pipe: int, given: bytes) -> None:
    with suppress(BrokenPipeError), open(pipe, "wb") as file:  # the command may end before it has read
        file.write(given)


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(READ_AT_THE_START)}


__all__ = ["command_server", "environment", "penstock", "stop_command_server"]
