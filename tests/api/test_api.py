"""penstock from Python: what was read in hand, from scripts, notebooks and coroutines."""

from __future__ import annotations

import asyncio
import io
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

import penstock
from penstock.errors import ConfigurationError
from penstock.model import Limits, Line, Operation, Page, Pending, Quad, Recognition
from penstock.report import Exit
from penstock.testing.scripted import Scripted
from pipelines import double, tables


@dataclass(eq=False)
class Ear:
    """Hears of pages."""

    heard: list[str] = field(default_factory=list)

    @penstock.hookimpl
    def page_recognized(self, document: penstock.Document, page: Page) -> None:
        self.heard.append(page.origin)


@dataclass(eq=False)
class Slow:
    """Takes pages, and reads none until it is told to."""

    def __post_init__(self) -> None:
        self.taken = threading.Event()
        self.told = threading.Event()

    @penstock.hookimpl
    def limits(self) -> Limits:
        return Limits(first_poll=0.01, poll_interval=(0.01, 0.01), in_flight=1)

    @penstock.hookimpl
    def reading(self) -> dict[str, str]:
        return {}

    @penstock.hookimpl
    def submit(self, page: Page) -> Operation:
        self.taken.set()
        return Operation({"origin": page.origin})

    @penstock.hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        return (
            Recognition((Line("read", Quad.from_box(0, 0, 9, 9)),)) if self.told.is_set() else Pending(0.01)
        )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)


def test_what_was_read_is_in_hand_and_nothing_lies_beside_it(draw, tmp_path):
    draw("scans/a.png")
    draw("scans/b.png")
    reading = penstock.read("scans", Scripted())
    assert [(document.name, document.text) for document in reading.documents] == [
        ("a", "a read"),
        ("b", "b read"),
    ]
    assert reading.report.exit_code is Exit.DONE
    assert sorted(path.name for path in (tmp_path / "scans").iterdir()) == ["a.png", "b.png"]


def test_a_document_is_walked_as_often_as_one_likes_and_is_gone_with_the_reading(draw):
    reading = penstock.read([draw("a.png"), draw("b.png")], Scripted(), document="all")
    (document,) = reading.documents
    assert len(document.pages) == 2
    for _ in range(2):
        assert [page.text for page in document.pages] == ["a read", "b read"]
    assert document.text == "a read\fb read"
    file = document.pages.file
    assert file.exists()
    del reading, document
    assert not file.exists()


def test_what_was_read_before_is_read_no_more_and_is_in_hand_again(draw, tmp_path):
    draw("a.png")
    log = tmp_path / "calls"
    recognizer = {"plugin": double("scripted:Scripted"), "log": str(log)}
    for known in (0, 1):
        reading = penstock.read("a.png", recognizer)
        assert reading.documents[0].text == "a read"
        assert reading.report.pages_known == known
    assert log.read_text().count("submit") == 1
    penstock.read("a.png", recognizer, fresh=True)
    penstock.read("a.png", recognizer, remember=False)
    assert log.read_text().count("submit") == 3


def test_what_fails_is_data_and_what_is_asked_wrongly_an_error(draw, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    reading = penstock.read([draw("a.png"), "broken.png"], Scripted())
    assert [document.name for document in reading.documents] == ["a"]
    assert reading.failures[0].what == "broken.png"
    for wrong in (
        lambda: penstock.read("a.png", "rapidocrr"),
        lambda: penstock.read([], Scripted()),
        lambda: penstock.read("a.png", object()),
        lambda: penstock.run("none.toml"),
    ):
        with pytest.raises(ConfigurationError):
            wrong()


def test_sinks_and_observers_come_along_by_name_table_or_instance(draw, tmp_path):
    ear = Ear()
    penstock.read(
        draw("a.png"),
        Scripted(),
        sinks=["json", {"plugin": "text", "path": "{document}.md"}],
        observers=[ear],
    )
    assert (tmp_path / "a.md").read_text() == "a read\n"
    assert ear.heard == ["a.png"]
    assert list(tmp_path.rglob("*.json"))


def test_a_pipeline_runs_from_a_file_from_tables_and_again(draw, tmp_path):
    pipeline = tables([draw("a.png")])
    ear = Ear()
    report = penstock.run(pipeline, folder=tmp_path, observers=[ear])
    assert (report.pages_read, len(ear.heard)) == (1, 1)
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"
    assert penstock.run(pipeline, folder=tmp_path).pages_known == 1
    assert penstock.run(pipeline, folder=tmp_path, fresh=True).pages_read == 1
    file = tmp_path / "box.toml"
    file.write_text(
        '[[sources]]\nplugin = "files"\npaths = ["a.png"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n'
        '[[sinks]]\nplugin = "text"\npath = "{document}.txt"\n'
    )
    assert penstock.run(file).exit_code is Exit.DONE


def test_a_notebook_shows_a_page_as_its_overlay(draw):
    reading = penstock.read(draw("a.png"), Scripted())
    (page,) = reading.documents[0].pages
    shown = Image.open(io.BytesIO(page._repr_png_()))
    assert shown.format == "PNG"
    assert shown.convert("L").tobytes() != Image.open("a.png").convert("L").tobytes()


def test_a_coroutine_reads_without_blocking_its_loop(draw):
    slow = Slow()
    picture = draw("a.png")

    async def main() -> penstock.api.Reading:
        task = asyncio.ensure_future(penstock.read_async(picture, slow))
        while not slow.taken.is_set():
            await asyncio.sleep(0)
        slow.told.set()
        return await task

    assert asyncio.run(main()).documents[0].text == "read"


def test_a_task_that_is_cancelled_ends_its_run_in_good_order(draw, tmp_path):
    slow = Slow()
    pipeline = tables([draw("a.png"), draw("b.png")])
    configuration = penstock.api._with_components(
        penstock.api.check(
            pipeline | {"recognizers": []}, tmp_path, where="", name="t", without=["recognizers"]
        ),
        recognizer=[slow],
    )

    async def main() -> None:
        task = asyncio.ensure_future(penstock.run_async(configuration))
        while not slow.taken.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        slow.told.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (tmp_path / "out/a.txt").read_text() == "read\n", "what was out is asked for, and written"
    assert not (tmp_path / "out/b.txt").exists()
    assert penstock.run(configuration).documents_found == 2


def test_two_reads_at_once_do_not_meet(draw):
    pictures = [draw("a.png"), draw("b.png")]
    first = Slow()
    thread = threading.Thread(target=penstock.read, args=(pictures[0], first))
    thread.start()
    assert first.taken.wait(60)
    assert penstock.read(pictures[1], Scripted()).documents[0].text == "b read"
    first.told.set()
    thread.join(60)
    assert not thread.is_alive()


def test_a_letter_is_really_read():
    scan = Path(__file__).parents[2] / "examples/letters/scans/letter-page2.jpg"
    reading = penstock.read(scan, remember=False)
    assert len(reading.documents[0].text.split()) > 20
