"""A run on its own thread, so that signal handlers and event loops of the program stay untouched."""

from __future__ import annotations

import asyncio
import threading
from concurrent import futures
from contextlib import suppress

from penstock.config import Configuration
from penstock.engine import Run, RunOptions
from penstock.errors import PenstockError
from penstock.pipeline import Pipeline
from penstock.report import RunReport

LONGEST_WAIT = 0.5
"""Seconds. A signal that arrives just before a wait begins is handled after this time at the latest."""


class Running:
    """A started run. Raises ConfigurationError if the components do not form a pipeline."""

    def __init__(self, configuration: Configuration, options: RunOptions) -> None:
        self._run = Run(Pipeline(configuration), options)
        self._ended: futures.Future[RunReport] = futures.Future()
        # Marked as running so that asyncio cannot cancel it: the run is interrupted and ends by itself.
        self._ended.set_running_or_notify_cancel()
        threading.Thread(name="penstock-run", target=self._execute, daemon=True).start()

    def _execute(self) -> None:
        try:
            self._ended.set_result(self._run.execute())
        except BaseException as error:  # raised in the waiting thread
            self._ended.set_exception(error)

    def wait(self) -> RunReport:
        """Wait for the end of the run.

        Ctrl-C ends the run in an orderly way before KeyboardInterrupt is raised. A second one raises at once.
        """
        try:
            return self._result()
        except KeyboardInterrupt:
            self._run.interrupt()
            with suppress(PenstockError):
                self._result()
            raise

    def _result(self) -> RunReport:
        while not self._ended.done():
            futures.wait([self._ended], timeout=LONGEST_WAIT)
        return self._ended.result()

    async def wait_async(self) -> RunReport:
        """Wait without blocking the event loop.

        Cancelling ends the run in an orderly way before CancelledError is raised. Cancelling again raises at
        once.
        """
        ended = asyncio.wrap_future(self._ended)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            self._run.interrupt()
            await asyncio.wait([ended])
            ended.exception()
            raise
