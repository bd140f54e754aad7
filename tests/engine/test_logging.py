"""What the engine logs, and what it must not log."""

from __future__ import annotations

import logging

import pytest

from pipelines import double, tables


@pytest.fixture
def logged(run_tables, draw, caplog):
    """Run a pipeline over ``a.png`` with this script, and return the log's records."""

    def run(*steps: str, **more) -> list[logging.LogRecord]:
        caplog.set_level(logging.DEBUG, logger="penstock")
        run_tables(tables([draw("a.png")], script={"a": list(steps)} if steps else None) | more)
        return caplog.records

    return run


def at(records: list[logging.LogRecord], level: int) -> str:
    return "\n".join(f"{each.name} {each.getMessage()}" for each in records if each.levelno == level)


def test_run_sources_and_documents_are_logged_as_info(logged):
    told = at(logged(), logging.INFO)
    assert "penstock.engine.run" in told
    assert "source files: start" in told
    assert "source files: end" in told
    assert "a.png: written" in told


def test_calls_are_logged_as_debug_with_result_and_duration(logged):
    told = at(logged("operation", "read"), logging.DEBUG)
    assert "submit of" in told
    assert "a.png: Operation after" in told
    assert "a.png: Recognition after" in told


def test_retries_and_pauses_are_logged_as_warnings(logged):
    told = at(logged("again:30", "read"), logging.WARNING)
    assert "asks for a pause of 30 s" in told
    assert "trying again in 30.0 s: the service is busy [429]" in told


@pytest.mark.parametrize(
    "more",
    [
        {"recognizers": [{"plugin": double("scripted:Scripted"), "script": {"a": ["crash"]}}]},
        {"sinks": [{"plugin": double("sinks:Broken")}]},
        {"observers": [{"plugin": double("observers:Raising")}]},
        {"amenders": [{"plugin": double("amenders:Raising"), "names": ["a"]}]},
    ],
    ids=["recognizer", "sink", "observer", "amender"],
)
def test_plugins_own_traceback_is_logged(logged, more):
    errors = [
        each.exc_info[1] for each in logged(**more) if each.name == "penstock.plugins" and each.exc_info
    ]
    (error,) = [error for error in errors if isinstance(error, ZeroDivisionError)]
    frame = error.__traceback__
    while frame.tb_next:
        frame = frame.tb_next
    assert "/doubles/" in frame.tb_frame.f_code.co_filename or "scripted" in frame.tb_frame.f_code.co_filename


def test_recognized_text_is_not_logged(logged):
    records = logged("operation", "read")
    assert records
    assert "a read" not in "\n".join(each.getMessage() for each in records)
