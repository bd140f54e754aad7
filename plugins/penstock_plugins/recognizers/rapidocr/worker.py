"""The worker process: ``python -m penstock_plugins.recognizers.rapidocr.worker OPTIONS``.

Pages arrive on stdin and results leave on stdout, in the format of `messages`. The process ends when its
stdin is closed, at the latest when its parent ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import IO, Any

from penstock.errors import PictureError, StopRun
from penstock.json_form import page_from_json, recognition_to_json
from penstock.model import Page, Recognition
from penstock_plugins.recognizers.rapidocr.messages import read_message, write_message

TRACEBACK_LINES = 3  # last lines of a traceback that are reported: the place of the error in this package


def main() -> None:
    """Load the models, report that the process is ready, and recognize page after page."""
    # Only the parent decides when a worker stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = _take_stdout()
    handle = _load(json.loads(sys.argv[1]))
    try:
        write_message(results, {"ready": True})
        while (message := read_message(sys.stdin.buffer)) is not None:
            write_message(results, handle(message))
    except BrokenPipeError:
        pass  # the parent is gone
    # A normal exit would take long to unload the models, and would fail if the pipe is broken.
    os._exit(0)


def _take_stdout() -> IO[bytes]:
    """Return the pipe for results, and send what libraries print to stderr instead."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return results


def _load(options: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Load the models; if that fails, return a function that reports the failure for every page."""
    # Set before the libraries are imported: each worker uses one core.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    try:
        from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

        recognize = PageRecognizer(**options).recognize
    except StopRun as error:
        stop = {"stop": error.message, "hint": error.hint}
        return lambda _: stop
    except Exception as error:
        failure = {"cannot_load": f"{type(error).__name__}: {error}"}
        return lambda _: failure
    return lambda message: _result(recognize, message)


def _result(recognize: Callable[[Page], Recognition], message: Mapping[str, Any]) -> dict[str, Any]:
    try:
        recognition = recognize(page_from_json(message))
        return {"recognition": recognition_to_json(recognition), "note": recognition.note}
    except PictureError as error:
        return {"refused": error.message, "hint": error.hint}
    except MemoryError:
        return {"refused": f"{message['origin']}: does not fit into memory", "hint": "scale the picture down"}
    except Exception:
        return {"error": " ".join(traceback.format_exc().split("\n")[-TRACEBACK_LINES - 1 :]).strip()}


if __name__ == "__main__":
    main()
