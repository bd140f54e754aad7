"""The progress observer: its counts, and what it prints."""

from __future__ import annotations

import json
import logging
import re
import time
from pathlib import Path

import pytest

from penstock.cli.logs import StderrHandler
from penstock.model import Document, EventContext, Page, Picture, Problem, Recognition
from penstock_plugins.observers.progress import Progress
from penstock_plugins.observers.progress.bar_line import BarLine
from penstock_plugins.observers.progress.counts import Counts

DOCUMENT = Document("box", "box", ())
CONTEXT = EventContext(0.0, "run-1")


def page(number: int) -> Page:
    return Page(number, f"box/{number}.png", Picture(Path(f"/box/{number}.png")), 10, 10)


def problem(number: int, why: str = "the file is empty") -> Problem:
    return Problem(f"box/{number}.png", why, "copy it again")


def keyed(number: int) -> EventContext:
    return EventContext(0.0, "run-1", f"1.{number}")


def started(style: str = "lines") -> Progress:
    progress = Progress(style)
    progress.run_started("box", CONTEXT)
    return progress


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")


def drawn(capsys: pytest.CaptureFixture[str]) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)


@pytest.mark.parametrize("context", [lambda _number: CONTEXT, keyed])
def test_unreadable_pages_count_as_found_and_not_as_in_flight(context):
    progress = started()
    for number in range(1, 10):
        progress.page_found(DOCUMENT, page(number), context(number))
        progress.page_submitted(DOCUMENT, page(number), context(number))
    for number in range(1, 8):
        progress.page_recognized(DOCUMENT, page(number), Recognition(), context(number))
    for number in range(10, 16):
        progress.page_failed(DOCUMENT, problem(number), context(number))
    assert str(progress._counts) == "7 of 15 pages recognized, 2 in flight, 6 failed"
    for number in (8, 9):
        progress.page_failed(DOCUMENT, problem(number), context(number))
    assert str(progress._counts) == "7 of 15 pages recognized, 8 failed"


def test_page_key_identifies_the_page_whatever_objects_come_with_it():
    progress = started()
    progress.page_found(Document("box", "box", ()), page(1), keyed(1))
    progress.page_submitted(Document("box", "box", ()), page(1), keyed(1))
    progress.page_failed(Document("box", "box", ()), Problem("another name", "it is torn"), keyed(1))
    assert str(progress._counts) == "0 of 1 page recognized, 1 failed"


def test_page_submitted_twice_is_in_flight_once():
    progress = started()
    progress.page_found(DOCUMENT, page(1), CONTEXT)
    for _ in range(2):
        progress.page_submitted(DOCUMENT, page(1), CONTEXT)
    assert progress._counts.in_flight == 1
    progress.page_found(DOCUMENT, page(2), CONTEXT)
    progress.page_recognized(DOCUMENT, page(2), Recognition(), CONTEXT)
    assert progress._counts.in_flight == 1
    progress.page_recognized(DOCUMENT, page(1), Recognition(), CONTEXT)
    assert str(progress._counts) == "2 of 2 pages recognized"


def test_page_that_fails_before_it_is_submitted_was_not_in_flight():
    progress = started()
    for number in (1, 2):
        progress.page_found(DOCUMENT, page(number), CONTEXT)
    progress.page_submitted(DOCUMENT, page(1), CONTEXT)
    progress.page_failed(DOCUMENT, problem(2), CONTEXT)
    assert str(progress._counts) == "0 of 2 pages recognized, 1 in flight, 1 failed"


def test_failure_above_the_bar_has_no_hint(terminal, capsys):
    with started("bar") as progress:
        progress.page_failed(DOCUMENT, problem(3), CONTEXT)
        progress.document_failed(problem(4, "not written"), CONTEXT)
    shown = drawn(capsys)
    assert "failed  box/3.png: the file is empty" in shown
    assert "failed  box/4.png: not written" in shown
    assert "copy it again" not in shown


def test_lines_leave_failures_to_the_report_and_count_them(capsys):
    progress = started("lines")
    progress.page_failed(DOCUMENT, problem(3), CONTEXT)
    progress.document_failed(problem(4, "not written"), CONTEXT)
    assert capsys.readouterr().err == ""
    assert "1 failed" in str(progress._counts)


