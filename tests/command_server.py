"""A process that has imported penstock, and forks for each command that it is asked to run.

A short command spends most of its time on imports. A fork has a process id, streams, signals and an exit code
of its own, as any process has. `processes.penstock` and the shell scripts of the documentation ask for them.

Run ``python command_server.py serve SOCKET`` to serve until stdin is closed, and
``python command_server.py run SOCKET ARGUMENTS...`` to run ``penstock ARGUMENTS...`` with the caller's
streams, folder and environment, or ``python ARGUMENTS...`` if they begin with ``-c``. The standard library is
enough for the latter. It passes SIGINT on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

IMPORTED = (
    "PIL.ImageOps",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "PIL.TiffImagePlugin",
    "numpy",
    "penstock.api.reading",
    "penstock.cli.execute",
    "penstock.cli.read_pipeline",
    "penstock.engine.journal.maintenance",
    "penstock.engine.journal.status",
    "penstock.render",
    "penstock_plugins.observers.progress",
    "penstock_plugins.recognizers.azure.read",
    "penstock_plugins.recognizers.rapidocr",
    "penstock_plugins.sinks.json",
    "penstock_plugins.sinks.pdf",
    "penstock_plugins.sinks.text",
    "penstock_plugins.sources.files",
    "pikepdf.pdfa",
    "pypdfium2",
    "rich.progress",
)
"""What many commands import, and what starts no thread."""

TYPICAL: dict[str, list[dict[str, object]]] = {
    "sources": [{"plugin": "files", "paths": ["scans"]}],
    "sinks": [{"plugin": name, "path": f"{{document}}.{name}"} for name in ("json", "pdf", "text")],
}
"""Components of many pipelines."""


class Call:
    """A command that a server runs."""

    def __init__(self, address: str, arguments: list[str], folder: str, variables: dict[str, str]) -> None:
        self.arguments = arguments
        self._address = address
        self._request = json.dumps([arguments, folder, variables]).encode()

    def start(self, streams: list[int]) -> int:
        """Start the command with stdin, stdout and stderr, and return its process id."""
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect(self._address)
        socket.send_fds(self._connection, [len(self._request).to_bytes(4, "big")], streams)
        self._connection.sendall(self._request)
        return int.from_bytes(_received(self._connection, 4), "big")

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal. Raises TimeoutError."""
        if not select.select([self._connection], [], [], timeout)[0]:
            raise TimeoutError(f"penstock {' '.join(self.arguments)} did not end in {timeout} seconds")
        with self._connection:
            return int.from_bytes(_received(self._connection, 4), "big", signed=True)


def _received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the command server ended")
        data += part
    return data


def serve(address: str) -> None:
    """Fork for each connection until stdin is closed; return in each fork, ready to run its command."""
    import selectors

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(16)
    running: dict[int, tuple[int, socket.socket]] = {}  # by the file descriptor that tells the end
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            for key, _ in selector.select():
                if key.fd == 0:
                    sys.exit()
                if key.fd in running:
                    selector.unregister(key.fd)
                    _report(key.fd, *running.pop(key.fd))
                    continue
                connection = listener.accept()[0]
                size, streams, _, _ = socket.recv_fds(connection, 4, 3)
                request = json.loads(_received(connection, int.from_bytes(size, "big")))
                process = os.fork()
                if process == 0:
                    connection.close()
                    listener.close()
                    _become(*request, streams)
                    return
                os.setpgid(process, process)  # so that it can be killed with all that it starts
                for stream in streams:
                    os.close(stream)
                connection.sendall(process.to_bytes(4, "big"))
                end = os.pidfd_open(process)
                running[end] = process, connection
                selector.register(end, selectors.EVENT_READ)


def _report(end: int, process: int, connection: socket.socket) -> None:
    """Send the exit code of a process that ended."""
    os.close(end)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with connection, suppress(OSError):  # the caller may have given up
        connection.sendall(code.to_bytes(4, "big", signed=True))


def _become(arguments: list[str], folder: str, variables: dict[str, str], streams: list[int]) -> None:
    """Take over the arguments, the folder, the environment and the streams of a request."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[0] = str(Path.cwd())
    sys.argv[1:] = arguments


class Leaving:
    """The last function that `atexit` calls in a fork: ends it before Python deletes all modules.

    Deleting them takes 0.09 s, which is most of the time of a short command.
    """

    code: int | None = None

    def __call__(self) -> None:
        if self.code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)

    @contextmanager
    def taking_the_code(self) -> Iterator[None]:
        """Take the exit code of what runs; Python itself ends a process that raises an exception."""
        try:
            yield
        except SystemExit as ended:
            if isinstance(ended.code, int):
                self.code = ended.code
            raise


def main() -> None:
    """Serve, or run one command on a server."""
    what, address, *arguments = sys.argv[1:]
    if what == "run":
        call = Call(address, arguments, str(Path.cwd()), dict(os.environ))
        process = call.start([0, 1, 2])
        signal.signal(signal.SIGINT, lambda *_: os.kill(process, signal.SIGINT))
        sys.exit(call.wait())
    import atexit
    import gc
    import importlib
    import runpy

    leaving = Leaving()
    atexit.register(leaving)  # before any other, so that it is called last
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # no thread of numpy; commands have an environment of their own
    for name in IMPORTED:
        importlib.import_module(name)
    # Most of the time of a check is spent on the first one of a process: pydantic, the installed plugins.
    check = importlib.import_module("penstock.config").check
    check(TYPICAL, Path.cwd(), where="typical", name="typical", without=["recognizers"])
    gc.freeze()
    serve(address)
    with leaving.taking_the_code():
        if sys.argv[1:2] == ["-c"]:
            del sys.argv[0]
            exec(sys.argv.pop(1), {"__name__": "__main__"})  # noqa: S102  as python -c does
        else:
            runpy.run_module("penstock", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
