"""Async code is not blocked, and whoever stops waiting stops the run in good order."""

from __future__ import annotations

import _thread
import asyncio
import signal
from dataclasses import dataclass

import pytest

import penstock
from penstock.hookspecs import hookimpl
from penstock.testing import Scripted


@dataclass(eq=False)
class Slow(Scripted):
    """Reads pages, and answers Pending once a page named ``last`` is there."""

    first_poll: float = 0


class Calling:
    """Calls back when the page "last" was submitted, and remembers the end."""

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
    # Long enough that nothing but the interrupt ends it, were it not for the run's bounded grace.
    return Slow(script={"last": ["operation", "pending:0.01", "pending:0.01", "read"]})


def test_async_does_not_block_the_loop(draw):
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


def test_cancelling_ends_the_run_in_good_order(draw, tmp_path):
    draw("in/a.png")
    draw("in/last.png")

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
    assert report is not None, "the task came back before the run had ended"
    assert report.interrupted
    again = penstock.read("in", scripted())
    assert again.report.pages_known == report.pages_read + report.pages_known
    assert len(again) == 2


def test_run_async_reports_and_refuses(draw, tmp_path):
    draw("in/a.png")
    tables = {"sources": [("files", {"paths": ["in"]})], "recognizers": [scripted()], "sinks": ["text"]}
    assert asyncio.run(penstock.run_async(tables)).documents_written == 1
    with pytest.raises(penstock.ConfigurationError):
        asyncio.run(penstock.run_async({"sources": []}))


def test_it_runs_under_a_running_loop(draw):
    """As in a notebook."""
    draw("in/a.png")

    async def main():
        return penstock.read("in", scripted())

    assert len(asyncio.run(main())) == 1


def test_ctrl_c_ends_in_good_order_and_is_raised(draw):
    draw("in/last.png")
    before = signal.getsignal(signal.SIGINT)
    calling = Calling(_thread.interrupt_main)
    with pytest.raises(KeyboardInterrupt):
        penstock.read("in", Slow(script={"last": ["operation", *["pending:0.5"] * 4]}), observers=[calling])
    assert calling.report is not None
    assert calling.report.interrupted
    assert signal.getsignal(signal.SIGINT) is before
