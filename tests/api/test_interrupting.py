"""Async reads do not block the event loop, and cancelling or Ctrl-C ends the run in an orderly way."""

from __future__ import annotations

import _thread
import asyncio
import signal
from dataclasses import dataclass, replace

import pytest

import penstock
from penstock.hookspecs import hookimpl
from penstock.testing import Scripted


@dataclass(eq=False)
class Slow(Scripted):
    """Recognizes pages at once, and the page ``last`` after some polls."""

    first_poll: float = 0

    @hookimpl
    def limits(self):
        """One page at a time: after ``last``, others are left when the run is interrupted."""
        return replace(super().limits(), in_flight=1)


class Calling:
    """Calls a function when the page ``last`` is submitted, and keeps the report."""

    def __init__(self, call):
        self.call = call
        self.report = None

    @hookimpl
    def page_submitted(self, page):
        if "last" in page.origin:
            self.call()

    @hookimpl
    def run_finished(self, report):
        self.report = report


def scripted():
    # The page stays in flight until the run is interrupted.
    return Slow(script={"last": ["operation", "pending:0.01", "pending:0.01", "read"]})


def test_async_read_does_not_block_the_loop(draw):
    draw("in/a.png")
    turns = []

    async def main():
        reading = asyncio.create_task(penstock.read_async("in", scripted()))
        while not reading.done():
            turns.append(await asyncio.sleep(0))
        return await reading

    result = asyncio.run(main())
    assert [page.text for page in result.pages] == ["a read"]
    assert len(turns) > 2


def test_cancelling_ends_the_run_before_it_raises(draw, tmp_path):
    for name in ("a", "last", "left"):
        draw(f"in/{name}.png")

    async def main():
        submitted, loop = asyncio.Event(), asyncio.get_running_loop()
        calling = Calling(lambda: loop.call_soon_threadsafe(submitted.set))
        reading = asyncio.create_task(penstock.read_async("in", scripted(), observers=[calling]))
        await submitted.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return calling.report

    report = asyncio.run(main())
    assert report is not None, "the task ended before the run"
    assert (report.interrupted, report.unread_pages) == (True, 1)
    again = penstock.read("in", scripted())
    assert again.report.pages_known == report.pages_read + report.pages_known
    assert len(again) == 3


def test_run_async_returns_a_report_or_raises(draw, tmp_path):
    draw("in/a.png")
    tables = {"sources": [("files", {"paths": ["in"]})], "recognizers": [scripted()], "sinks": ["text"]}
    assert asyncio.run(penstock.run_async(tables)).documents_written == 1
    with pytest.raises(penstock.ConfigurationError):
        asyncio.run(penstock.run_async({"sources": []}))


def test_read_works_while_a_loop_runs(draw):
    """As in a notebook."""
    draw("in/a.png")

    async def main():
        return penstock.read("in", scripted())

    assert len(asyncio.run(main())) == 1


def test_ctrl_c_ends_the_run_and_is_raised(draw):
    draw("in/last.png")
    draw("in/left.png")
    before = signal.getsignal(signal.SIGINT)
    calling = Calling(_thread.interrupt_main)
    with pytest.raises(KeyboardInterrupt):
        penstock.read("in", Slow(script={"last": ["operation", *["pending:0.5"] * 4]}), observers=[calling])
    assert calling.report is not None
    assert calling.report.interrupted
    assert signal.getsignal(signal.SIGINT) is before
