"""What runs in a worker process: ``python -m penstock_plugins.recognizers.rapidocr.worker OPTIONS``.

Pages come in on stdin and answers go out on stdout, as `frames` has them. It ends when stdin does: with
its parent, at the latest.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import IO, Any

from penstock.errors import PictureError
from penstock.json_form import page_from_json, recognition_to_json
from penstock.model import Page, Recognition
from penstock_plugins.recognizers.rapidocr.frames import read_frame, write_frame

Read = Callable[[Page], Recognition]

LAST_LINES = 3
"""Of a traceback, that are reported: the place of a fault in our own code."""


def main() -> None:
    """Load the models once, say so, and read page after page."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = _own_stdout()
    answer = _prepare(json.loads(sys.argv[1]))
    try:
        write_frame(answers, {"ready": True})
        while (message := read_frame(sys.stdin.buffer)) is not None:
            write_frame(answers, answer(message))
    except BrokenPipeError:
        os._exit(0)  # the parent is gone; closing the pipe once more would only fail again


def _own_stdout() -> IO[bytes]:
    """The pipe for answers alone: what libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _prepare(options: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Load what reads pages; where that fails, every page's answer says so."""
    # Read by the libraries when they are imported: workers share the cores, each has one.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    try:
        from penstock_plugins.recognizers.rapidocr.reader import Reader

        read: Read = Reader(**options).read
    except Exception as error:
        failure = {"cannot_load": f"{type(error).__name__}: {error}"}
        return lambda _: failure
    return lambda message: _answer(read, message)


def _answer(read: Read, message: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"recognition": recognition_to_json(read(page_from_json(message)))}
    except PictureError as error:
        return {"refused": error.message, "hint": error.hint}
    except MemoryError:
        return {"refused": f"{message['origin']}: does not fit into memory", "hint": "scale the picture down"}
    except Exception:
        return {"fault": " ".join(traceback.format_exc().split("\n")[-LAST_LINES - 1 :]).strip()}


if __name__ == "__main__":
    main()
