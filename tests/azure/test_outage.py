"""The simulated service goes away during a run, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import Run
from penstock.model import Recognition
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from penstock.testing import AzureReadServer
from pipelines import double

PAGES = 12
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def read_pages(
    draw: Callable[..., Path], tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunReport]:
    """Return a function that reads pages, and calls functions at certain seconds of the run."""
    monkeypatch.setenv("AZURE_VISION_KEY", KEY)

    def read(endpoint: str, happenings: dict[float, Callable[[], None]]) -> RunReport:
        pages = [draw(f"page{number}.png", text=f"page {number}") for number in range(PAGES)]
        recognizer = {"plugin": double("azure:AzureRead"), "endpoint": endpoint, "key": "${AZURE_VISION_KEY}"}
        tables = {
            "sources": [{"plugin": "files", "paths": [str(page) for page in pages]}],
            "recognizers": [{**recognizer, "tier": "free", "calls_per_second": 1}],
            "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
        }
        start, receive = clock.time, clock.receive
        waiting = sorted(happenings.items(), key=lambda item: item[0])

        def receive_or_act(*arguments: Any, **options: Any) -> Any:
            message = receive(*arguments, **options)
            while waiting and clock.time - start >= waiting[0][0]:
                waiting.pop(0)[1]()
            return message

        monkeypatch.setattr(clock, "receive", receive_or_act)
        pipeline = Pipeline(check(tables, tmp_path, where="test.toml", name="test"))
        report = Run(pipeline, clock=clock).execute()
        monkeypatch.setattr(clock, "receive", receive)
        return report

    return read


def test_run_continues_when_the_service_is_back(
    read_pages: Callable[..., RunReport], recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        report = read_pages(service.endpoint, {15: service.go_down, 200: service.come_back})
        assert service.billed == PAGES
    assert (report.exit_code, report.pages_read, report.doubtful_submits) == (Exit.DONE, PAGES, 0)
    assert report.seconds > 200


def test_run_that_starts_without_the_service_waits_for_it(
    read_pages: Callable[..., RunReport], recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        service.go_down()
        report = read_pages(service.endpoint, {60: service.come_back})
    assert (report.exit_code, report.pages_read) == (Exit.DONE, PAGES)


def test_same_command_continues_after_a_service_that_stayed_away(
    read_pages: Callable[..., RunReport], recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        report = read_pages(service.endpoint, {15: service.go_down})
        assert (report.exit_code, report.failed) == (Exit.STOPPED, 0)
        assert report.stopped is not None
        assert "is down for 10 minutes: cannot connect to 127.0.0.1" in report.stopped.why
        assert 0 < report.pages_read < PAGES
        assert report.unread_pages == PAGES - report.pages_read
        service.come_back()
        again = read_pages(service.endpoint, {})
        assert service.billed == PAGES
    assert (again.exit_code, again.pages_read + again.pages_known) == (Exit.DONE, PAGES)
