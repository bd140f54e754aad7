"""The lines of --log-format json, against their JSON Schema."""

from __future__ import annotations

import copy
import inspect
import json
import logging
from datetime import datetime
from typing import Any

import jsonschema
import pikepdf
import pytest

from pdf_in.making import saved, text_page, typed
from penstock.cli.event_schema import EVENTS, event_schema
from penstock.cli.logs import StderrHandler
from penstock.hookspecs import ObserverHooks
from penstock.json_lines import json_line
from penstock.model import Document, EventContext, Page, Picture, Problem, Recognition
from penstock.report import RunReport
from penstock_plugins.observers.progress import Progress
from pipelines import double

UNPRINTED = ("stage_ended", "workers_changed", "document_ended")
"""Events for measuring: they have no lines."""


@pytest.fixture(scope="module")
def strict() -> jsonschema.Draft202012Validator:
    """The schema, which here allows no key that it does not name."""
    schema = copy.deepcopy(event_schema())
    for variant in schema["oneOf"]:
        variant["additionalProperties"] = False
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def checked(strict: jsonschema.Draft202012Validator, text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        (variant,) = [each for each in strict.schema["oneOf"] if each["title"] == line["event"]]
        strict.evolve(schema={**variant, "$defs": strict.schema["$defs"]}).validate(line)
        assert datetime.fromisoformat(line["time"]).utcoffset() is not None
    return lines


def pipeline(folder, script: str, more: str = "") -> None:
    (folder / "penstock.toml").write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans", "nothere"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\nscript = {{{script}}}\n'
        f'[[sinks]]\nplugin = "text"\n{more}'
    )


def test_every_line_of_a_run_follows_the_schema(command, tmp_path, draw, strict):
    for name in "abc":
        draw(f"scans/{name}.png")
    (tmp_path / "scans/zero.jpg").write_bytes(b"")
    script = 'a = ["operation", "pending:0.01", "read"], b = ["again:0.01", "read"], c = ["refuse"]'
    pipeline(tmp_path, script)
    ended = command("run", "penstock.toml", "--log-format", "json", "-v")
    lines = checked(strict, ended.stderr)
    events = [line["event"] for line in lines if line["event"] != "log"]
    assert events[0] == "run_started"
    assert events[-2:] == ["run_finished", "report"]
    assert set(events) >= {
        "document_found",
        "page_found",
        "page_submitted",
        "page_recognized",
        "page_failed",
        "document_failed",
        "document_written",
    }
    runs = {line["run"] for line in lines}
    assert len(runs) == 1
    assert runs != {""}
    again = checked(strict, command("run", "penstock.toml", "--log-format", "json").stderr)
    assert [line["pages"] for line in again if line["event"] == "pages_known"] == [2]


def test_the_lines_name_the_pages_that_are_not_sent(command, tmp_path, strict):
    pdf = pikepdf.new()
    for content in (b"", typed("Label", 40, 340), b"40 340 m 90 360 l S"):
        text_page(pdf, content)
    (tmp_path / "scans").mkdir()
    saved(pdf, tmp_path / "scans/a.pdf")
    pipeline(tmp_path, "")
    lines = checked(strict, command("run", "penstock.toml", "--log-format", "json").stderr)
    found = [(line["page"], line.get("own_text")) for line in lines if line["event"] == "page_found"]
    assert found == [(1, "empty"), (2, "born-digital"), (3, None)]
    assert (lines[-1]["pages_empty"], lines[-1]["pages_born_digital"]) == (1, 1)
    ended = command("read", "scans/a.pdf", "--with", double("scripted:Scripted"), "--to", "text")
    assert "not sent to a recognizer: 1 page taken for empty, 1 page with text of its own" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nothere.toml"),
        ("run", "penstock.toml", "--dry-run"),
        ("read", "scans/a.png", "--to", ","),
        ("retry", "penstock.toml"),
    ],
)
def test_other_lines_follow_the_schema(command, tmp_path, draw, strict, arguments):
    draw("scans/a.png")
    (tmp_path / "scans/zero.jpg").write_bytes(b"")
    pipeline(tmp_path, "")
    assert checked(strict, command(*arguments, "--log-format", "json").stderr)


