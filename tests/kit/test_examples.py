"""The plugins of examples/plugins pass the conformance tests, and their pipelines run."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from penstock.config import load_file
from penstock.engine.run import run
from penstock.errors import OperationLost, PageRefused, StopRun, TryAgain
from penstock.model import Operation, Pending
from penstock.pipeline import Pipeline
from penstock.plugins import find
from penstock.testing import AmenderConformance, ObserverConformance, RecognizerConformance, draw_page
from processes import penstock

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"


def module(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


quill, quill_server = module("quill"), module("quill_server")


class Served:
    """A fake Quill server on a thread."""

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


class TestRedact(AmenderConformance):
    component = str(EXAMPLES / "redact.py:Redact")


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


TESSERACT_TABLE = """\
level page_num block_num par_num line_num word_num left top width height conf text
4 1 1 1 1 0 10 18 70 12 -1\x20
5 1 1 1 1 1 10 20 30 10 96.5 two
5 1 1 1 1 2 50 18 30 12 0.0 words
4 1 1 1 2 0 10 40 30 10 -1\x20
5 1 1 1 2 1 10 40 30 10 50 "3"
5 1 2 1 1 1 0 60 90 30 95.0\x20
"""
FAKE_TESSERACT = f"""\
#!{sys.executable} -IS
import sys
if "--version" in sys.argv:
    print("tesseract 5.3.0\\n leptonica-1.82.0")
elif "--list-langs" in sys.argv:
    print("List of available languages (2):\\neng\\nosd")
elif b"PNG" in sys.stdin.buffer.read(8) and sys.argv[1:] == "stdin stdout -l eng tsv".split():
    print({TESSERACT_TABLE.replace(" ", chr(9))!r}, end="")
else:
    sys.exit("Error in pixReadMem: unknown format")
