"""`penstock convert`: from one format into another."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from unicodedata import normalize

import pikepdf
import pytest

from existing_pages import foreign
from penstock.cli.convert import conversion_of, convert
from penstock.errors import ConfigurationError, PluginError
from penstock.json_form import recognition_to_json
from penstock.model import RecognizedPage
from penstock.report import Exit
from penstock.testing import draw_page
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.hocr_writer import hocr_document
from penstock.transcriptions.reading import read_transcription

TEXT = "Dear Anna\nthank you"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder with a.xml, an ALTO file without its picture."""
    monkeypatch.chdir(tmp_path)
    drawn = draw_page(tmp_path / "a.png", ["Dear Anna", "thank you"])
    (tmp_path / "a.png").rename(tmp_path / "away.png")
    (tmp_path / "a.xml").write_bytes(alto_page(RecognizedPage(drawn.page, drawn.recognition)))
    return tmp_path


def converted(*names: str, to: str | None = None, force: bool = False) -> Exit:
    return convert(conversion_of(names, to, force=force, quiet=False))


@pytest.mark.parametrize("name", ["b.hocr", "b.alto.xml"])
def test_a_file_becomes_another_without_its_picture(folder, capsys, name):
    assert converted("a.xml", name) is Exit.DONE
    assert capsys.readouterr().err == f"wrote {name}\n"
    (page,) = read_transcription(folder / name)
    assert (page.recognition.text, page.width, page.height) == (TEXT, 900, 260)
    assert page.picture == "a.png"


def test_shares_of_a_page_need_its_picture(folder, capsys):
    corners = [{"X": x, "Y": y} for x, y in ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2))]
    line = {"BlockType": "LINE", "Id": "1", "Text": "Dear Anna", "Geometry": {"Polygon": corners}}
    (folder / "textract.json").write_text(json.dumps({"Blocks": [line]}))
    assert converted("textract.json", "b.hocr") is Exit.SOMETHING_FAILED
    assert "name its picture: penstock read PICTURE --readings textract.json" in capsys.readouterr().err
    assert not (folder / "b.hocr").exists()


def test_the_form_can_be_named(folder):
    assert converted("a.xml", "b.xml", to="page") is Exit.DONE
    assert "PcGts" in (folder / "b.xml").read_text()
    assert converted("a.xml", to="json,text") is Exit.DONE
    assert json.loads((folder / "a.json").read_text())["pages"][0]["width"] == 900
    assert (folder / "a.txt").read_text() == f"{TEXT}\n"


def test_a_folder_becomes_a_folder(folder, capsys):
    (folder / "notes.xml").write_text("<TEI/>")
    (folder / "c.xml").write_text((folder / "a.xml").read_text())
    assert converted(".", "out/", to="hocr") is Exit.DONE
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.hocr", "c.hocr"]
    assert converted("a.xml", "broken.xml", "c.xml", "more/", to="hocr") is Exit.SOMETHING_FAILED
    assert "failed: broken.xml: cannot be read (No such file or directory)" in capsys.readouterr().err
    assert len(list((folder / "more").iterdir())) == 2


def test_a_pdf_takes_the_picture_beside_the_file(folder, capsys):
    assert converted("a.xml", "b.pdf") is Exit.SOMETHING_FAILED
    assert "the picture of page 1, a.png, is not beside the file" in capsys.readouterr().err
    (folder / "away.png").rename(folder / "a.png")
    assert converted("a.xml", "b.pdf") is Exit.DONE
    with pikepdf.open(folder / "b.pdf") as pdf:
        assert len(pdf.pages) == 1


def test_a_name_that_no_file_can_have_is_a_missing_picture(folder, capsys):
    (folder / "a.xml").write_text((folder / "a.xml").read_text().replace("a.png", f"{'x' * 5000}.png"))
    assert converted("a.xml", "b.pdf") is Exit.SOMETHING_FAILED
    assert "is not beside the file" in capsys.readouterr().err


def test_the_picture_may_have_a_name_with_decomposed_letters(folder):
    (folder / "away.png").rename(folder / normalize("NFD", "Übergabe.png"))
    (folder / "a.xml").write_text((folder / "a.xml").read_text().replace("a.png", "Übergabe.png"))
    assert converted("a.xml", "b.pdf") is Exit.DONE


