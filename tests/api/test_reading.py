"""`penstock.read` and `penstock.run` on small pictures."""

from __future__ import annotations

import doctest
import gc
import io
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from PIL import Image, ImageChops

import penstock
from penstock.api import reading
from penstock.hookspecs import hookimpl
from penstock.testing import Scripted, draw_page
from pipelines import double


def scripted(**script):
    return Scripted(script=script, first_poll=0)


@dataclass(eq=False)
class Gathering:
    """Keeps the texts of the documents it receives."""

    texts: list[str] = field(default_factory=list)

    @hookimpl
    def write(self, document):
        self.texts += [page.recognition.text for page in document.pages]


class Watching:
    """An observer that is not a dataclass."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def page_recognized(self, document, page):
        self.seen.append((document.name, page.number))

    @hookimpl
    def run_finished(self, report):
        self.seen.append("finished")


def test_read_returns_documents_and_writes_nothing(draw, tmp_path):
    draw("in/a.png")
    draw("in/b.png")
    result = penstock.read("in", scripted())
    assert [document.name for document in result] == ["a", "b"]
    assert [page.text for page in result.pages] == ["a read", "b read"]
    assert result[0].text == "a read\n"
    assert result.report.pages_read == 2
    assert result.problems == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "in"]


def test_a_second_read_sends_nothing(draw):
    draw("in/a.png")
    first = penstock.read("in", scripted())
    second = penstock.read("in", scripted())
    assert (second.report.pages_known, second.report.pages_sent) == (1, 0)
    assert list(first.pages) == list(second.pages)
    third = penstock.read("in", scripted(), fresh=True)
    assert third.report.pages_read == 1


def test_a_result_is_not_changed_by_later_reads(draw):
    draw("in/a.png")
    first = penstock.read("in", scripted())
    before = list(first.pages)
    penstock.read("in", Other())
    assert list(first.pages) == before


@dataclass(eq=False)
class Other(Scripted):
    dialect: str = "other"
    first_poll: float = 0


def test_without_a_state_nothing_is_stored(draw, tmp_path):
    draw("in/a.png")
    result = penstock.read("in", scripted(), state=None)
    assert [page.text for page in result.pages] == ["a read"]
    assert not (tmp_path / "cache").exists()
    assert penstock.read("in", scripted(), state=None).report.pages_known == 0


def test_failures_are_problems(draw):
    draw("in/a.png")
    draw("in/b.png")
    result = penstock.read(["in", "missing.png"], scripted(a=["refuse"]), document="all")
    assert [page.number for page in result[0].pages] == [2]
    assert {problem.what.rpartition("/")[2] for problem in result.problems} == {"a.png", "missing.png"}
    assert result.report.failed == len(result.problems) == 2
    result = penstock.read("in", scripted(a=["refuse"]), document="all", on_failed_page="fail", fresh=True)
    assert len(result) == 0


def test_the_reason_for_stopping_is_a_problem(draw):
    draw("in/a.png")
    result = penstock.read("in", scripted(a=["stop"]))
    assert any("key was refused" in problem.why for problem in result.problems)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recognizer": "rapidorc"}, "rapidocr"),
        ({"recognizer": ("rapidocr", {"wrokers": 1})}, "workers"),
        ({"recognizer": Scripted}, "must be an instance, got the class Scripted"),
        ({"recognizer": object()}, "dataclass"),
        ({"observers": [object()]}, "has no hooks; mark at least one event"),
        ({"amenders": ["upper"]}, "there is no amender named 'upper'"),
        ({"amenders": [Watching()]}, "must be a dataclass"),
        ({"document": "book"}, "document"),
        ({"on_failed_page": "ignore"}, "on_failed_page"),
        ({"max_pages": 0}, "max_pages: must be a number from 1 on, got 0"),
        ({"budget": -1}, "budget: must be a number of at least 0, got -1"),
        ({"sinks": ["text", "text"]}, "text"),
        ({"paths": ""}, "must not contain an empty path"),
        ({"paths": []}, "must not be empty"),
        ({"paths": None}, "must be one or more paths"),
        ({"paths": [7]}, "must be one or more paths"),
    ],
)
def test_invalid_arguments_are_refused(draw, options, message):
    draw("in/a.png")
    with pytest.raises(penstock.ConfigurationError, match=message):
        penstock.read(**{"paths": "in", "recognizer": scripted(), **options})


def test_a_component_may_be_used_only_once(draw):
    draw("in/a.png")
    watching = Watching()
    with pytest.raises(penstock.ConfigurationError, match="same object"):
        penstock.read("in", scripted(), observers=[watching, watching])
    tables = {
        "sources": [("files", {"paths": ["in"]})],
        "recognizers": [scripted()],
        "sinks": ["text"],
        "observers": [watching],
    }
    with pytest.raises(penstock.ConfigurationError, match="same object"):
        penstock.run(tables, observers=[watching])


def test_sinks_and_observers_may_be_objects_or_names(draw, tmp_path):
    draw("in/a.png")
    gathering, watching = Gathering(), Watching()
    sinks = [("text", {"path": "out/{document}.txt"}), gathering]
    result = penstock.read("in", scripted(), sinks=sinks, observers=[watching])
    assert gathering.texts == ["a read"]
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"
    assert watching.seen == [("a", 1), "finished"]
    again = penstock.read("in", scripted(), sinks=[("text", {"path": "out/{document}.txt"})])
    assert again.report.outputs == ()
    assert list(again.pages) == list(result.pages)


def test_a_result_is_a_sequence_and_can_be_closed(draw):
    draw("in/a.png")
    draw("in/b.png")
    with penstock.read("in", scripted(), document="all") as result:
        assert len(result) == 1
        one, other = iter(result.pages), iter(result.pages)
        assert next(one) == next(other)
        assert [page.number for page in result[-1].pages[::-1]] == [2, 1]
        with pytest.raises(IndexError):
            result[1]
        page = result[0].pages[0]
    assert page.text == "a read"
    with pytest.raises(ValueError, match="closed"):
        list(result.pages)


def test_the_file_is_removed_after_the_last_document(draw):
    draw("in/a.png")
    result = penstock.read("in", scripted())
    folder, document = result._results.folder, result[0]
    del result
    gc.collect()
    assert document.pages[0].text == "a read"
    del document
    gc.collect()
    assert not folder.exists()


def test_a_notebook_shows_the_overlay(tmp_path):
    drawn = draw_page(tmp_path / "in/page.png")
    page = penstock.read("in", scripted(), state=None)[0].pages[0]
    content = page._repr_png_()
    shown = Image.open(io.BytesIO(content)).convert("RGB")
    plain = Image.open(drawn.page.picture.path).convert("RGB").resize(shown.size)
    assert shown.format is None
    assert content.startswith(b"\x89PNG")
    assert ImageChops.difference(shown, plain).getbbox()
    assert repr(page) == "<page 1 of in/page.png: 1 line>"
    drawn.page.picture.path.unlink()
    assert page._repr_png_() is None
    with pytest.raises(penstock.PenstockError):
        page.overlay()


def test_two_reads_at_once_may_use_one_state_folder(draw):
    draw("in/a.png")
    draw("in/b.png")
    both = threading.Barrier(2, timeout=30)

    class Meeting:
        @hookimpl
        def run_started(self):
            both.wait()

    with ThreadPoolExecutor(2) as pool:
        # Each run waits at its start for the other one.
        reads = [
            pool.submit(penstock.read, f"in/{name}.png", scripted(), state="state", observers=[Meeting()])
            for name in ("a", "b")
        ]
        assert sorted(page.text for read in reads for page in read.result().pages) == ["a read", "b read"]


def test_memory_does_not_grow_with_the_pages(draw):
    picture = draw("in/a.png")
    many = {"sources": [{"plugin": double("sources:Many"), "picture": str(picture), "pages": 600}]}

    def peak(pages):
        from penstock.api.components import assembled
        from penstock.api.result_file import Collector
        from penstock.api.results import ReadResult

        collector = Collector()
        many["sources"][0]["pages"] = pages
        tables = {**many, "recognizers": [scripted()], "sinks": [collector], "engine": {"state": f"s{pages}"}}
        report = penstock.run(assembled(tables, picture.parent, where="test", name="test"))
        result = ReadResult(collector.results, report)
        # When the collector runs depends on what ran before, and would change the peak.
        gc.collect()
        gc.disable()
        tracemalloc.start()
        count = sum(bool(page.text) for page in result.pages)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        gc.enable()
        assert count == pages
        return most

    peak(20)
    few, more = peak(60), peak(600)
    # Only the positions of the pages, with garbage: the JSON form of a page has more than 600 bytes.
    assert more - few < 540 * 200


def test_run_accepts_tables_files_and_configurations(draw, tmp_path):
    draw("in/a.png")
    tables = {
        "sources": [("files", {"paths": ["in"]})],
        "recognizers": [scripted()],
        "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
    }
    watching = Watching()
    report = penstock.run(tables, folder=tmp_path, observers=[watching])
    assert (report.documents_written, report.failures) == (1, ())
    assert watching.seen[-1] == "finished"
    assert penstock.run(tables, folder=tmp_path).documents_unchanged == 1
    (tmp_path / "p.toml").write_text(
        '[[sources]]\nplugin = "files"\npaths = ["in"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\nfirst_poll = 0\n'
        '[[sinks]]\nplugin = "text"\npath = "two/{document}.txt"\n'
    )
    report = penstock.run("p.toml", settings=["sinks.0.path=three/{document}.txt"], observers=[Watching()])
    assert report.outputs == (tmp_path / "three/a.txt",)
    with pytest.raises(penstock.ConfigurationError, match="sources"):
        penstock.run({"recognizers": [scripted()], "sinks": ["text"]})


def test_docstring_examples_with_rapidocr(tmp_path, monkeypatch):
    """Results of an instance count for the plugin's name, too."""
    (tmp_path / "letters").mkdir()
    from PIL import ImageDraw, ImageFont

    picture = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(picture).text((40, 80), "Dear Anna,", font=ImageFont.load_default(72), fill="black")
    picture.save(tmp_path / "letters/monday.png")
    found = doctest.DocTestFinder().find(reading, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    tried = sum(runner.run(each).attempted for each in found)
    assert tried >= 8
    assert runner.summarize(verbose=False).failed == 0
    from penstock_plugins.recognizers.rapidocr import RapidOcr

    assert penstock.read("letters", RapidOcr(workers=1)).report.pages_known == 1


@pytest.mark.parametrize("sinks", ["text", ("text", {"path": "a.txt"}), {"plugin": "text"}, ["text"]])
def test_a_single_sink_need_not_be_in_a_list(tmp_path, monkeypatch, sinks):
    monkeypatch.chdir(tmp_path)
    draw_page(tmp_path / "a.png")
    result = penstock.read("a.png", recognizer=scripted(), sinks=sinks, observers=Watching())
    assert [path.name for path in result.report.outputs] == ["a.txt"]
