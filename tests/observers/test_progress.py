"""The progress observer: what it counts, and what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from penstock.model import Document, Page, Picture, Problem, Recognition
from penstock_plugins.observers.progress import Counts, Progress, pace

DOCUMENT = Document("box", "box", ())


def page(number: int) -> Page:
    return Page(number, f"box/{number}.png", Picture(Path(f"/box/{number}.png")), 10, 10)


def problem(number: int, why: str = "the file is empty") -> Problem:
    return Problem(f"box/{number}.png", why, "copy it again")


def started() -> Progress:
    watching = Progress("lines")
    watching.run_started("box")
    return watching


def test_pages_that_were_never_found_count_as_found_and_are_not_in_flight():
    progress = started()
    for number in range(1, 10):
        progress.page_found(DOCUMENT, page(number))
        progress.page_submitted(DOCUMENT, page(number))
    for number in range(1, 8):
        progress.page_recognized(DOCUMENT, page(number), Recognition())
    for number in range(10, 16):
        progress.page_failed(DOCUMENT, problem(number))
    assert str(progress._counts) == "7 of 15 pages read, 2 in flight, 6 failed"
    for number in (8, 9):
        progress.page_failed(DOCUMENT, problem(number))
    assert str(progress._counts) == "7 of 15 pages read, 8 failed"


def test_a_page_submitted_again_or_known_already_leaves_nothing_in_flight():
    progress = started()
    progress.page_found(DOCUMENT, page(1))
    for _ in range(2):
        progress.page_submitted(DOCUMENT, page(1))
    assert progress._counts.in_flight == 1
    progress.page_found(DOCUMENT, page(2))
    progress.page_recognized(DOCUMENT, page(2), Recognition())
    assert progress._counts.in_flight == 1
    progress.page_recognized(DOCUMENT, page(1), Recognition())
    assert str(progress._counts) == "2 of 2 pages read"


def test_a_page_that_waits_and_fails_is_not_taken_from_those_in_flight():
    progress = started()
    for number in (1, 2):
        progress.page_found(DOCUMENT, page(number))
    progress.page_submitted(DOCUMENT, page(1))
    progress.page_failed(DOCUMENT, problem(2))
    assert str(progress._counts) == "0 of 2 pages read, 1 in flight, 1 failed"


def test_a_failure_is_one_short_line_without_its_hint(capsys):
    progress = started()
    progress.page_failed(DOCUMENT, problem(3))
    progress.document_failed(problem(4, "not written"))
    assert capsys.readouterr().err == "failed  box/3.png: the file is empty\nfailed  box/4.png: not written\n"


def test_names_cannot_talk_to_the_terminal(capsys):
    progress = started()
    progress.page_failed(DOCUMENT, Problem("a\x1b[2J\nb\u202e\udce9ü.png", "the file is empty"))
    assert capsys.readouterr().err == "failed  a\\x1b[2J\\nb\\u202e\\udce9ü.png: the file is empty\n"


def test_machines_get_the_hint_too(capsys):
    Progress("json").page_failed(DOCUMENT, problem(3))
    assert json.loads(capsys.readouterr().err)["hint"] == "copy it again"


@pytest.mark.parametrize("style", ["auto", "bar", "lines", "json"])
def test_without_a_stderr_there_is_silence(monkeypatch, capsys, style):
    monkeypatch.setattr("sys.stderr", None)
    with Progress(style) as watching:
        watching.run_started("box")
        watching.page_found(DOCUMENT, page(1))
        watching.page_failed(DOCUMENT, problem(1))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("style", ["lines", "json"])
def test_whoever_listened_may_go(monkeypatch, style):
    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    Progress(style).page_failed(DOCUMENT, problem(1))


def test_what_a_source_waits_for_is_a_line_and_nothing_when_it_waits_no_more(capsys):
    progress = started()
    progress.source_status("camera", "hold\x1b[2J still")
    progress.source_status("camera", "")
    assert capsys.readouterr().err == "camera: hold\\x1b[2J still\n"


def test_machines_hear_what_a_source_waits_for(capsys):
    progress = Progress("json")
    for text in ("hold still", ""):
        progress.source_status("camera", text)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert said == [
        {"event": "source_status", "source": "camera", "text": text} for text in ("hold still", "")
    ]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_on_a_terminal_it_stands_in_the_pipelines_place(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress("bar") as progress:
        progress.run_started("letters")
        progress.source_status("camera", "waiting for hands to leave the picture")
        waiting = capsys.readouterr().err
        progress.source_status("camera", "")
        waited = capsys.readouterr().err
    assert "waiting for hands to leave the picture" in waiting
    assert "letters" in waited
    assert "waiting" not in waited


@pytest.mark.parametrize(
    ("counts", "seconds", "said"),
    [
        (Counts(found=10), 5.0, ""),
        (Counts(found=10, read=3), 0.0, ""),
        (Counts(found=10, read=3), 7.5, "0.4/s, 0:00:17 left"),
        (Counts(found=110, known=100, read=4), 10.0, "0.4/s, 0:00:15 left"),
        (Counts(found=10, read=4, failed=4), 10.0, "0.4/s, 0:00:05 left"),
        (Counts(found=10, read=10), 1.0, "10.0/s"),
    ],
)
def test_the_rate_is_of_what_was_read_since_the_start(counts, seconds, said):
    assert pace(counts, seconds) == said


def test_a_bar_counts_what_is_to_be_read_and_not_what_was_known(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress("bar") as progress:
        progress.run_started("letters")
        for number in range(1, 6):
            progress.page_found(DOCUMENT, page(number))
            progress.page_known(DOCUMENT, page(number))
        progress.page_found(DOCUMENT, page(9))
        progress.page_recognized(DOCUMENT, page(9), Recognition())
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "1/1 pages, 5 known already" in drawn
