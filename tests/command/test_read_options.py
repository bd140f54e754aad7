"""Options of `penstock read`: pages, transforms, jobs, names of outputs, and standard output."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from penstock.cli.read_outputs import OutputNames
from penstock.cli.read_pipeline import Inputs, Recognizing, read_configuration
from penstock.errors import ConfigurationError
from pipelines import double

SCRIPTED = double("scripted:Scripted")
LEVELS = (10, 20, 30)  # the grey of each page


@pytest.fixture
def three_pages(tmp_path: Path) -> Path:
    """Return a folder with a PDF and a TIFF of three pages, and one picture."""
    for name in ("letter.pdf", "letter.tif"):
        pictures = [Image.new("L", (60, 40), level) for level in LEVELS]
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
    pictures[0].save(tmp_path / "one.png")
    return tmp_path


def configured(
    *names: str, outputs: OutputNames | None = None, settings: tuple[str, ...] = (), **recognizing
):
    return read_configuration(
        Inputs(names), Recognizing(**recognizing), outputs or OutputNames(), settings, observers=[]
    )


def wrong(*names: str, outputs: OutputNames | None = None) -> str:
    with pytest.raises(ConfigurationError) as error:
        configured(*names, outputs=outputs)
    return str(error.value)


@pytest.mark.parametrize("name", ["letter.pdf", "letter.tif"])
@pytest.mark.parametrize(("pages", "numbers"), [("2", [2]), ("1,3-", [1, 3]), ("2-9", [2, 3])])
def test_pages_selects_pages_of_each_file(command, three_pages, name, pages, numbers):
    ended = command("read", name, "--pages", pages, "--with", SCRIPTED, "--to", "json,pdf", "--out", "out")
    assert ended.returncode == 0
    read = json.loads((three_pages / "out/letter.json").read_text())
    assert [page["number"] for page in read["pages"]] == numbers
    with pikepdf.open(three_pages / "out/letter.pdf") as pdf:
        assert len(pdf.pages) == len(numbers)


def test_pages_that_were_read_before_are_left_out(command, three_pages):
    options = ("--with", SCRIPTED, "--to", "text", "--out", "-")
    assert command("read", "letter.tif", *options).stdout.count("read") == 3
    assert command("read", "letter.tif", "--pages", "2", *options).stdout.count("read") == 1


def test_pages_that_a_file_does_not_have_fail_that_file(command, three_pages):
    ended = command("read", "letter.tif", "one.png", "--pages", "2-3", "--with", SCRIPTED, "--to", "text")
    assert ended.returncode == 1
    assert "one.png: none of its pages is selected: it has 1 page\n" in ended.stderr
    assert (three_pages / "letter.txt").exists()


@pytest.mark.parametrize("pages", ["x", "0", "3-2", "1--2", ",", "-3"])
def test_wrong_pages_are_refused(tmp_path, monkeypatch, pages):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"sources\.0 'files': pages "):
        read_configuration(Inputs(("a.pdf",), pages=pages), Recognizing(), OutputNames(), (), observers=[])


def test_jobs_are_workers_or_pages_in_flight(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (local,) = configured("a.png", jobs=3).of_kind("recognizer")
    assert local.options["workers"] == 3
    (remote,) = configured("a.png", recognizer=SCRIPTED, jobs=3).of_kind("recognizer")
    assert remote.options["in_flight"] == 3


def test_languages_are_an_option_of_the_recognizer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (local,) = configured("a.png", languages=("en", "fr")).of_kind("recognizer")
    assert list(local.options["languages"]) == ["en", "fr"]
    monkeypatch.setenv("AZURE_VISION_KEY", "k")
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", "https://example.org")
    (remote,) = configured("a.png", recognizer="azure-read", languages=("en",)).of_kind("recognizer")
    assert remote.options["language"] == "en"
    with pytest.raises(ConfigurationError, match="must be one language for 'azure-read', got en, fr"):
        configured("a.png", recognizer="azure-read", languages=("en", "fr"))
    with pytest.raises(ConfigurationError, match="--language: cannot be used with"):
        configured("a.png", recognizer=SCRIPTED, languages=("en",))


def test_a_vocabulary_is_an_option_of_the_recognizer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names ${x}.txt").write_text("Stanford")
    (local,) = configured("a.png", vocabulary="names ${x}.txt").of_kind("recognizer")
    assert local.options["vocabulary"] == tmp_path / "names ${x}.txt"
    with pytest.raises(ConfigurationError, match=r"recognizers\.0 'rapidocr': vocabulary: there is no file"):
        configured("a.png", vocabulary="other.txt")
    with pytest.raises(ConfigurationError, match="--vocabulary: cannot be used with"):
        configured("a.png", recognizer=SCRIPTED, vocabulary="names ${x}.txt")


def test_unreadable_language_is_refused(command, draw):
    draw("a.png")
    refused = command("read", "a.png", "--language", "en+ru")
    assert refused.returncode == 2
    assert "rapidocr reads no others), got 'ru'" in refused.stderr


def test_crop_and_deskew_are_transforms(command, tmp_path, draw):
    draw("a.png")
    for flags in (["--deskew"], ["--deskew", "--crop"]):
        assert command("read", "a.png", *flags, "--with", SCRIPTED, "--to", "text").returncode == 0


def test_output_names_the_file(command, three_pages):
    ended = command("read", "one.png", "-o", "new/{x}.txt", "--with", SCRIPTED)
    assert (ended.returncode, ended.stderr.count("wrote new/{x}.txt")) == (0, 1)
    assert (three_pages / "new/{x}.txt").read_text() == "one read\n"


def test_other_outputs_are_named_like_the_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = OutputNames("pdf,text,overlay", file=Path("new/x.pdf"))
    sinks = configured("a.png", outputs=named).of_kind("sink")
    names = [str(Path(sink.output_template).relative_to(tmp_path)) for sink in sinks]
    assert names == ["new/x.pdf", "new/x.txt", "new/x.overlay.png"]


@pytest.mark.parametrize("end", [".hocr", ".ALTO.XML", ".page.xml"])
def test_the_end_of_the_output_selects_the_sink(tmp_path, monkeypatch, end):
    monkeypatch.chdir(tmp_path)
    (sink,) = configured("a.png", outputs=OutputNames(file=Path(f"x.y{end}"))).of_kind("sink")
    assert sink.output_template == str(tmp_path / f"x.y{end}")
    named = OutputNames("hocr,alto,page,text", file=Path(f"x.y{end.lower()}"))
    sinks = configured("a.png", outputs=named).of_kind("sink")
    names = [Path(sink.output_template).name for sink in sinks]
    assert names == ["x.y.hocr", "x.y.alto.xml", "x.y.page.xml", "x.y.txt"]


@pytest.mark.parametrize(
    ("names", "outputs", "said"),
    [
        (["one.png", "letter.pdf"], OutputNames(file=Path("x.pdf")), "one input, got 2 inputs"),
        (["."], OutputNames(file=Path("x.pdf")), "one input, and . is a folder"),
        (["*.png"], OutputNames(file=Path("x.pdf")), "one input, and *.png is a pattern"),
        (
            ["one.png"],
            OutputNames(file=Path("x.docx")),
            ".hocr, .html, .alto.xml, .page.xml, got x.docx",
        ),
        (["one.png"], OutputNames(file=Path("x.xml")), "or name the output with --to"),
        (
            ["one.png"],
            OutputNames("alto,page", file=Path("x.xml")),
            "end in .alto.xml or .page.xml",
        ),
        (["one.png"], OutputNames("pdf,text", file=Path("x.json")), "must end in .pdf or .txt with --to"),
        (["one.png"], OutputNames(out=Path("out"), file=Path("x.pdf")), "cannot be used with --out"),
        (["one.png"], OutputNames("text", file=Path()), "must name a file, and . is a folder"),
        (["one.png", "new.pdf"], None, "penstock read one.png --output new.pdf"),
    ],
)
def test_wrong_output_is_refused(three_pages, monkeypatch, names, outputs, said):
    monkeypatch.chdir(three_pages)
    assert said in wrong(*names, outputs=outputs)


def test_merged_inputs_can_be_one_output(command, three_pages):
    inputs = ("letter.tif", "one.png", "--merge", "all")
    ended = command("read", *inputs, "--output", "x.txt", "--with", SCRIPTED)
    assert ended.returncode == 0
    assert (three_pages / "x.txt").read_text().count("read") == 4


@pytest.mark.parametrize("dash", [("--out", "-"), ("--output", "-")])
def test_an_output_can_go_to_standard_output(command, three_pages, dash):
    given = (three_pages / "one.png").read_bytes()
    before = sorted(three_pages.iterdir())
    ended = command("read", "-", "--to", "text", *dash, "--with", SCRIPTED, given=given)
    assert (ended.returncode, ended.stdout) == (0, "standard input read\n")
    assert ended.stderr.startswith("1 of 1 page recognized, 1 of 1 document written")
    assert "wrote" not in ended.stderr
    assert [path for path in sorted(three_pages.iterdir()) if path.name != ".cache"] == before


def test_json_and_pdf_on_standard_output_are_whole(command, three_pages):
    options = ("--with", SCRIPTED, "--out", "-", "--log-format", "json")
    ended = command("read", "letter.tif", "--to", "json", *options)
    assert len(json.loads(ended.stdout)["pages"]) == 3
    assert all(json.loads(line)["event"] for line in ended.stderr.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one.png", "letter.tif", "--to", "text"], "error: --out -: takes the output of one input"),
        (["one.png", "--to", "text,json"], "error: --out: - takes one output, got text, json"),
        (["one.png", "--output", "x.pdf"], "error: --output: cannot be used with --out"),
    ],
)
def test_standard_output_takes_one_output_of_one_input(command, three_pages, arguments, said):
    ended = command("read", *arguments, "--out", "-", "--with", SCRIPTED)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_several_files_do_not_go_to_standard_output(command, three_pages):
    ended = command("read", "letter.tif", "--to", "overlay", "--out", "-", "--with", SCRIPTED)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "error: 3 files were written, and standard output takes one" in ended.stderr


def test_a_failed_page_leaves_standard_output_empty(command, tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (60, 40)).save(buffer, "PNG")
    ended = command("read", "-", "--to", "text", "--out", "-", given=buffer.getvalue()[:60])
    assert (ended.returncode, ended.stdout) == (1, "")


def test_an_engine_option_without_its_table_is_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        configured("a.png", settings=("on_failed_page=skip",))
    assert "belongs to [engine]; with --set, write engine.on_failed_page=..." in str(error.value)
