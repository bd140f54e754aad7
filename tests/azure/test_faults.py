"""Whole runs with a misbehaving test server: no page is lost, no page is billed without need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.model import Recognition
from penstock.report import Exit, RunReport
from penstock.testing import AzureReadServer, Misbehaviour
from pipelines import double

KEY = "0123456789abcdef0123456789abcdef"
PAGES = 4
Read = Callable[..., RunReport]


@pytest.fixture
def read_pages(
    run_tables: Callable[..., RunReport],
    draw: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Read:
    """Return a function that runs some documents of one page each."""
    monkeypatch.setenv("AZURE_VISION_KEY", KEY)

    def read(endpoint: str, *, component: str = "AzureRead", count: int = PAGES, **options: Any) -> RunReport:
        pages = [draw(f"page{number}.png", text=f"page {number}") for number in range(count)]
        recognizer = {"plugin": double(f"azure:{component}"), "endpoint": endpoint, **options}
        return run_tables(
            {
                "sources": [{"plugin": "files", "paths": [str(page) for page in pages]}],
                "recognizers": [{"key": "${AZURE_VISION_KEY}", **recognizer}],
                "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
                "engine": {"in_flight": 1},
            }
        )

    return read


def written(folder: Path) -> list[str]:
    return sorted(
        path.name for path in folder.glob("out/*.txt") if path.read_text("utf-8") == "Dear Anna\n520\n"
    )


TEMPORARY: list[tuple[list[Misbehaviour], int, int, int]] = [
    # Misbehaviours, pages billed, submits in doubt, operations lost.
    ([], PAGES, 0, 0),
    ([Misbehaviour("throttle", times=3, retry_after="2")], PAGES, 0, 0),
    ([Misbehaviour("throttle", on="poll", times=3)], PAGES, 0, 0),
    ([Misbehaviour("error", status=503, times=3)], PAGES, 0, 0),
    ([Misbehaviour("error", status=500, on="poll", times=5)], PAGES, 0, 0),
    ([Misbehaviour("error", status=408, retry_after="1")], PAGES, 0, 0),
    ([Misbehaviour("reset")], PAGES, 1, 0),
    ([Misbehaviour("reset", on="poll", times=2)], PAGES, 0, 0),
    ([Misbehaviour("hang")], PAGES, 1, 0),
    ([Misbehaviour("hang", on="poll")], PAGES, 0, 0),
    ([Misbehaviour("lose", after=1)], PAGES + 1, 1, 0),
    ([Misbehaviour("no-location")], PAGES + 1, 1, 0),
    ([Misbehaviour("garbled-location")], PAGES + 1, 1, 0),
    ([Misbehaviour("relative-location", times=None)], PAGES, 0, 0),
    ([Misbehaviour("other-port", times=None)], PAGES, 0, 0),
    ([Misbehaviour("half", on="poll", times=2)], PAGES, 0, 0),
    ([Misbehaviour("html", after=1)], PAGES, 1, 0),
    ([Misbehaviour("html", on="poll", times=2)], PAGES, 0, 0),
    ([Misbehaviour("forget", after=1)], PAGES + 1, 0, 1),
    (
        [
            Misbehaviour("throttle", retry_after="1", times=2),
            Misbehaviour("error", after=3),
            Misbehaviour("lose", after=5),
            Misbehaviour("throttle", on="poll", after=1, times=2),
            Misbehaviour("half", on="poll", after=4),
            Misbehaviour("reset", on="poll", after=6),
        ],
        PAGES + 1,
        1,
        0,
    ),
]


@pytest.mark.parametrize("component", ["AzureRead", "AzureDocumentIntelligence"])
@pytest.mark.parametrize(
    ("misbehaviours", "billed", "doubtful", "lost"),
    TEMPORARY,
    ids=["+".join(f"{one.how}-{one.on}" for one in case[0]) or "well" for case in TEMPORARY],
)
def test_all_pages_are_recognized_in_spite_of_temporary_faults(
    component: str,
    misbehaviours: list[Misbehaviour],
    billed: int,
    doubtful: int,
    lost: int,
    read_pages: Read,
    recognition: Recognition,
    tmp_path: Path,
) -> None:
    hangs = any(one.how == "hang" for one in misbehaviours)
    options = {"timeout": 0.3} if hangs else {}
    with AzureReadServer(recognition, key=KEY, misbehave=misbehaviours) as service:
        report = read_pages(service.endpoint, component=component, **options)
        assert report.exit_code is Exit.DONE, report
        assert service.billed == billed
    assert (report.doubtful_submits, report.lost_operations) == (doubtful, lost)
    assert written(tmp_path) == [f"page{number}.txt" for number in range(PAGES)]


FAILED: list[tuple[Misbehaviour, str]] = [
    (Misbehaviour("fail"), "ended without a result (failed)"),
    (Misbehaviour("never-end"), "was not recognized within 15 minutes"),
    (Misbehaviour("two-pages"), "returned 2 pages for the one that was sent"),
    (Misbehaviour("error", status=415), "415 InternalServerError: Something went wrong."),
    (Misbehaviour("error", status=413), "too large for what lies between you and the service"),
]


@pytest.mark.parametrize(("misbehaviour", "why"), FAILED, ids=[one.how for one, _ in FAILED])
def test_failed_page_does_not_stop_the_others(
    misbehaviour: Misbehaviour, why: str, read_pages: Read, recognition: Recognition, tmp_path: Path
) -> None:
    with AzureReadServer(recognition, key=KEY, misbehave=[misbehaviour]) as service:
        report = read_pages(service.endpoint)
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert any(why in str(problem) for problem in report.failures), report.failures
    assert len(written(tmp_path)) == PAGES - 1


def test_page_that_was_too_large_on_the_way_is_sent_again(read_pages: Read, recognition: Recognition) -> None:
    """The hint is to raise the limit of a proxy, of which penstock cannot know."""
    fault = Misbehaviour("error", status=413)
    with AzureReadServer(recognition, key=KEY, misbehave=[fault]) as service:
        assert read_pages(service.endpoint, count=1).failed == 1
        assert read_pages(service.endpoint, count=1).exit_code is Exit.DONE
        assert service.billed == 1


@pytest.mark.parametrize(
    ("misbehaviour", "why"),
    [
        (Misbehaviour("lose", times=2), "broke before the response was complete"),
        (Misbehaviour("throttle", times=None, retry_after="1"), "rate limit"),
        (Misbehaviour("error", times=None), "Something went wrong"),
    ],
)
def test_permanent_fault_fails_the_page(
    misbehaviour: Misbehaviour, why: str, read_pages: Read, recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY, misbehave=[misbehaviour]) as service:
        report = read_pages(service.endpoint, count=1)
        assert service.billed == (2 if misbehaviour.how == "lose" else 0)
    assert report.exit_code is Exit.SOMETHING_FAILED
    (problem,) = report.failures
    assert why in problem.why


STOPPED: list[tuple[Misbehaviour, str, str]] = [
    (Misbehaviour("error", status=401, times=None), "answered 401", "same resource, region included"),
    (Misbehaviour("error", status=403, times=None), "answered 403", "Cognitive Services User"),
    (Misbehaviour("error", status=404, times=None), "answered 404", "check the endpoint"),
    (Misbehaviour("error", status=410, times=None), "answered 410", "azure-document-intelligence"),
    (Misbehaviour("redirect", times=None), "redirects to another address", "own address as endpoint"),
    (Misbehaviour("html", times=None), "is not azure-read 3.2", "check the endpoint"),
    (Misbehaviour("throttle", times=None, retry_after="90000"), "answered 429", "quota is used up"),
]


@pytest.mark.parametrize(
    ("misbehaviour", "why", "hint"), STOPPED, ids=[f"{one.how}-{one.status}" for one, _, _ in STOPPED]
)
def test_fault_of_the_service_stops_the_run_at_once(
    misbehaviour: Misbehaviour,
    why: str,
    hint: str,
    read_pages: Read,
    recognition: Recognition,
) -> None:
    with AzureReadServer(recognition, key=KEY, misbehave=[misbehaviour]) as service:
        report = read_pages(service.endpoint)
        assert len(service.calls) == 1
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert why in report.stopped.why
    assert hint in report.stopped.hint
    assert KEY not in repr(report)


def test_operation_at_an_unknown_host_is_kept_until_the_hint_is_followed(
    read_pages: Read, recognition: Recognition
) -> None:
    faults = [Misbehaviour("foreign-location", times=None)]
    with AzureReadServer(recognition, key=KEY, misbehave=faults) as gateway:
        report = read_pages(gateway.endpoint)
        assert report.exit_code is Exit.STOPPED  # no further page is sent
        assert report.pages_billed == gateway.billed == 1
        (problem,) = report.failures
        assert 'trusted_hosts = ["elsewhere.example.org"]' in problem.hint
        assert report.stopped is not None
        assert "must not get the key" in report.stopped.why
        again = read_pages(gateway.endpoint, count=1)
        assert again.exit_code is Exit.SOMETHING_FAILED
        assert gateway.billed == 1  # asked for, and not sent again
    with AzureReadServer(recognition, key=KEY) as well:
        rest = read_pages(well.endpoint)  # an old operation does not stop pages that can be read
        assert (rest.exit_code, rest.pages_read, rest.failed) == (Exit.SOMETHING_FAILED, PAGES - 1, 1)
        assert well.billed == PAGES - 1


def test_wrong_key_stops_the_run(read_pages: Read, recognition: Recognition) -> None:
    with AzureReadServer(recognition, key="another") as service:
        report = read_pages(service.endpoint)
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "Access denied due to invalid subscription key" in report.stopped.why
    assert KEY not in repr(report)


def test_unknown_host_stops_the_run(read_pages: Read) -> None:
    report = read_pages("https://no-such-resource.invalid")
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "cannot resolve no-such-resource.invalid" in report.stopped.why