def test_lines_name_the_outputs_and_not_the_input(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = (tmp_path / "out/letter.pdf", Path("/elsewhere/letter.txt"))
    started("lines").document_written(Document("letter", "box/letter.jpg", ()), outputs, CONTEXT)
    assert capsys.readouterr().err == "wrote out/letter.pdf\nwrote /elsewhere/letter.txt\n"


@pytest.mark.parametrize("style", ["bar", "lines"])
def test_control_characters_in_names_are_escaped(terminal, capsys, style):
    name = "a\x1b[2J\nb\u202e\udce9ü.png"
    with started(style) as progress:
        progress.page_failed(DOCUMENT, Problem(name, "the file is empty"), CONTEXT)
        progress.document_written(DOCUMENT, (Path(name),), CONTEXT)
    assert "a\\x1b[2J\\nb\\u202e\\udce9ü.png" in capsys.readouterr().err


def test_json_failure_has_the_hint(capsys):
    Progress("json").page_failed(DOCUMENT, problem(3), CONTEXT)
    assert json.loads(capsys.readouterr().err)["hint"] == "copy it again"


def test_json_lines_have_time_run_and_what_the_context_knows(capsys):
    progress = Progress("json")
    context = EventContext(1_700_000_000.25, "run-1", "4.2", "azure-read", 3)
    progress.page_retried(DOCUMENT, page(2), problem(2, "503"), 1.5, context)
    progress.recognizer_throttled(12.0, EventContext(0.0, "run-1", recognizer="azure-read"))
    retried, throttled = map(json.loads, capsys.readouterr().err.splitlines())
    assert retried == {
        "schema": 1,
        "time": "2023-11-14T22:13:20.250Z",
        "run": "run-1",
        "event": "page_retried",
        "page_key": "4.2",
        "recognizer": "azure-read",
        "attempt": 3,
        "document": "box",
        "page": 2,
        "why": "503",
        "hint": "copy it again",
        "wait": 1.5,
    }
    assert (throttled["event"], throttled["recognizer"], throttled["wait"]) == (
        "recognizer_throttled",
        "azure-read",
        12.0,
    )
    assert not {"page_key", "attempt", "page"} & set(throttled)


@pytest.mark.parametrize("style", ["auto", "bar", "lines", "json"])
def test_nothing_is_printed_without_stderr(monkeypatch, capsys, style):
    monkeypatch.setattr("sys.stderr", None)
    with started(style) as progress:
        progress.page_found(DOCUMENT, page(1), CONTEXT)
        progress.page_retried(DOCUMENT, page(1), problem(1), 20.0, CONTEXT)
        progress.page_failed(DOCUMENT, problem(1), CONTEXT)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("style", ["lines", "json"])
def test_closed_pipe_is_ignored(monkeypatch, style):
    class Closed:
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stderr", Closed())
    Progress(style).page_failed(DOCUMENT, problem(1), CONTEXT)


def test_source_status_is_a_line_and_its_end_is_not(capsys):
    progress = started()
    progress.source_status("camera", "hold\x1b[2J still", CONTEXT)
    progress.source_status("camera", "", CONTEXT)
    assert capsys.readouterr().err == "camera: hold\\x1b[2J still\n"


def test_json_has_the_source_status_and_its_end(capsys):
    progress = Progress("json")
    for text in ("hold still", ""):
        progress.source_status("camera", text, CONTEXT)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["source"], line["text"]) for line in lines] == [
        ("source_status", "camera", "hold still"),
        ("source_status", "camera", ""),
    ]


def test_only_long_waits_are_lines_and_overlapping_ones_are_one(capsys):
    progress = started()
    throttled = EventContext(0.0, "run-1", recognizer="azure-read")
    progress.recognizer_throttled(2.0, throttled)
    assert capsys.readouterr().err == ""
    progress.recognizer_throttled(20.0, throttled)
    progress.page_retried(DOCUMENT, page(1), problem(1), 20.0, CONTEXT)
    assert capsys.readouterr().err == "azure-read asked for a pause: next call in 20 s\n"


def test_any_wait_is_a_line_after_ten_seconds_without_one(capsys, monkeypatch):
    times = iter([1000.0, 1000.0, 1005.0, 1011.0, 1013.0])
    monkeypatch.setattr("penstock_plugins.observers.progress.displays.time.monotonic", lambda: next(times))
    progress = started()
    for _ in range(3):
        progress._display.wait("box/1.png: the service failed: next try", 4.0)
    assert capsys.readouterr().err == "box/1.png: the service failed: next try in 4 s\n"


OUTAGE = Problem("the recognizer 'azure-read'", "cannot connect to example.org", "check the network")
AZURE = EventContext(1_700_000_100.0, "run-1", recognizer="azure-read")


