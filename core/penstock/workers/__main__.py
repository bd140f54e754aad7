"""A worker process: ``python -m penstock.workers``.

Its first message on stdin is the search path of modules and the recipe of a recognizer, or those of sinks;
then pages follow, or documents. It replies to the first message with None, or with the `Failure` that keeps
it from working, and to each page or document with its answer. The process ends when its stdin is closed, at
the latest when its parent ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from typing import IO, Any

from penstock.errors import StopRun
from penstock.workers.answers import Failure, failure_of, timed
from penstock.workers.messages import Closed, read_message, write_message
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe
from penstock.workers.writer import Writer


def main() -> None:
    """Open the recognizer and read page after page, or open sinks and write document after document."""
    # Only the parent decides when a worker stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = _take_stdin(), _take_stdout()
    with suppress(BrokenPipeError, Closed):  # the parent is gone, or needs no more pages
        sys.path[:], recipe = read_message(requests)
        if isinstance(recipe, Recipe):
            reader = Reader(recipe)
            _serve(reader, partial(timed, reader.read), recipe.title, requests, answers)
        else:
            writer = Writer(recipe)
            _serve(writer, writer.write, recipe.title, requests, answers)
    # Unloading models takes long in a normal exit, which would also fail if the pipe is broken.
    os._exit(0)


def _take_stdin() -> IO[bytes]:
    """Return the pipe for messages. Libraries, and programs that they start, have an empty stdin instead."""
    requests = os.fdopen(os.dup(0), "rb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return requests


def _take_stdout() -> IO[bytes]:
    """Return the pipe for answers, and send what libraries print to stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _serve(
    opening: AbstractContextManager[object],
    answer: Callable[[Any], object],
    title: str,
    requests: IO[bytes],
    answers: IO[bytes],
) -> None:
    with ExitStack() as stack:
        try:
            stack.enter_context(opening)
        except (Exception, SystemExit) as error:
            write_message(answers, _cannot_start(error, title))
            return
        write_message(answers, None)
        while True:
            write_message(answers, answer(read_message(requests)))


def _cannot_start(error: BaseException, title: str) -> Failure:
    failure = failure_of(error, title)
    if isinstance(failure.error, StopRun):
        return failure
    return failure_of(StopRun(f"{title} cannot be started in a worker: {failure.error}"), title)


if __name__ == "__main__":
    main()