def test_every_event_of_a_run_is_printed_and_follows_the_schema(capsys, tmp_path, strict):
    """Calls each hook, so that events that the scripted run does not cause are checked as well."""
    context = EventContext(0.0, "run-1", "1.1", "azure-read", 2)
    page = Page(1, "a.png", Picture(tmp_path / "a.png"), 10, 10)
    problem = Problem("a.png", "it is torn", "scan it again", tmp_path / "a.png")
    values = {
        "pipeline": "x",
        "source": "camera",
        "text": "hold still",
        "document": Document("a", "a.png", ()),
        "page": page,
        "problem": problem,
        "wait": 1.5,
        "since": 0.0,
        "seconds": 95.0,
        "budget": "budget_per_day",
        "spent": 8.5,
        "limit": 10.0,
        "recognition": Recognition(),
        "outputs": (tmp_path / "a.txt",),
        "report": RunReport("x", failures=(problem,), failed=1, stopped=problem),
    }
    progress = Progress("json")
    hooks = [name for name in vars(ObserverHooks) if not name.startswith("_") and name not in UNPRINTED]
    for hook in hooks:
        method = getattr(progress, hook)
        method(
            context=context,
            **{each: values[each] for each in inspect.signature(method).parameters if each != "context"},
        )
    lines = checked(strict, capsys.readouterr().err)
    printed = [line["event"] for line in lines]
    assert printed[-2:] == ["pages_known", "run_finished"]
    assert set(printed) == {*hooks, "pages_known"} - {"page_known", "page_found"}
    assert all(line["page_key"] == "1.1" and line["attempt"] == 2 for line in lines)
    assert set(printed) <= set(EVENTS)


def test_a_run_that_finds_nothing_new_prints_a_handful_of_lines(command, tmp_path, draw, strict):
    for number in range(10):
        draw(f"scans/{number}.png")
    (tmp_path / "nothere").mkdir()
    draw("nothere/x.png")
    pipeline(tmp_path, "")
    first = checked(strict, command("run", "penstock.toml", "--log-format", "json").stderr)
    assert [line["event"] for line in first].count("page_found") == 11
    idle = checked(strict, command("run", "penstock.toml", "--log-format", "json").stderr)
    assert [line["event"] for line in idle] == ["run_started", "pages_known", "run_finished", "report"]
    assert idle[1]["pages"] == 11


def test_found_pages_are_printed_before_what_happens_to_them(capsys, tmp_path):
    progress, document = Progress("json"), Document("a", "a.pdf", ())
    pages = [Page(number, "a.pdf", Picture(tmp_path / "a.pdf"), 10, 10) for number in (1, 2, 3)]
    contexts = [EventContext(0.0, "run-1", f"1/{number}") for number in (1, 2, 3)]
    progress.document_found(document, EventContext(0.0, "run-1"))
    for page, context in zip(pages, contexts, strict=True):
        progress.page_found(document, page, context)
    progress.page_known(document, pages[0], contexts[0])
    progress.page_recognized(document, pages[1], Recognition(), contexts[1])
    progress.page_failed(document, Problem("a.pdf, page 3", "it is torn"), contexts[2])
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("page")) for line in lines] == [
        ("document_found", None),
        ("page_found", 2),
        ("page_recognized", 2),
        ("page_found", 3),
        ("page_failed", None),
    ]


@pytest.mark.parametrize(
    "arguments", [["read", "--log-format=json"], ["read", "a", "--log-format", "json", "-x"]]
)
def test_usage_errors_follow_the_schema(command, strict, arguments):
    ended = command(*arguments)
    (line,) = checked(strict, ended.stderr)
    assert (ended.returncode, line["event"], line["hint"]) == (2, "error", "see penstock read --help")


def test_log_records_follow_the_schema(capsys, strict):
    handler = StderrHandler(as_json=True)
    for error in (None, (ValueError, ValueError("torn"), None)):
        handler.emit(logging.LogRecord("penstock.x", logging.INFO, "", 0, "a %s", ("message",), error))
    plain, raised = checked(strict, capsys.readouterr().err)
    assert (plain["event"], plain["message"], "traceback" in plain) == ("log", "a message", False)
    assert "ValueError: torn" in raised["traceback"]


def test_lines_with_missing_or_wrong_keys_do_not_follow_the_schema(strict):
    good = json.loads(json_line("page_found", document="a.png", page=1))
    checked(strict, json.dumps(good))
    for key in ("schema", "time", "run", "document", "page"):
        with pytest.raises(jsonschema.ValidationError):
            checked(strict, json.dumps({name: value for name, value in good.items() if name != key}))
    for wrong in ({"schema": 2}, {"page": 0}, {"surprise": 1}):
        with pytest.raises(jsonschema.ValidationError):
            checked(strict, json.dumps(good | wrong))


def test_schema_events_prints_the_schema(command):
    assert json.loads(command("schema", "--events").stdout) == json.loads(json.dumps(event_schema()))


def test_lines_are_ascii_whatever_the_names_are():
    line = json_line("error", what="ä\udce9\n\x1b[2J")
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["what"] == "ä\udce9\n\x1b[2J"