def test_outage_is_a_line_for_each_try_and_one_for_its_end(capsys):
    progress = started()
    progress.recognizer_down(OUTAGE, 1_700_000_000.0, 2.5, AZURE)
    progress.recognizer_down(OUTAGE, 1_700_000_000.0, 8.0, AZURE)
    progress.recognizer_up(95.0, AZURE)
    first, second, end = capsys.readouterr().err.splitlines()
    since = time.strftime("%H:%M:%S", time.localtime(1_700_000_000))
    waiting = (
        f"waiting since {since} for the recognizer 'azure-read' (cannot connect to example.org): next try"
    )
    assert first.startswith(waiting)
    assert second == f"{waiting} in 8 s"
    assert end == "azure-read answers again, after 95 s"


def test_a_full_disk_is_a_line_for_each_try_and_one_for_its_end(capsys):
    progress = started()
    full = Problem("box", "out/box.pdf: the disk is full", "make room")
    progress.disk_full(full, 1_700_000_000.0, 2.4, CONTEXT)
    progress.disk_freed(95.0, CONTEXT)
    since = time.strftime("%H:%M:%S", time.localtime(1_700_000_000))
    assert capsys.readouterr().err.splitlines() == [
        f"waiting since {since} for room (out/box.pdf: the disk is full): next try in 2 s",
        "there is room again, after 95 s",
    ]


@pytest.fixture
def aged(monkeypatch):
    """Progress lines on a clock that the test sets: ``aged.time``."""

    class Aged:
        time = 1000.0

    monkeypatch.setattr("penstock_plugins.observers.progress.displays.time.monotonic", lambda: Aged.time)
    return Aged


def test_log_of_a_week_is_small(capsys, aged):
    progress = started()
    for minute in range(1, 7 * 24 * 60 + 1):
        aged.time = 1000.0 + minute * 60
        progress.page_recognized(DOCUMENT, page(minute), Recognition(), CONTEXT)
        progress.document_written(DOCUMENT, (Path(f"/out/{minute}.pdf"), Path(f"/out/{minute}.txt")), CONTEXT)
        progress.recognizer_throttled(60.0, AZURE)
        progress.recognizer_down(OUTAGE, 1_700_000_000.0, 60.0, AZURE)
        if minute % 2:
            progress.recognizer_up(60.0, AZURE)
    progress.__exit__()
    said = capsys.readouterr().err
    assert len(said) < 800_000
    lines = said.splitlines()
    assert lines.count("azure-read answers again, after 60 s") > 100
    named = [line for line in lines if line.startswith("wrote /out/")]
    counted = [int(line.split()[1]) for line in lines if "more file" in line]
    assert len(named) == 1000
    assert len(named) + sum(counted) == 2 * 7 * 24 * 60
    assert lines[-1].endswith("the last one /out/10080.txt")


def test_outage_has_events_in_json(capsys):
    progress = Progress("json")
    progress.recognizer_down(OUTAGE, 1_700_000_000.0, 2.5, AZURE)
    progress.recognizer_up(95.0, AZURE)
    down, up = map(json.loads, capsys.readouterr().err.splitlines())
    assert down["event"] == "recognizer_down"
    assert (down["since"], down["wait"]) == ("2023-11-14T22:13:20.000Z", 2.5)
    assert (down["why"], down["hint"]) == ("cannot connect to example.org", "check the network")
    assert (up["event"], up["recognizer"], up["seconds"]) == ("recognizer_up", "azure-read", 95.0)


def test_spent_budget_is_a_line(capsys):
    started().budget_warning("budget_per_day", 8.25, 10.0, AZURE)
    assert capsys.readouterr().err == "8.25 of 10.00 is spent (82% of budget_per_day)\n"


