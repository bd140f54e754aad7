"""Only the doubtful lines of pages are sent, packed onto sheets, and the answers are put back in place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine.journal.maintenance import forget
from penstock.engine.survey import survey
from penstock.errors import ConfigurationError
from penstock.model import Recognition
from penstock.pipeline import Pipeline
from penstock.report import Exit
from penstock.testing import AzureReadServer, Misbehaviour
from pipelines import double, load_double, tables

FIRST = double("bars:FirstReader")
bars = load_double("bars:FirstReader")

PAGES = {"a": [1, 2, 3, 4], "b": [5, 6, 7], "c": [8, 9], "d": [10, 11, 12]}
DOUBTFUL = {"2": 0.3, "4": 0.5, "6": 0.2, "10": 0.1, "11": 0.1, "12": 0.6}
"""The confidences of lines of the pages a, b and d. Each of these pages has a mean below 0.85."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AzureReadServer]]:
    """Return a function that starts a Read service for the test; called again, one that takes its place."""
    running: list[AzureReadServer] = []

    def serve(answers: Callable[[bytes], Recognition] = bars.read_bars, **manners: Any) -> AzureReadServer:
        server = AzureReadServer(answers, **manners)
        running.append(server.__enter__())
        monkeypatch.setenv("AZURE_VISION_ENDPOINT", server.endpoint)
        monkeypatch.setenv("AZURE_VISION_KEY", server.key)
        return server

    yield serve
    for server in running:
        server.__exit__()


