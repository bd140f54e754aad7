"""What `forget` deletes, and what it keeps: pictures that are only in the spool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import Run, RunOptions, forget, status_of
from penstock.model import Page
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from penstock.spool import Spool
from penstock_plugins.sources.camera.session_state import SessionState, stored_page
from pipelines import double, tables

AGES = 1e9
"""Seconds; all results are newer."""


def run_in(folder: Path, told: dict[str, Any], **options: Any) -> RunReport:
    """Run a pipeline in a folder of its own."""
    made = check(told, folder, where="test.toml", name="test")
    return Run(Pipeline(made), RunOptions(**options)).execute()


def pictures(state: Path) -> list[Path]:
    return sorted(path for _, path in Spool(state / "spool").kept())


@pytest.fixture
def camera(draw):
    """A pipeline with a source that spools its picture."""
    picture = draw("a.png")

    def made(**engine: Any) -> dict[str, Any]:
        sinks = [{"plugin": "pdf", "path": "out/{document}.pdf"}]
        source = {"plugin": double("sources:Live"), "pictures": [str(picture)]}
        return tables([], sinks=sinks, engine=engine) | {"sources": [source]}

    return made


def test_forget_keeps_pictures_of_other_pipelines(tmp_path, draw, camera):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    state = "../state"
    assert run_in(tmp_path / "one", camera(state=state)).exit_code is Exit.DONE
    assert run_in(tmp_path / "two", tables([draw("b.png")], engine={"state": state})).exit_code is Exit.DONE
    spelt = tmp_path / "two" / ".." / "state"
    assert forget(spelt, "test", tmp_path / "two", older_than=AGES).files == 0
    assert len(pictures(tmp_path / "state")) == 1


def test_moved_folder_keeps_its_pictures(tmp_path, camera):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    told = camera()
    assert run_in(before, told).exit_code is Exit.DONE
    before.rename(after)
    (picture,) = pictures(after / ".penstock")
    # A copy has another time of change.
    picture.touch()
    report = run_in(after, told, write_only=True, write_again=True)
    assert (report.failures, report.documents_written) == ((), 1)
    assert forget(after / ".penstock", "test", after, older_than=AGES).files == 0
    assert pictures(after / ".penstock") == [picture]


def test_forget_keeps_pictures_that_only_a_note_needs(tmp_path, draw, run_tables):
    run_tables(tables([draw("z.png")]))
    spool = Spool(tmp_path / ".penstock/spool")
    place = spool.keep(draw("a.png").read_bytes(), ".jpg")
    SessionState(spool, "camera 0").add_page(
        "key", "sitting", stored_page(place, (120, 80), 1, "sitting, page 1")
    )
    for drop in ({"older_than": AGES}, {"everything": True}):
        assert forget(tmp_path / ".penstock", "test", tmp_path, **drop).files == 0
        assert place.exists()
    SessionState(spool, "camera 0").remove("key")
    assert forget(tmp_path / ".penstock", "test", tmp_path, older_than=AGES).files == 1
    assert not place.exists()


def test_forget_leaves_foreign_files_in_the_spool(tmp_path, draw, run_tables):
    run_tables(tables([draw("z.png")]))
    mine = tmp_path / ".penstock/spool/me/mine.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"put there by hand")
    assert forget(tmp_path / ".penstock", "test", tmp_path, everything=True).files == 0
    assert mine.exists()


def test_unfinished_camera_session_survives_moving_the_folder(tmp_path, draw):
    spool = Spool(tmp_path / "before")
    place = spool.keep(draw("a.png").read_bytes(), ".jpg")
    SessionState(spool, "camera 0").add_page(
        "key", "sitting", stored_page(place, (120, 80), 1, "sitting, page 1")
    )
    moved = Spool(spool.folder.rename(tmp_path / "after"))
    ((_, document),) = SessionState(moved, "camera 0").unfinished()
    (page,) = document.pages
    assert isinstance(page, Page)
    assert page.picture.path == moved.folder / place.relative_to(spool.folder)


@pytest.fixture
def sent(run_tables, draw, tmp_path):
    """Pages a and b are in flight; return the pipeline and the log of calls."""
    pictures = [draw("a.png"), draw("b.png")]
    log = tmp_path / "calls"
    told = tables(pictures, script={name: ["operation", "stop"] for name in "ab"})
    told["recognizers"][0] |= {"durable": True, "log": str(log)}
    assert run_tables(told).unread_pages == 2
    told["recognizers"][0]["script"] = {}
    log.unlink()
    return told, log


@pytest.mark.parametrize(
    ("drop", "calls"),
    [
        ({"everything": True}, ["submit a", "submit b"]),
        ({"documents": ["a"]}, ["submit a"]),
        ({"older_than": -60.0}, ["submit a", "submit b"]),
        ({"older_than": AGES}, []),
    ],
)
def test_forget_deletes_and_counts_pages_in_flight(run_tables, tmp_path, sent, drop, calls):
    told, log = sent
    gone = forget(tmp_path / ".penstock", "test", tmp_path, **drop)
    assert gone.submissions == len(calls)
    assert status_of(tmp_path / ".penstock", "test", tmp_path).submitted == 2 - len(calls)
    assert run_tables(told).pages_read == 2
    assert sorted(call for call in log.read_text().splitlines() if call.startswith("submit")) == calls


def test_forget_keeps_pages_in_flight_that_another_document_needs(run_tables, draw, tmp_path):
    pictures = [draw(name, text="the same") for name in ("a.png", "b.png")]
    told = tables(pictures, script={"a": ["operation", "stop"]})
    told["recognizers"][0]["durable"] = True
    run_tables(told)
    gone = forget(tmp_path / ".penstock", "test", tmp_path, documents=["a"])
    assert (gone.documents, gone.submissions) == (1, 0)