def test_bar_shows_an_outage_whatever_else_waits_until_it_ends(terminal, capsys):
    with started("bar") as progress:
        progress.recognizer_throttled(60.0, AZURE)
        progress.recognizer_down(OUTAGE, 1_700_000_000.0, 30.0, AZURE)
        progress.source_status("camera", "", CONTEXT)
        assert "(cannot connect to example.org): next try in 30 s" in drawn(capsys)
        progress.recognizer_up(95.0, AZURE)
        progress.source_status("camera", "", CONTEXT)
        shown = drawn(capsys)
    assert "azure-read answers again, after 95 s" in shown
    assert "next try" not in shown.rpartition("answers again")[2]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_bar_shows_the_source_status_in_place_of_the_name(terminal, monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    with Progress("bar") as progress:
        progress.run_started("letters", CONTEXT)
        progress.source_status("camera", "waiting for hands to leave the picture", CONTEXT)
        waiting = capsys.readouterr().err
        progress.source_status("camera", "", CONTEXT)
        waited = capsys.readouterr().err
    assert "waiting for hands to leave the picture" in waiting
    assert "letters" in waited
    assert "waiting" not in waited


def test_a_long_source_status_is_printed_above_the_bar(terminal, capsys):
    order = "12 files, ordered by number: page1.png, page2.png, page3.png … page12.png"
    with started("bar") as progress:
        progress.source_status("files", order, CONTEXT)
        progress.source_status("files", "", CONTEXT)
        shown = capsys.readouterr().err
    assert f"{order}\n" in shown
    assert f"{order} " not in shown


def test_bar_shows_the_wait_that_ends_last(terminal, capsys):
    with started("bar") as progress:
        progress.recognizer_throttled(30.0, EventContext(0.0, "run-1", recognizer="azure-read"))
        progress.page_retried(DOCUMENT, page(1), problem(1), 3.0, CONTEXT)
        progress.source_status("camera", "", CONTEXT)
        shown = drawn(capsys)
    assert "azure-read asked for a pause: next call in 30 s" in shown
    assert "box/1.png" not in shown


def test_log_records_are_printed_above_the_bar(terminal, capsys):
    with started("bar") as progress:
        progress.page_found(DOCUMENT, page(1), CONTEXT)
        record = logging.LogRecord("penstock", logging.INFO, "", 0, "a message", None, None)
        StderrHandler(as_json=False).emit(record)
        shown = drawn(capsys)
    # The message has a line of its own, and the bar is drawn again below it.
    assert re.search(r"\r[\d:]{8} INFO penstock: a message *\n", shown)
    assert "box" in shown.rpartition("a message")[2]


@pytest.mark.parametrize(
    ("counts", "seconds", "expected"),
    [
        (Counts(found=10), 5.0, ""),
        (Counts(found=10, recognized=3), 0.0, ""),
        (Counts(found=10, recognized=3), 7.5, "0.4 pages/s, 0:00:17 left"),
        (Counts(found=110, known=100, recognized=4), 10.0, "0.4 pages/s, 0:00:15 left"),
        (Counts(found=10, recognized=4, failed=4), 10.0, "0.4 pages/s, 0:00:05 left"),
        (Counts(found=10, recognized=10), 1.0, "10.0 pages/s"),
        (Counts(found=10, recognized=2), 100.0, "0:06:40 left"),
        (Counts(found=2, recognized=2), 100.0, ""),
    ],
)
def test_pace_counts_pages_recognized_since_the_start(counts, seconds, expected):
    assert counts.pace(seconds) == expected


def test_bar_counts_pages_that_already_had_a_result(terminal, capsys):
    with Progress("bar") as progress:
        progress.run_started("letters", CONTEXT)
        for number in range(1, 6):
            progress.page_found(DOCUMENT, page(number), CONTEXT)
            progress.page_known(DOCUMENT, page(number), CONTEXT)
        progress.page_found(DOCUMENT, page(9), CONTEXT)
        progress.page_recognized(DOCUMENT, page(9), Recognition(), CONTEXT)
    assert "6 of 6 pages recognized (5 known)" in drawn(capsys)


@pytest.mark.parametrize(
    ("columns", "before", "after", "has_bar"),
    [
        (100, "read", "9 of 16 pages recognized (6 known), 2 in flight, 0.3 pages/s, 0:00:23 left", True),
        (80, "read", "9 of 16 pages recognized (6 known), 2 in flight, 0.3 pages/s, 0:00:23 left", False),
        (76, "", "9 of 16 pages recognized (6 known), 2 in flight, 0.3 pages/s, 0:00:23 left", False),
        (50, "", "9 of 16 pages recognized (6 known), 2 in flight", False),
        (40, "", "9 of 16 pages recognized (6 known)", False),
        (20, "", "9 of 16 pages recognized (6 known)", False),
    ],
)
def test_a_narrow_terminal_loses_the_bar_first_and_the_count_last(columns, before, after, has_bar):
    times = iter([0.0, 10.0, 10.0, 10.0])
    line = BarLine("read", clock=lambda: next(times))
    line.counts = Counts(found=16, known=6, recognized=3, submitted={"1", "2"})
    shown_before, shown_after, width = line.texts(columns)
    assert (shown_before, shown_after, width > 0) == (before, after, has_bar)


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_the_bar_is_one_line_that_fits(terminal, monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    with started("bar") as progress:
        for number in range(1, 6):
            progress.page_found(DOCUMENT, page(number), CONTEXT)
        progress.page_recognized(DOCUMENT, page(1), Recognition(), CONTEXT)
    lines = [line.strip() for line in re.split(r"[\r\n]+", drawn(capsys))]
    assert any("1 of 5 pages" in line for line in lines)
    assert max(map(len, lines)) <= columns
