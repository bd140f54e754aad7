"""A run on a thread of its own: nobody's signals or event loop are touched, and it ends in good order."""

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
"""Seconds: a signal that comes in the moment before a wait begins is heard no later than this."""


class Running:
    """A run that has begun. Raises ConfigurationError if the components do not make a pipeline."""

    def __init__(self, configuration: Configuration, options: RunOptions) -> None:
        self._run = Run(Pipeline(configuration), options)
        self._ended: futures.Future[RunReport] = futures.Future()
        # Nobody can take it back: it is interrupted, and ends by itself.
        self._ended.set_running_or_notify_cancel()
        threading.Thread(name="penstock-run", target=self._execute, daemon=True).start()

    def _execute(self) -> None:
        try:
            self._ended.set_result(self._run.execute())
        except BaseException as error:  # whoever waits gets it
            self._ended.set_exception(error)

    def wait(self) -> RunReport:
        """Wait for the end. Ctrl-C ends the run in good order and is raised then; a second one at once."""
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

        Cancelling ends the run in good order before CancelledError is raised; cancelling once more does not
        wait for that.
        """
        ended = asyncio.wrap_future(self._ended)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            self._run.interrupt()
            await asyncio.wait([ended])
            ended.exception()
            raise


__all__ = ["Running"]