"""


@pytest.fixture
def fake_tesseract(tmp_path, monkeypatch):
    """A command `tesseract` that prints the same table for every picture; it is the only one on the PATH."""
    command = tmp_path / "bin" / "tesseract"
    command.parent.mkdir()
    command.write_text(FAKE_TESSERACT)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent))


class TestTesseract(RecognizerConformance):
    """The real command if it is installed."""

    component = str(EXAMPLES / "tesseract.py:Tesseract")

    @pytest.fixture(autouse=True)
    def _command(self, request):
        if shutil.which("tesseract") is None:
            request.getfixturevalue("fake_tesseract")


@pytest.fixture
def pipeline(tmp_path):
    """A copy of the examples, with two other pages: one with a word, one blank."""
    shutil.copytree(EXAMPLES, tmp_path / "plugins", ignore=shutil.ignore_patterns("out", ".penstock"))
    draw_page(tmp_path / "letters/scans/page1.png", ["apples"])
    Image.new("L", (400, 300), "white").save(tmp_path / "letters/scans/page2.png")
    return lambda name: tmp_path / "plugins" / name


@pytest.mark.parametrize(
    "name", ["blank-pages.toml", "redact.toml", "stopwatch.toml", "quill.toml", "tesseract.toml"]
)
def test_every_pipeline_is_valid(name, monkeypatch):
    monkeypatch.setenv("QUILL_TOKEN", "toy")
    configuration = load_file(EXAMPLES / name)
    Pipeline(configuration)
    assert configuration.name == name.removesuffix(".toml")
    assert f"penstock run {name}" in (EXAMPLES / "README.md").read_text()
    (source,) = configuration.of_kind("source")
    assert all(path.resolve().is_dir() for path in source.options["paths"])


def test_blank_pages_are_not_passed_on(pipeline):
    report = run(Pipeline(load_file(pipeline("blank-pages.toml"))))
    assert (report.pages_read, report.failed) == (2, 0)
    assert (pipeline("out") / "page1.txt").read_text().strip() == "apples"
    assert (pipeline("out") / "page2.txt").read_text() == ""


def test_redact_replaces_long_numbers(tmp_path):
    redact = find("amender", "./redact.py:Redact", EXAMPLES)
    drawn = draw_page(tmp_path / "a.png", ["account 12345", "17 apples"])
    amended = redact().amend(drawn.recognition)
    assert amended.text == "account #####\n17 apples"
    assert [word.text for line in amended.lines for word in line.words] == [
        "account",
        "#####",
        "17",
        "apples",
    ]
    assert redact(digits=2, mark="x").amend(drawn.recognition).text == "account xxxxx\nxx apples"


def test_a_real_letter_is_not_blank():
    blank = find("recognizer", "./blank_pages.py:BlankPages", EXAMPLES)()
    from penstock.images import find_pages

    for path in sorted((EXAMPLES.parent / "letters/scans").iterdir()):
        (page,) = find_pages(path, path.name)
        assert blank.submit(page) is None


def test_stopwatch_writes_a_line_for_every_document(pipeline):
    report = run(Pipeline(load_file(pipeline("stopwatch.toml"))))
    assert report.pages_read == 2
    lines = [json.loads(line) for line in (pipeline("out") / "stopwatch.jsonl").read_text().splitlines()]
    assert sorted(line["document"] for line in lines) == ["page1", "page2"]
    assert all((line["files"], line["writes"]) == (1, 1) and line["seconds"] > 0 for line in lines)


def opened_tesseract(**options):
    component = find("recognizer", "./tesseract.py:Tesseract", EXAMPLES)(**options)
    component.__enter__()
    return component


@pytest.mark.usefixtures("fake_tesseract")
def test_tesseract_returns_words_with_boxes_and_confidences(tmp_path):
    drawn = draw_page(tmp_path / "a.png")
    recognition = opened_tesseract().read(drawn.page)
    assert [line.text for line in recognition.lines] == ["two words", '"3"']
    first, second = recognition.lines[0].words
    assert (first.quad.bounds, first.confidence) == ((10, 20, 40, 30), 0.965)
    assert (second.quad.bounds, second.confidence) == ((50, 18, 80, 30), 0)
    assert recognition.lines[0].quad.bounds == pytest.approx((10, 18, 80, 30))


@pytest.mark.usefixtures("fake_tesseract")
def test_tesseract_names_a_missing_language_and_a_failure(tmp_path):
    with pytest.raises(StopRun, match="lacks the language 'deu'"):
        opened_tesseract(languages="eng+deu")
    with pytest.raises(PageRefused, match="Tesseract failed: Error in pixReadMem"):
        opened_tesseract(languages="osd").read(draw_page(tmp_path / "a.png").page)


def test_a_run_without_the_command_tesseract_says_what_to_install(pipeline, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StopRun, match="the command tesseract is missing") as error:
        run(Pipeline(load_file(pipeline("tesseract.toml"))))
    assert error.value.hint == "apt install tesseract-ocr"


@pytest.mark.usefixtures("fake_tesseract")
def test_the_tesseract_pipeline_reads_pages_in_workers(pipeline):
    report = run(Pipeline(load_file(pipeline("tesseract.toml"))))
    assert (report.pages_read, report.failed) == (2, 0)
    assert len(list(pipeline("out").glob("page*.pdf"))) == 2


def test_quill_pipeline_with_its_server(pipeline):
    """The server runs in one process and the command in another, as the README says."""
    server = subprocess.Popen(
        [sys.executable, pipeline("quill_server.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().split()[2].rstrip(";")
        more = ("--set", f"recognizers.0.url={url}")
        ended = penstock(pipeline(""), "run", "quill.toml", *more, QUILL_TOKEN="toy")  # noqa: S106
    finally:
        server.kill()
        server.communicate()
    assert ended.returncode == 0, ended.stderr
    assert "2 of 2 pages recognized" in ended.stderr
    assert len(list(pipeline("out").glob("page*.png"))) == 2


def test_quill_quads_are_in_pixels_of_the_page_if_it_was_sent_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(quill, "LARGEST", 300)
    drawn = draw_page(tmp_path / "a.png", ["apples"])
    with Served(work=0) as server:
        recognizer = quill.Quill(server.url, quill.Secret("toy"))
        recognition = recognizer.poll(recognizer.submit(drawn.page))
    (line,) = recognition.lines
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
def test_quill_translates_errors(status, retry_after, error):
    with pytest.raises(error) as caught:
        quill.checked(status, retry_after, b'{"why": "because"}')
    assert caught.value.code == str(status)
    assert caught.value.retry_after == (3.0 if retry_after else None)


def test_quill_reports_an_unreachable_service_and_an_unknown_job(tmp_path, monkeypatch):
    drawn = draw_page(tmp_path / "a.png")
    with pytest.raises(TryAgain, match="cannot be reached"):
        quill.Quill("http://127.0.0.1:9", quill.Secret("toy")).submit(drawn.page)
    assert isinstance(quill.result_of({"state": "running", "poll_after": 1}, [1, 1]), Pending)
    with Served() as server, pytest.raises(OperationLost):
        quill.Quill(server.url, quill.Secret("toy")).poll(Operation({"job": "99", "scale": [1, 1]}))


def test_the_readme_names_every_file():
    text = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.glob("*.py"):
        assert f"({path.name})" in text, path.name
    for path in EXAMPLES.glob("*.toml"):
        assert tomllib.loads(path.read_text())["name"] == path.stem
