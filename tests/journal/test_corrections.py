"""Which document an edited JSON output corrects, and how text and words are made to agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pdfminer.high_level import extract_text

from penstock.errors import CorrectionError
from penstock.report import Exit
from pipelines import tables


@pytest.fixture
def two_letters(run_tables, draw, tmp_path):
    """Two scans called letter.png, both recognized and written."""
    draw("scans/one/letter.png")
    draw("scans/two/letter.png")
    sinks = [{"plugin": kind, "path": f"out/{{folder}}/{{document}}.{kind}"} for kind in ("json", "text")]
    told = tables([tmp_path / "scans"], sinks=sinks)
    assert run_tables(told).documents_written == 2
    return told


def edit(file: Path) -> None:
    form = json.loads(file.read_text())
    form["pages"][0]["lines"][0]["text"] = "edited"
    file.write_text(json.dumps(form))


def texts(folder: Path) -> list[str]:
    return [(folder / "out" / name / "letter.text").read_text() for name in ("one", "two")]


def test_correction_goes_to_the_document_its_file_was_written_for(run_tables, tmp_path, two_letters):
    file = tmp_path / "out/two/letter.json"
    # Nothing but the place tells them apart, as where each was read from within its own folder.
    file.write_text(file.read_text().replace(str(tmp_path / "scans/two/"), ""))
    edit(file)
    report = run_tables(two_letters, write_only=True, corrections=(file,))
    assert report.exit_code is Exit.DONE
    assert texts(tmp_path) == ["letter read\n", "edited\n"]


def test_edited_copy_goes_to_the_document_with_its_origin(run_tables, tmp_path, two_letters):
    copied = tmp_path / "edited.json"
    shutil.copy(tmp_path / "out/two/letter.json", copied)
    edit(copied)
    run_tables(two_letters, write_only=True, corrections=(copied,))
    assert texts(tmp_path) == ["letter read\n", "edited\n"]


def test_ambiguous_correction_is_refused(run_tables, tmp_path, two_letters):
    copied = tmp_path / "edited.json"
    form = json.loads((tmp_path / "out/two/letter.json").read_text())
    copied.write_text(json.dumps(form | {"origin": "elsewhere/letter.png"}))
    edit(copied)
    with pytest.raises(CorrectionError, match=r"one/letter\.png or .*two/letter\.png") as raised:
        run_tables(two_letters, write_only=True, corrections=(copied,))
    assert "where the json sink wrote it" in raised.value.hint
    assert texts(tmp_path) == ["letter read\n", "letter read\n"]


@pytest.fixture
def one_letter(run_tables, draw):
    """A scan of one line, written as JSON, and as a PDF with a text layer."""
    draw("scans/letter.png")
    sinks = [{"plugin": kind, "path": f"out/{{document}}.{kind}"} for kind in ("json", "pdf")]
    told = tables(["scans"], sinks=sinks)
    assert run_tables(told).documents_written == 1
    return told


@pytest.mark.parametrize(
    ("text", "words", "written"),
    [
        ("dear Anna", None, (["dear", "Anna"], "dear Anna")),
        ("letter read", ["letter", "reads"], (["letter", "reads"], "letter reads")),
        ("my dear Anna", None, (["my", "dear", "Anna"], "my dear Anna")),
        ("letter read", ["letter", "read twice"], (["letter", "read", "twice"], "letter read twice")),
        ("letter read", ["letter", ""], (["letter"], "letter")),
        ("my dear Anna", ["my", "dear Anna"], (["my", "dear", "Anna"], "my dear Anna")),
        ("letters read", ["letters", "read"], (["letters", "read"], "letters read")),
        ("Letter read", ["letter", "reads"], (["Letter", "reads"], "Letter reads")),
        ("letters read", ["lettuce", "read"], None),
        ("my dear Anna", ["my", "dear Ann"], None),
        ("my dear Anna", [], ([], "my dear Anna")),
    ],
)
def test_text_and_words_of_a_line_agree_after_a_correction(
    run_tables, tmp_path, one_letter, text, words, written
):
    file = tmp_path / "out/letter.json"
    form = json.loads(file.read_text())
    (line,) = form["pages"][0]["lines"]
    line["text"] = text
    if words is not None:
        for word, edited in zip(line["words"], words, strict=False):
            word["text"] = edited
        line["words"] = line["words"][: len(words)]
    file.write_text(json.dumps(form))
    if written is None:
        with pytest.raises(CorrectionError, match=r"page 1: line 1 says .*, and its words say") as raised:
            run_tables(one_letter, write_only=True, corrections=(file,))
        assert "let both say the same" in raised.value.hint
        return
    assert run_tables(one_letter, write_only=True, corrections=(file,)).exit_code is Exit.DONE
    (line,) = json.loads(file.read_text())["pages"][0]["lines"]
    assert ([word["text"] for word in line["words"]], line["text"]) == written
    assert extract_text(tmp_path / "out/letter.pdf").split() == written[1].split()


@pytest.mark.parametrize("texts", [["", ""], ["letter", "read"]])
def test_a_line_whose_text_was_deleted_is_left_out(run_tables, tmp_path, one_letter, texts):
    file = tmp_path / "out/letter.json"
    form = json.loads(file.read_text())
    (line,) = form["pages"][0]["lines"]
    line["text"] = ""
    for word, edited in zip(line["words"], texts, strict=True):
        word["text"] = edited
    file.write_text(json.dumps(form))
    assert run_tables(one_letter, write_only=True, corrections=(file,)).exit_code is Exit.DONE
    assert json.loads(file.read_text())["pages"][0]["lines"] == []


def test_corrected_words_are_marked_and_lose_their_confidence(run_tables, tmp_path, one_letter):
    file = tmp_path / "out/letter.json"
    file.write_text(file.read_text().replace("letter read", "better read"))
    run_tables(one_letter, write_only=True, corrections=(file,))
    better, read = json.loads(file.read_text())["pages"][0]["lines"][0]["words"]
    assert (better["text"], better["confidence"], better["corrected"]) == ("better", None, True)
    assert "corrected" not in read
    file.write_text(file.read_text().replace("better read", "better rest"))
    run_tables(one_letter, write_only=True, corrections=(file,))
    words = json.loads(file.read_text())["pages"][0]["lines"][0]["words"]
    assert [(word["text"], word["corrected"]) for word in words] == [("better", True), ("rest", True)]


def test_everything_in_a_file_can_be_replaced_at_once(run_tables, tmp_path, one_letter):
    file = tmp_path / "out/letter.json"
    # Also the name of the scan and of the document in the file would be replaced: "read" is in neither.
    file.write_text(file.read_text().replace("read", "received"))
    assert run_tables(one_letter, write_only=True, corrections=(file,)).exit_code is Exit.DONE
    assert extract_text(tmp_path / "out/letter.pdf").split() == ["letter", "received"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_file_of_an_editor_that_marks_its_encoding_is_read(run_tables, tmp_path, one_letter, encoding):
    file = tmp_path / "out/letter.json"
    file.write_text(file.read_text().replace("letter read", "für Zoë"), encoding=encoding)
    assert run_tables(one_letter, write_only=True, corrections=(file,)).exit_code is Exit.DONE
    assert json.loads(file.read_bytes())["pages"][0]["lines"][0]["text"] == "für Zoë"


def test_file_of_version_1_is_read(run_tables, tmp_path, one_letter):
    file = tmp_path / "out/letter.json"
    edit(file)
    file.write_text(file.read_text().replace('"penstock": 2', '"penstock": 1'))
    assert run_tables(one_letter, write_only=True, corrections=(file,)).exit_code is Exit.DONE
    assert json.loads(file.read_text())["pages"][0]["lines"][0]["text"] == "edited"


def test_file_in_another_encoding_is_refused(run_tables, tmp_path, one_letter):
    file = tmp_path / "out/letter.json"
    file.write_text(file.read_text().replace("letter read", "für Zoë"), encoding="latin-1")
    with pytest.raises(CorrectionError, match="has another encoding than UTF-8") as raised:
        run_tables(one_letter, write_only=True, corrections=(file,))
    assert raised.value.hint == "save it as UTF-8"
