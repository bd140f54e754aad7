"""Corrections in hOCR, ALTO and PAGE XML, as other programs save them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from penstock.errors import CorrectionError
from penstock.testing import draw_page
from pipelines import tables

SUFFIXES = {"hocr": "hocr", "alto": "alto.xml", "page": "page.xml"}


@pytest.fixture
def letter(run_tables, tmp_path):
    """A scan with two lines, read from a file, and written in all forms."""
    from penstock.model import RecognizedPage
    from penstock.transcriptions.alto_writer import alto_page

    drawn = draw_page(tmp_path / "scans/letter.png", ["Dear Anna", "thank you for the apples"])
    text = alto_page(RecognizedPage(drawn.page, drawn.recognition))
    (tmp_path / "scans/letter.xml").write_bytes(text.replace(b"penstock", b"anyocr"))
    sinks = [{"plugin": name, "path": f"out/{{document}}.{suffix}"} for name, suffix in SUFFIXES.items()]
    told = tables(
        [tmp_path / "scans/letter.png"], sinks=[*sinks, {"plugin": "json", "path": "out/letter.json"}]
    )
    told["recognizers"] = [{"plugin": "existing"}]
    assert run_tables(told).documents_written == 1
    return told


def lines_of(folder: Path) -> list[dict]:
    return json.loads((folder / "out/letter.json").read_text())["pages"][0]["lines"]


def words_of(folder: Path) -> list[tuple[str, bool]]:
    return [
        (word["text"], word.get("corrected", False)) for line in lines_of(folder) for word in line["words"]
    ]


@pytest.mark.parametrize("form", SUFFIXES)
def test_an_output_that_was_not_edited_changes_nothing(run_tables, letter, tmp_path, form):
    before = lines_of(tmp_path)
    run_tables(letter, write_only=True, corrections=(tmp_path / f"out/letter.{SUFFIXES[form]}",))
    assert lines_of(tmp_path) == before


@pytest.mark.parametrize("form", SUFFIXES)
@pytest.mark.parametrize("is_copied", [False, True])
def test_edited_words_come_back(run_tables, letter, tmp_path, form, is_copied):
    before = lines_of(tmp_path)
    path = tmp_path / f"out/letter.{SUFFIXES[form]}"
    if is_copied:
        path = Path(shutil.copy(path, tmp_path / "edited.xml"))
    path.write_text(path.read_text().replace("Anna", "Hanna").replace("apples", "pears"))
    run_tables(letter, write_only=True, corrections=(path,))
    assert words_of(tmp_path) == [
        ("Dear", False),
        ("Hanna", True),
        *((word, False) for word in ("thank", "you", "for", "the")),
        ("pears", True),
    ]
    after = lines_of(tmp_path)
    assert [word["quad"] for line in after for word in line["words"]] == [
        word["quad"] for line in before for word in line["words"]
    ]
    assert [line["text"] for line in after] == ["Dear Hanna", "thank you for the pears"]


ESCRIPTORIUM_LINE = """<TextLine id="eSc_line_{0}"><Coords points="{1}"/>
<Baseline points="{2}"/><TextEquiv><Unicode>{3}</Unicode></TextEquiv></TextLine>"""


def as_escriptorium(page: str, texts: list[str]) -> str:
    """Return a PAGE file as eScriptorium exports it: other ids and outlines, lines without words."""
    lines = re.findall(r'<TextLine.*?<Coords points="(.*?)".*?</TextLine>', page, re.DOTALL)
    made = []
    for index, (points, text) in enumerate(zip(lines, texts, strict=True)):
        corners = [tuple(map(float, point.split(","))) for point in points.split()]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        left, top, right, bottom = min(xs) + 4, min(ys) - 6, max(xs) - 3, max(ys) + 5
        outline = (
            f"{left:.0f},{top:.0f} {right:.0f},{top + 2:.0f} {right:.0f},{bottom:.0f} {left:.0f},{bottom:.0f}"
        )
        baseline = f"{left:.0f},{bottom - 8:.0f} {right:.0f},{bottom - 8:.0f}"
        made.append(ESCRIPTORIUM_LINE.format(index, outline, baseline, text))
    return (
        '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Metadata>'
        "<Creator>escriptorium</Creator></Metadata>"
        '<Page imageFilename="letter.png" imageWidth="900" imageHeight="260">'
        '<TextRegion id="eSc_dummyblock_">'
        f"{''.join(made)}</TextRegion></Page></PcGts>"
    )


def test_a_page_that_was_mended_in_escriptorium_comes_back(run_tables, letter, tmp_path):
    edited = as_escriptorium(
        (tmp_path / "out/letter.page.xml").read_text(), ["Dear Hanna", "thanks you for the big apples"]
    )
    (tmp_path / "letter.xml").write_text(edited)
    run_tables(letter, write_only=True, corrections=(tmp_path / "letter.xml",))
    assert words_of(tmp_path) == [
        ("Dear", False),
        ("Hanna", True),
        ("thanks", True),
        *((word, False) for word in ("you", "for", "the")),
        ("big", True),
        ("apples", False),
    ]


def test_lines_that_were_deleted_or_added_are(run_tables, letter, tmp_path):
    path = tmp_path / "out/letter.alto.xml"
    text = path.read_text()
    lines = re.findall(r"\s*<TextLine.*?</TextLine>", text, re.DOTALL)
    added = re.sub(r'VPOS="(\d+)', 'VPOS="200', lines[0]).replace("Dear", "Yours").replace('ID="', 'ID="new_')
    path.write_text(text.replace(lines[0], "").replace(lines[1], lines[1] + added))
    run_tables(letter, write_only=True, corrections=(path,))
    assert [line["text"] for line in lines_of(tmp_path)] == ["thank you for the apples", "Yours Anna"]
    assert words_of(tmp_path)[-2:] == [("Yours", True), ("Anna", True)]


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (
            lambda text: text.replace("letter.png", "other.png"),
            "no recognized page of this pipeline belongs to",
        ),
        (lambda text: text.replace('HEIGHT="260"', 'HEIGHT="900"'), "page 1: is 900 x 900 in the file"),
        (lambda text: "<alto", "elsewhere"),
        (lambda text: "", "elsewhere"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(run_tables, letter, tmp_path, edit, why):
    path = tmp_path / "elsewhere.xml"
    path.write_text(edit((tmp_path / "out/letter.alto.xml").read_text()))
    with pytest.raises(CorrectionError, match=why):
        run_tables(letter, write_only=True, corrections=(path,))


def test_a_file_that_names_another_picture_is_found_by_its_own_name(run_tables, letter, tmp_path):
    text = (tmp_path / "out/letter.page.xml").read_text()
    text = text.replace("letter.png", "scan 0815.tif").replace("Anna", "Hanna")
    (tmp_path / "letter.xml").write_text(text)
    run_tables(letter, write_only=True, corrections=(tmp_path / "letter.xml",))
    assert ("Hanna", True) in words_of(tmp_path)