def test_several_pages_become_a_file_each(folder):
    drawn = [
        draw_page(folder / f"{name}.png", [name], number=number) for number, name in ((1, "x"), (2, "y"))
    ]
    pages = [RecognizedPage(each.page, each.recognition) for each in drawn]
    (folder / "book.hocr").write_text(foreign("".join(hocr_document(pages, title="book", page_count=2))))
    assert converted("book.hocr", "out/", to="alto") is Exit.DONE
    assert [path.name for path in sorted((folder / "out").iterdir())] == [
        "book.alto.001.xml",
        "book.alto.002.xml",
    ]
    assert converted("book.hocr", "book.pdf") is Exit.DONE
    with pikepdf.open(folder / "book.pdf") as pdf:
        assert len(pdf.pages) == 2


def test_files_of_others_and_inputs_are_kept(folder, capsys):
    (folder / "b.hocr").write_text("mine")
    assert converted("a.xml", "b.hocr") is Exit.SOMETHING_FAILED
    assert "use --force" in capsys.readouterr().err
    assert converted("a.xml", "b.hocr", force=True) is Exit.DONE
    assert converted("a.xml", "b.hocr") is Exit.DONE  # penstock's own may be replaced
    before = (folder / "a.xml").read_bytes()
    assert converted("a.xml", "a.xml", to="alto", force=True) is Exit.SOMETHING_FAILED
    assert (folder / "a.xml").read_bytes() == before


def test_what_the_form_cannot_hold_is_said(folder, capsys):
    text = (folder / "a.xml").read_text()
    other = r"\1><ALTERNATIVE>Dean</ALTERNATIVE></String>"
    (folder / "a.xml").write_text(re.sub(r"(<String [^>]*)/>", other, text, count=1))
    assert converted("a.xml", "b.hocr") is Exit.DONE
    assert "alternatives" in capsys.readouterr().err


def test_what_could_not_be_read_is_said(folder, capsys):
    text = (folder / "a.xml").read_text()
    (folder / "a.xml").write_text(re.sub(r'(<String [^>]*WIDTH=")\d+', r"\1-3", text, count=1))
    assert converted("a.xml", "b.txt") is Exit.DONE
    assert "warning: a.xml: " in capsys.readouterr().err
    assert (folder / "b.txt").read_text() == f"{TEXT}\n"


@pytest.mark.parametrize(
    ("names", "to", "why"),
    [
        (["a.xml"], None, "OUTPUT: must be given"),
        (["a.xml", "b.xml"], None, "--output: must end in one of"),
        (["a.xml", "-"], None, "--to: must be given for standard output"),
        (["a.xml", "c.xml", "b.hocr"], None, "OUTPUT: must be a folder for several inputs"),
        (["a.xml", "out/"], None, "--to: must be given, because out/ is a folder"),
        (["a.xml", "-"], "hocr,text", "takes one output"),
    ],
)
def test_a_wrong_command_line_starts_nothing(folder, names, to, why):
    with pytest.raises(ConfigurationError, match=why):
        converted(*names, to=to)


def test_an_unknown_output_starts_nothing(folder):
    with pytest.raises(PluginError, match="nonsense"):
        converted("a.xml", to="nonsense")


def test_standard_input_to_standard_output(folder, command):
    done = command("convert", "-", "-", "--to", "text", given=(folder / "a.xml").read_bytes())
    assert (done.stdout, done.stderr, done.returncode) == (f"{TEXT}\n", "", 0)


def test_pages_keep_their_numbers_and_pictures(folder):
    """Page 2 of a document may have failed. Its text must not be taken from page 3."""
    drawn = draw_page(folder / "scan.tif", ["Dear Anna", "thank you"])
    pages = [
        RecognizedPage(
            replace(drawn.page, number=number, origin=f"scan.tif, page {number}"), drawn.recognition
        )
        for number in (1, 3)
    ]
    (folder / "c.hocr").write_text("".join(hocr_document(pages)))
    assert converted("c.hocr", "d.json") is Exit.DONE
    assert converted("d.json", "e.alto.xml") is Exit.DONE
    assert sorted(path.name for path in folder.glob("e.*")) == ["e.alto.001.xml", "e.alto.003.xml"]
    (page,) = read_transcription(folder / "e.alto.003.xml")
    assert (page.number, page.picture) == (3, "scan.tif")


def test_the_origin_of_a_page_in_json_names_its_picture(folder):
    drawn = draw_page(folder / "scan.tif", ["Dear Anna"])
    form = {"number": 3, "origin": "scans/scan.tif, page 3", "width": 9, "height": 9}
    form |= recognition_to_json(drawn.recognition)
    (folder / "c.json").write_text(json.dumps({"penstock": 2, "pages": [form]}))
    assert converted("c.json", "d.hocr") is Exit.DONE
    (page,) = read_transcription(folder / "d.hocr")
    assert page.picture == "scan.tif"
