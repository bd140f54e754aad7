"""Sessions whose documents were not written: the next runs yield them until they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from camera.footage import FPS, PAGES, Shot, jpeg
from camera.mjpeg_server import CameraServer, Steps
from penstock.model import Problem
from penstock.spool import Spool
from penstock_plugins.sources.camera.address import CameraAddress
from penstock_plugins.sources.camera.session_state import SessionState
from penstock_plugins.sources.camera.source import Camera
from pipelines import tables

pytestmark = pytest.mark.usefixtures("one_thread")


def stills(wire):
    """A camera that shows slightly different pictures."""
    wire.head()
    for number in range(40):
        wire.part(jpeg(Shot(PAGES[0]), number))


@pytest.fixture
def desk(tmp_path):
    with CameraServer(stills) as server:
        source = {"plugin": "camera", "device": server.url, "every": 1e9, "pages": 1, "warm_up": 0}
        yield tables([]) | {"sources": [source]}


def texts(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").glob("*.txt"))


def test_a_written_session_is_not_read_again(run_tables, tmp_path, desk):
    assert run_tables(desk).exit_code == 0
    report = run_tables(desk)
    assert (report.exit_code, report.documents_found) == (0, 1)


def test_a_second_session_of_a_name_has_its_own_outputs(run_tables, tmp_path, desk):
    named = desk | {"sources": [desk["sources"][0] | {"document_name": "box"}]}
    for _ in range(2):
        assert run_tables(named).documents_written == 1
    first, second = texts(tmp_path)
    assert (first[:7], second) == ("box-202", "box.txt")


def test_an_unfinished_session_is_read_first_under_its_own_name(run_tables, tmp_path, desk):
    (tmp_path / "out").write_text("in the way of the folder")
    assert run_tables(desk).exit_code == 1
    (tmp_path / "out").unlink()
    report = run_tables(desk | {"sources": [desk["sources"][0] | {"document_name": "later"}]})
    assert (report.exit_code, report.documents_written) == (0, 2)
    early, late = texts(tmp_path)
    assert (early[:9], late) == ("camera-20", "later.txt")
    assert run_tables(desk).documents_found == 1


def test_an_unfinished_session_can_be_dropped(run_tables, tmp_path, desk):
    (tmp_path / "out").write_text("in the way")
    run_tables(desk)
    (tmp_path / "out").unlink()
    report = run_tables(desk | {"sources": [desk["sources"][0] | {"unfinished": "forget"}]})
    assert report.documents_found == 1
    assert run_tables(desk).documents_found == 1


def test_the_next_run_reads_the_pages_of_a_killed_one(tmp_path):
    """A killed process leaves the spool as it was after the second page."""
    spool, steps = Spool(tmp_path), Steps(FPS)

    def answer(wire):
        wire.head()
        for number in range(40):
            steps.send(wire, jpeg(Shot(PAGES[0]), number))

    with CameraServer(answer) as server:
        dying = Camera(CameraAddress(server.url), every=0.1, warm_up=0)
        dying._clock = steps
        walk = dying.find_documents(spool, lambda _text: None)
        pages = iter(next(walk).pages)
        taken = [next(pages), next(pages)]
        next_run = Camera(CameraAddress(server.url), once=True, warm_up=0)
        next_run._clock = steps
        again, new = [(item, list(item.pages)) for item in next_run.find_documents(spool, lambda _text: None)]
        assert [page.picture.path for page in again[1]] == [page.picture.path for page in taken]
        assert [page.number for page in again[1]] == [1, 2]
        assert again[0].origin == f"{again[0].name}, unfinished"
        dying.request_stop()
        next_run.document_written(again[0])
        last = SessionState(spool, server.url)
        assert [document.name for _, document in last.unfinished()] == [new[0].name]


def test_a_missing_picture_is_a_problem_in_place_of_its_page(tmp_path):
    spool = Spool(tmp_path)
    with CameraServer(stills) as server:
        camera = Camera(CameraAddress(server.url), once=True, warm_up=0)
        ((_, (page,)),) = [
            (item, list(item.pages)) for item in camera.find_documents(spool, lambda _text: None)
        ]
    page.picture.path.unlink()
    ((_, document),) = SessionState(spool, server.url).unfinished()
    (problem,) = document.pages
    assert isinstance(problem, Problem)
    assert "forget" in problem.hint


def test_no_password_is_stored(tmp_path):
    spool = Spool(tmp_path)
    with CameraServer(stills) as server:
        camera = Camera(
            CameraAddress(f"http://anna:s3cret@{server.host}/video?t=t0ken"), once=True, warm_up=0
        )
        for item in camera.find_documents(spool, lambda _text: None):
            list(item.pages)
    noted = b"".join(path.read_bytes() for path in (tmp_path / "notes").iterdir())
    assert b"page" in noted
    assert b"s3cret" not in noted
    assert b"t0ken" not in noted
