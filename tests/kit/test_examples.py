"""The plugins of examples/plugins: they pass the kit, and their pipelines run."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from penstock.config import load_file
from penstock.engine import run
from penstock.errors import OperationLost, PageRefused, StopRun, TryAgain
from penstock.model import Operation, Pending
from penstock.pipeline import Pipeline
from penstock.plugins import find
from penstock.testing import ObserverConformance, RecognizerConformance, draw_page

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"


def module(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


quill, quill_server = module("quill"), module("quill_server")


class Served:
    """A Quill server on a thread."""

    def __init__(self, **more) -> None:
        self.server = quill_server.QuillServer(0, token="toy", **more)  # noqa: S106
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    def __enter__(self):
        self.thread.start()
        return self.server

    def __exit__(self, *raised):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class TestBlankPages(RecognizerConformance):
    component = str(EXAMPLES / "blank_pages.py:BlankPages")

    def pages(self, folder):
        return [draw_page(folder / "scans" / "blank.png", [])]


class TestStopwatch(ObserverConformance):
    component = str(EXAMPLES / "stopwatch.py:Stopwatch")


class TestQuill(RecognizerConformance):
    component = quill.Quill

    @pytest.fixture(autouse=True)
    def _service(self, monkeypatch):
        monkeypatch.setenv("QUILL_TOKEN", "toy")
        with Served(work=0.05, busy=2) as self.server:
            yield

    @property
    def options(self):
        return {"url": self.server.url, "token": "${QUILL_TOKEN}"}


@pytest.fixture
def pipeline(tmp_path):
    """A copy of the examples, with two pages of our own: one with a word, one blank."""
    shutil.copytree(EXAMPLES, tmp_path / "plugins", ignore=shutil.ignore_patterns("out", ".penstock"))
    draw_page(tmp_path / "letters/scans/page1.png", ["apples"])
    Image.new("L", (400, 300), "white").save(tmp_path / "letters/scans/page2.png")
    return lambda name: tmp_path / "plugins" / name


@pytest.mark.parametrize("name", ["blank-pages.toml", "stopwatch.toml", "quill.toml"])
def test_every_class_and_pipeline_is_whole(name, monkeypatch):
    monkeypatch.setenv("QUILL_TOKEN", "toy")
    configuration = load_file(EXAMPLES / name)
    Pipeline(configuration)
    assert configuration.name == name.removesuffix(".toml")
    assert f"penstock run {name}" in (EXAMPLES / "README.md").read_text()
    (source,) = configuration.of_kind("source")
    assert all(path.resolve().is_dir() for path in source.options["paths"])


def test_blank_pages_are_answered_and_the_rest_is_read(pipeline):
    report = run(Pipeline(load_file(pipeline("blank-pages.toml"))))
    assert (report.pages_read, report.failed) == (2, 0)
    assert (pipeline("out") / "page1.txt").read_text().strip() == "apples"
    assert (pipeline("out") / "page2.txt").read_text() == ""


def test_a_real_letter_is_not_blank():
    blank = find("recognizer", "./blank_pages.py:BlankPages", EXAMPLES)()
    from penstock.images import find_pages

    for path in sorted((EXAMPLES.parent / "letters/scans").iterdir()):
        (page,) = find_pages(path, path.name)
        assert blank.submit(page) is None


def test_the_stopwatch_writes_a_line_for_every_page(pipeline):
    report = run(Pipeline(load_file(pipeline("stopwatch.toml"))))
    assert report.pages_read == 2
    lines = [json.loads(line) for line in (pipeline("out") / "stopwatch.jsonl").read_text().splitlines()]
    assert sorted(line["document"] for line in lines) == ["page1", "page2"]
    for line in lines:
        assert line["submits"] == 1
        assert line["polls"] >= 1
        assert 0 < line["seconds_in_calls"] <= line["seconds"]
        assert line["recognizer"].startswith("rapidocr")


def test_the_toy_service_serves_a_whole_pipeline(pipeline):
    """As the README says: the server in one process, the command in another."""
    server = subprocess.Popen(
        [sys.executable, pipeline("quill_server.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().split()[2].rstrip(";")
        ended = subprocess.run(
            [sys.executable, "-m", "penstock", "run", "quill.toml", "--set", f"recognizers.0.url={url}"],
            cwd=pipeline(""),
            env=os.environ | {"QUILL_TOKEN": "toy"},
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        server.kill()
        server.communicate()
    assert ended.returncode == 0, ended.stderr
    assert "2 of 2 pages recognized" in ended.stderr
    assert len(list(pipeline("out").glob("page*.png"))) == 2


def test_quills_places_are_in_the_pages_own_pixels_when_it_was_sent_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(quill, "LARGEST", 300)
    drawn = draw_page(tmp_path / "a.png", ["apples"])
    with Served(work=0) as server:
        recognizer = quill.Quill(server.url, quill.Secret("toy"))
        read = recognizer.poll(recognizer.submit(drawn.page))
    (line,) = read.lines
    for found, drawn_edge in zip(line.quad.bounds, drawn.recognition.lines[0].quad.bounds, strict=True):
        assert abs(found - drawn_edge) < 8


@pytest.mark.parametrize(
    ("status", "retry_after", "error"),
    [
        (401, "", StopRun),
        (403, "", StopRun),
        (404, "", OperationLost),
        (429, "3", TryAgain),
        (503, "", TryAgain),
        (400, "", PageRefused),
        (302, "", PageRefused),
    ],
)
def test_quills_failures_become_penstocks_words(status, retry_after, error):
    with pytest.raises(error) as caught:
        quill.checked(status, retry_after, b'{"why": "because"}')
    assert caught.value.code == str(status)
    assert caught.value.retry_after == (3.0 if retry_after else None)


def test_quill_says_of_a_service_that_is_not_there_what_it_is(tmp_path, monkeypatch):
    drawn = draw_page(tmp_path / "a.png")
    with pytest.raises(TryAgain, match="cannot be reached"):
        quill.Quill("http://127.0.0.1:9", quill.Secret("toy")).submit(drawn.page)
    assert isinstance(quill.meaning_of({"state": "reading", "ask_again_in": 1}, [1, 1]), Pending)
    with Served() as server, pytest.raises(OperationLost):
        quill.Quill(server.url, quill.Secret("toy")).poll(Operation({"ticket": "99", "scale": [1, 1]}))


def test_the_readme_names_every_file():
    text = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.glob("*.py"):
        assert f"({path.name})" in text, path.name
    for path in EXAMPLES.glob("*.toml"):
        assert tomllib.loads(path.read_text())["name"] == path.stem
