"""A worker process: ``python -m penstock.workers``.

Its first message on stdin is the search path of modules and the recipe of a recognizer; then pages follow.
It replies to the first message with None, or with the `Failure` that keeps it from reading, and to each page
with its answer. The process ends when its stdin is closed, at the latest when its parent ends.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, suppress
from typing import IO

from penstock.errors import StopRun
from penstock.workers.answers import Answer, failure_of
from penstock.workers.messages import Closed, read_message, write_message
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe


def main() -> None:
    """Open the recognizer, and read page after page."""
    # Only the parent decides when a worker stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = _take_stdout()
    with suppress(BrokenPipeError, Closed):  # the parent is gone, or needs no more pages
        sys.path[:], recipe = read_message(sys.stdin.buffer)
        _serve(recipe, answers)
    # Unloading models takes long in a normal exit, which would also fail if the pipe is broken.
    os._exit(0)


def _take_stdout() -> IO[bytes]:
    """Return the pipe for answers, and send what libraries print to stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _serve(recipe: Recipe, answers: IO[bytes]) -> None:
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(Reader(recipe))
        except (Exception, SystemExit) as error:
            write_message(answers, _cannot_start(error, recipe))
            return
        write_message(answers, None)
        while True:
            write_message(answers, reader.read(read_message(sys.stdin.buffer)))


def _cannot_start(error: BaseException, recipe: Recipe) -> Answer:
    failure = failure_of(error, recipe.title)
    if isinstance(failure.error, StopRun):
        return failure
    return failure_of(StopRun(f"{recipe.title} cannot be started in a worker: {failure.error}"), recipe.title)


if __name__ == "__main__":
    main()