@pytest.fixture
def lined(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that makes a pipeline of pages of bars, whose doubtful lines go to Azure."""

    def make(
        pages: dict[str, list[int]] | None = None,
        *,
        accept: dict[str, Any] | None = None,
        second: dict[str, Any] | None = None,
        length: int = 200,
        **more: Any,
    ) -> dict[str, Any]:
        numbers = (pages or PAGES).items()
        paths = [bars.draw_bars(tmp_path / f"{name}.png", rows, length=length) for name, rows in numbers]
        made = tables(paths, sinks=[{"plugin": "json", "path": "out/{document}.json"}], **more)
        made["recognizers"] = [
            {"plugin": FIRST, "confidences": DOUBTFUL, "accept": accept or {"confidence": 0.85}},
            {"plugin": "azure-read", "unit": "lines", "calls_per_second": 1000.0, **(second or {})},
        ]
        made["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(tmp_path / "events")}]
        return made

    return make


@pytest.fixture
def texts(tmp_path: Path) -> Callable[[], dict[str, list[str]]]:
    """Return a function that returns the lines of each output."""

    def read() -> dict[str, list[str]]:
        files = sorted((tmp_path / "out").glob("*.json"))
        forms = {file.stem: json.loads(file.read_text())["pages"][0] for file in files}
        return {name: [line["text"] for line in form["lines"]] for name, form in forms.items()}

    return read


IN_PLACE = {
    "a": ["first 1", "good 2", "first 3", "good 4"],
    "b": ["first 5", "good 6", "first 7"],
    "c": ["first 8", "first 9"],
    "d": ["good 10", "good 11", "good 12"],
}
FIRST_ONLY = {name: [f"first {number}" for number in rows] for name, rows in PAGES.items()}


def test_doubtful_lines_of_several_pages_share_one_billed_sheet(run_tables, lined, texts, service, tmp_path):
    server = service()
    report = run_tables(lined())
    assert (report.exit_code, report.pages_read, report.pages_provisional) == (Exit.DONE, 4, 0)
    assert (server.billed, report.pages_billed) == (1, 1)
    assert texts() == IN_PLACE
    form = json.loads((tmp_path / "out/b.json").read_text())["pages"][0]["lines"][1]
    corners = [value for corner in form["quad"] for value in corner]
    assert corners == pytest.approx([30, 60, 230, 60, 230, 80, 30, 80], abs=3)
    found = [json.loads(event) for event in (tmp_path / "events").read_text().splitlines()]
    submitted = {event["page_key"] for event in found if event["event"] == "page_submitted"}
    assert len(submitted) == 3
    assert submitted == {event["page_key"] for event in found if event["event"] == "page_provisional"}
    again = run_tables(lined())
    assert (again.pages_known, again.pages_sent, server.billed) == (4, 0, 1)
    assert not list((tmp_path / ".penstock/spool").rglob("*.jpg"))


def test_lines_are_cut_out_of_the_transformed_page(run_tables, lined, texts, service, tmp_path):
    service()
    told = lined({"b": PAGES["b"]}, transforms=[{"plugin": double("bars:Enlarged")}])
    assert run_tables(told).exit_code == Exit.DONE
    assert texts() == {"b": IN_PLACE["b"]}
    quads = [line["quad"] for line in json.loads((tmp_path / "out/b.json").read_text())["pages"][0]["lines"]]
    corners = [value for quad in quads for corner in quad for value in corner]
    tops = (20, 60, 100)
    expected = [value for top in tops for value in (30, top, 230, top, 230, top + 20, 30, top + 20)]
    assert corners == pytest.approx(expected, abs=3)


def test_full_sheets_are_sent_at_once_and_a_page_may_be_on_two(run_tables, lined, texts, service):
    server = service()
    pages = {f"p{number}": [number] * 7 for number in range(1, 9)}
    told = lined(pages, length=700)
    told["recognizers"][0]["confidences"] = {str(number): 0.1 for number in range(1, 9)}
    report = run_tables(told)
    assert (report.exit_code, report.pages_billed, server.billed) == (Exit.DONE, 2, 2)
    assert texts() == {name: [f"good {rows[0]}"] * 7 for name, rows in pages.items()}


def test_page_without_doubtful_lines_is_sent_whole(run_tables, lined, texts, service):
    server = service()
    report = run_tables(lined({"c": [8, 9]}, accept={"confidence": 0.5, double("bars:PageJudge"): True}))
    assert (report.exit_code, server.billed) == (Exit.DONE, 1)
    assert texts() == {"c": ["good 8", "good 9"]}


def test_a_page_with_too_few_lines_is_sent_whole(run_tables, lined, texts, service):
    server = service()
    report = run_tables(lined({"b": PAGES["b"]}, accept={"confidence": 0.85, "min_lines": 4}))
    assert (report.exit_code, server.billed) == (Exit.DONE, 1)
    assert texts() == {"b": ["good 5", "good 6", "good 7"]}


def test_without_a_rule_on_confidence_all_lines_of_rejected_pages_are_sent(run_tables, lined, texts, service):
    server = service()
    assert run_tables(lined(accept={double("bars:PageJudge"): True})).exit_code == Exit.DONE
    assert server.billed == 1
    assert texts() == {name: [f"good {number}" for number in rows] for name, rows in PAGES.items()}


def test_pages_of_another_unit_are_sent_anew(run_tables, lined, texts, service):
    server = service()
    run_tables(lined())
    run_tables(lined(second={"unit": "pages"}))
    assert server.billed == 4  # the sheet, and three pages
    assert texts()["b"] == ["good 5", "good 6", "good 7"]


def test_raising_the_threshold_sends_lines_of_further_pages_only(run_tables, lined, texts, service):
    server = service()
    run_tables(lined(accept={"confidence": 0.5}))
    assert [name for name, lines in texts().items() if any("good" in line for line in lines)] == ["d"]
    run_tables(lined())
    assert server.billed == 2
    # A page with an answer keeps it, as pages do that are sent whole.
    assert texts() == IN_PLACE | {"d": ["good 10", "good 11", "first 12"]}


def test_the_pages_of_a_refused_sheet_keep_their_first_reading(run_tables, lined, texts, service):
    service(misbehave=[Misbehaviour("fail")])
    report = run_tables(lined())
    assert (report.exit_code, report.failed, report.pages_provisional) == (Exit.DONE, 0, 3)
    assert sorted(Path(warning.what).name for warning in report.warnings) == ["a.png", "b.png", "d.png"]
    assert texts() == FIRST_ONLY
    server = service()
    assert run_tables(lined()).pages_provisional == 3
    assert (run_tables(lined(), retry=True).exit_code, server.billed) == (Exit.DONE, 1)
    assert texts() == IN_PLACE


@pytest.fixture
def half_answered(run_tables, lined, texts, service) -> dict[str, Any]:
    """A pipeline whose first sheet is answered and whose second is refused; the page p6 is on both."""
    pages = {f"p{number}": [number] * 7 for number in range(1, 9)}
    told = lined(pages, length=700, second={"in_flight": 1})
    told["recognizers"][0] |= {"confidences": {str(number): 0.1 for number in range(1, 9)}, "in_flight": 1}
    service(misbehave=[Misbehaviour("fail", after=1)])
    run_tables(told)
    assert texts()["p5"] == ["good 5"] * 7
    assert texts()["p6"] == ["first 6"] * 7
    return told


def test_answered_lines_of_a_page_are_not_sent_again(run_tables, half_answered, texts, service):
    sent: list[str] = []

    def read(picture: bytes) -> Recognition:
        recognition: Recognition = bars.read_bars(picture)
        sent.extend(line.text for line in recognition.lines)
        return recognition

    service(answers=read)
    report = run_tables(half_answered, retry=True)
    assert (report.exit_code, report.pages_billed) == (Exit.DONE, 1)
    assert texts()["p6"] == ["good 6"] * 7
    assert (len(sent), 0 < sent.count("good 6") < 7) == (sent.count("good 6") + 14, True)


def test_answers_about_sheets_are_forgotten_with_the_documents_on_them(half_answered, tmp_path):
    def count(table: str) -> int:
        with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as journal:
            return int(journal.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    before = count("answers")
    assert count("sheet_lines") > 0
    forget(tmp_path / ".penstock", "test", tmp_path, documents=["p6"])
    assert before - count("answers") == 4  # two about the page, and one about each sheet
    forget(tmp_path / ".penstock", "test", tmp_path, documents=["p7", "p8"])
    assert count("sheet_lines") == 0


@pytest.mark.parametrize("fault", ["forget", "reset", "lose"])
def test_a_lost_sheet_is_sent_again(run_tables, lined, texts, service, fault):
    server = service(misbehave=[Misbehaviour(fault, times=1)])
    report = run_tables(lined())
    assert (report.exit_code, report.pages_provisional) == (Exit.DONE, 0)
    assert server.billed == (1 if fault == "reset" else 2)
    assert texts() == IN_PLACE


def test_a_spent_budget_leaves_pages_their_first_reading(run_tables, lined, texts, service):
    server = service()
    told = lined(second={"price_per_1000": 1.5})
    report = run_tables(told, budget=0.001)
    assert (report.exit_code, server.billed, report.pages_provisional) == (Exit.STOPPED, 0, 3)
    assert texts() == FIRST_ONLY
    report = run_tables(told, budget=0.002)
    assert (report.exit_code, server.billed, report.cost) == (Exit.DONE, 1, 0.0015)
    assert texts() == IN_PLACE


def test_a_page_that_cannot_be_opened_does_not_hold_the_others_up(
    run_tables, lined, texts, service, tmp_path
):
    server = service(submit_takes=0.1)
    told = lined()
    told["recognizers"][0]["plugin"] = double("bars:Eraser")
    report = run_tables(told)
    assert server.billed == 1
    assert report.pages_provisional == 1
    assert (texts()["a"], texts()["d"]) == (IN_PLACE["a"], IN_PLACE["d"])
    assert Path(report.warnings[0].what).name == "b.png"


@pytest.mark.parametrize(
    ("recognizers", "complaint"),
    [
        ([{"plugin": FIRST}, {"plugin": FIRST, "unit": "lines"}], "unless an earlier recognizer has accept"),
        ([{"plugin": FIRST, "unit": "words"}], 'must be "pages" or "lines"'),
        (
            [{"plugin": FIRST, "accept": {"confidence": 0.5}}, {"plugin": "rapidocr", "unit": "lines"}],
            "reads on this machine",
        ),
    ],
)
def test_unit_is_checked(recognizers, complaint, tmp_path):
    told = tables(["a.png"]) | {"recognizers": recognizers}
    with pytest.raises(ConfigurationError, match=complaint):
        Pipeline(check(told, tmp_path, where="test.toml", name="test"))


def test_check_says_how_many_sheets_would_be_billed(run_tables, lined, service, tmp_path):
    service()
    told = lined(second={"price_per_1000": 1.5})
    run_tables(told, budget=0.0)
    found = survey(Pipeline(check(told, tmp_path, where="test.toml", name="test")))
    assert (found.known, found.to_send, found.cost) == (1, 3, 0.0015)
    assert "6 lines of 3 pages would be billed as 1 page" in found.messages[0]
