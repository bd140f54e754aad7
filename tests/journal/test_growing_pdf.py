"""A PDF that grows or gets a title is not recognized, or billed, again."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Pdf
from PIL import Image, ImageDraw

from penstock.config import check
from penstock.engine import RunOptions
from penstock.engine.journal.digests import Digests
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import tables

PASSWORD = "letters"  # noqa: S105
SINKS = [{"plugin": "text", "path": "out/{document}.txt"}, {"plugin": "pdf", "path": "out/{document}.pdf"}]


def add_page(path: Path, number: int) -> None:
    """Add a scan to a PDF, which is made if it does not exist."""
    picture = Image.new("L", (250, 400), 255)
    ImageDraw.Draw(picture).rectangle((30, 30 + 40 * number, 200, 50 + 40 * number), fill=0)
    pdf = pikepdf.open(path, allow_overwriting_input=True) if path.exists() else Pdf.new()
    page = pdf.add_blank_page(page_size=(180, 288))
    image = pdf.make_stream(
        picture.tobytes(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=250,
        Height=400,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray,
    )
    page.obj.Resources = Dictionary(XObject=Dictionary(I=image))
    page.obj.Contents = pdf.make_stream(b"q 180 0 0 288 0 0 cm /I Do Q")
    pdf.save(path)


@pytest.fixture
def diary(tmp_path) -> Path:
    path = tmp_path / "diary.pdf"
    for number in range(2):
        add_page(path, number)
    return path


def to_send(told, tmp_path) -> int:
    made = survey(Pipeline(check(told, tmp_path, where="test.toml", name="test")), RunOptions())
    return made.to_send


def test_only_an_appended_page_is_sent(run_tables, diary, tmp_path):
    told = tables([diary], sinks=SINKS)
    assert run_tables(told).pages_sent == 2
    add_page(diary, 2)
    assert to_send(told, tmp_path) == 1
    report = run_tables(told)
    assert (report.exit_code, report.pages_sent, report.pages_known) == (Exit.DONE, 1, 2)
    with pikepdf.open(tmp_path / "out/diary.pdf") as written:
        assert len(written.pages) == 3
    assert run_tables(told).documents_unchanged == 1


def test_new_title_sends_nothing_and_writes_the_outputs_again(run_tables, diary, tmp_path):
    told = tables([diary], sinks=SINKS)
    run_tables(told)
    with pikepdf.open(diary, allow_overwriting_input=True) as pdf:
        pdf.docinfo["/Title"] = "Diary of Anna"
        pdf.save(diary)
    assert to_send(told, tmp_path) == 0
    report = run_tables(told)
    assert (report.pages_sent, report.pages_known, report.documents_unchanged) == (0, 2, 0)
    with pikepdf.open(tmp_path / "out/diary.pdf") as written:
        assert str(written.docinfo["/Title"]) == "Diary of Anna"


def test_write_finds_that_outputs_are_current(run_tables, diary, tmp_path):
    told = tables([diary], sinks=SINKS)
    run_tables(told)
    report = run_tables(told, write_only=True)
    assert (report.documents_unchanged, report.outputs_written) == (1, 0)


def test_equal_pages_of_a_pdf_are_sent_once(run_tables, tmp_path):
    for _ in range(3):
        add_page(tmp_path / "twins.pdf", 1)
    report = run_tables(tables([tmp_path / "twins.pdf"]))
    assert (report.exit_code, report.pages_sent, report.pages_known) == (Exit.DONE, 1, 2)


def test_page_that_another_file_replaces_is_sent(run_tables, diary):
    told = tables([diary])
    run_tables(told)
    diary.unlink()
    for number in (0, 5):
        add_page(diary, number)
    assert run_tables(told).pages_sent == 1


def test_results_of_an_older_penstock_are_found(run_tables, diary, tmp_path, monkeypatch):
    told = tables([diary], sinks=SINKS)
    with monkeypatch.context() as older:
        older.setattr(Digests, "of_page", lambda *_: None)  # results had the key of the file
        assert run_tables(told).pages_sent == 2
    assert to_send(told, tmp_path) == 0
    report = run_tables(told)
    assert (report.exit_code, report.pages_sent, report.documents_unchanged) == (Exit.DONE, 0, 1)


def test_digests_of_pages_are_computed_once(run_tables, diary, monkeypatch):
    told = tables([diary])
    run_tables(told)
    monkeypatch.setattr("penstock.pdf.page_digest.PageDigests.of", None)
    assert run_tables(told).pages_known == 2


def test_encrypted_pdf_that_grows(run_tables, diary, monkeypatch):
    monkeypatch.setenv("PENSTOCK_PDF_PASSWORD", PASSWORD)
    told = tables([diary])
    for number in (None, 2):
        if number:
            with pikepdf.open(diary, password=PASSWORD, allow_overwriting_input=True) as pdf:
                pdf.save(diary)
            add_page(diary, number)
        with pikepdf.open(diary, allow_overwriting_input=True) as pdf:
            pdf.save(diary, encryption=pikepdf.Encryption(owner=PASSWORD, user=PASSWORD))
        assert run_tables(told).pages_sent == (1 if number else 2)
