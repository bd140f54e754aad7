"""Pages that have text already: what is sent, what is added, what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from pdf_in.making import helvetica, picture_page, recognition, saved, scan, text_page, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.geometry import Quad
from penstock.model import ExistingText, Page, RecognizedPage
from penstock.pdf.pages import find_pdf_pages
from penstock.pdf.words import PrintedWord
from penstock.render import write_searchable_pdf
from penstock.render.missing_words import missing_lines
from pipelines import tables

RULES = b"0.5 w 40 280 m 260 280 l S 40 200 200 40 re S "
INK = b"1 w 60 100 m 70 130 90 80 100 120 c 110 90 l S "
LABEL = typed("Label", 40, 340)
"""On the page as shown in 600 by 800 pixels: from about (80, 90) to (165, 125)."""
READ_LABEL, READ_INK = (80, 85, 165, 128), (115, 540, 225, 640)


def pdf_of(tmp_path: Path, *contents: bytes) -> Path:
    pdf = pikepdf.new()
    for content in contents:
        text_page(pdf, content)
    return saved(pdf, tmp_path / "pages.pdf")


def pages(path: Path, policy: ExistingText) -> list[Page]:
    return list(find_pdf_pages(path, path.name, existing_text=policy))


def known(path: Path, policy: ExistingText) -> list[str | None]:
    return [
        page.existing_recognition.text if page.existing_recognition else None for page in pages(path, policy)
    ]


def scanned(tmp_path: Path, layer: bytes) -> Path:
    """A scan over, or under, which somebody laid text before."""
    pdf = pikepdf.new()
    picture_page(pdf, scan(), after=b" " + layer, Font=helvetica())
    return saved(pdf, tmp_path / "scanned.pdf")


def written(source: Path, policy: ExistingText, words: dict, target: Path) -> tuple[str, ...]:
    """Write what was read on a page; the warnings that are about its text."""
    (page,) = pages(source, policy)
    scaled = replace(page, width=600, height=800, existing_recognition=None)
    made = RecognizedPage(scaled, page.existing_recognition or recognition(words))
    return write_searchable_pdf([made], target, pdfa=False).warnings


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("auto", ["Label", "Label", None, None]),
        ("redo", ["Label", "Label", None, None]),
        ("skip", ["Label", "Label", "Label", None]),
        ("add", [None, None, None, None]),
    ],
)
def test_which_pages_are_known_without_being_read(tmp_path, policy, expected):
    source = pdf_of(tmp_path, LABEL, LABEL + RULES, LABEL + INK, INK)
    assert known(source, policy) == expected


@pytest.mark.parametrize("policy", ["auto", "skip", "add", "redo"])
def test_an_empty_page_is_sent_nowhere(tmp_path, policy):
    assert known(pdf_of(tmp_path, b"", RULES), policy) == ["", ""]


def test_a_drawing_in_a_viewer_is_ink(tmp_path):
    pdf = pikepdf.new()
    text_page(
        pdf,
        LABEL,
        Annots=pikepdf.Array(
            [
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Ink, Rect=[50, 50, 150, 150],
                    InkList=[[60, 60, 90, 120, 140, 70]], C=[0, 0, 1], F=4,
                )
            ]
        ),
    )  # fmt: skip
    assert known(saved(pdf, tmp_path / "drawn.pdf"), "auto") == [None]


def test_known_text_stands_where_its_type_does(tmp_path):
    (page,) = pages(pdf_of(tmp_path, LABEL), "auto")
    (line,) = page.existing_recognition.lines
    left, top, right, bottom = (value * 72 / page.dpi[0] for value in line.quad.bounds)
    assert (left, right) == pytest.approx((40, 79), abs=1)
    assert top < 400 - 340 - 10
    assert bottom > 400 - 340


def test_a_page_of_text_is_sent_nowhere_and_its_text_is_written(tmp_path, run_tables):
    source = pdf_of(tmp_path, LABEL, LABEL + INK)
    log = tmp_path / "calls"
    made = tables([source], sinks=[{"plugin": "text"}, {"plugin": "pdf", "path": "out/{document}.pdf"}])
    made["recognizers"][0]["log"] = str(log)
    report = run_tables(made)
    assert report.exit_code == 0
    assert log.read_text().split() == ["submit", "pages", "poll", "pages"]
    assert (tmp_path / "pages.txt").read_text() == "Label\n\fpages read\n"
    said = [warning.why for warning in report.warnings]
    assert "page 1 had text already and was left alone" in said
    assert "page 2 had text already; only what was not there yet was added" in said
    assert text_of(tmp_path / "out/pages.pdf", 0).split() == ["Label"]
    assert sorted(text_of(tmp_path / "out/pages.pdf", 1).split()) == ["Label", "pages", "read"]


def test_a_pipeline_says_what_becomes_of_text(tmp_path, run_tables):
    source = pdf_of(tmp_path, LABEL)
    made = tables([source])
    made["sources"][0]["existing_text"] = "add"
    assert run_tables(made).exit_code == 0
    assert (tmp_path / "out/pages.txt").read_text() == "pages read\n"


def test_only_what_is_not_there_is_added(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    words = {"Labe1": READ_LABEL, "hand": READ_INK}
    written(source, "auto", words, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Label", "hand"]
    assert_sound(tmp_path / "out.pdf")


def test_everything_is_added_if_one_says_so(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    assert not written(source, "add", {"Labe1": READ_LABEL, "hand": READ_INK}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Labe1", "Label", "hand"]


def test_old_invisible_text_is_completed_not_doubled(tmp_path):
    source = scanned(tmp_path, typed("Dear", 30, 343, mode=3, size=20))
    written(source, "auto", {"Dear": (60, 80, 160, 120), "Jane": (180, 80, 300, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Dear", "Jane"]


def test_old_invisible_text_that_says_otherwise_stays_beside_the_new(tmp_path):
    source = scanned(tmp_path, typed("Bear", 30, 343, mode=3, size=20))
    written(source, "auto", {"Dear": (60, 80, 160, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Bear", "Dear"]


def test_redo_takes_out_invisible_text_only(tmp_path):
    layer = typed("Bear", 30, 343, mode=3) + b"q 3 Tr Q " + typed("Stamp", 200, 20)
    source = scanned(tmp_path, layer)
    said = written(source, "redo", {"Dear": (60, 80, 160, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Dear", "Stamp"]
    assert said[0] == "page 1 had invisible text, which was taken out"
    assert_sound(tmp_path / "out.pdf")


def test_redo_takes_out_what_penstock_wrote_before(tmp_path):
    source = scanned(tmp_path, b"")
    written(source, "auto", {"First": (60, 80, 160, 120)}, tmp_path / "once.pdf")
    written(tmp_path / "once.pdf", "redo", {"Second": (60, 80, 160, 120)}, tmp_path / "twice.pdf")
    assert text_of(tmp_path / "twice.pdf").split() == ["Second"]
    assert_sound(tmp_path / "twice.pdf")


def test_reading_again_adds_nothing(tmp_path):
    source = scanned(tmp_path, b"")
    words = {"Dear": (60, 80, 160, 120), "Jane": (180, 80, 300, 120)}
    written(source, "auto", words, tmp_path / "once.pdf")
    written(tmp_path / "once.pdf", "auto", words, tmp_path / "twice.pdf")
    assert text_of(tmp_path / "twice.pdf").split() == ["Dear", "Jane"]


def test_skip_leaves_a_page_with_a_little_text_as_it_is(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    (said,) = written(source, "skip", {"hand": READ_INK}, tmp_path / "out.pdf")
    assert said == "page 1 had text already and was left alone"
    assert text_of(tmp_path / "out.pdf").split() == ["Label"]


def printed(text: str, box: tuple[int, int, int, int], *, visible: bool = True) -> PrintedWord:
    return PrintedWord(text, Quad.from_box(*box), visible, 0)


@pytest.mark.parametrize(
    ("there", "read", "missing"),
    [
        (("Name", (0, 0, 100, 20)), ("Name:", (5, 2, 98, 19)), False),
        (("Name", (0, 0, 100, 20)), ("Mane", (5, 2, 98, 19)), False),
        (("Name", (0, 0, 100, 20)), ("Name", (400, 2, 500, 19)), True),
        (("Name", (0, 0, 100, 20)), ("Jane", (60, 2, 300, 19)), True),
        (("Name", (0, 0, 100, 20)), ("below", (0, 18, 100, 38)), True),
        (("........", (0, 0, 100, 20)), ("Jane", (0, 0, 100, 20)), True),
    ],
)
def test_what_is_there(there, read, missing):
    lines = recognition({read[0]: read[1]}).lines
    assert bool(list(missing_lines(lines, [printed(*there)]))) is missing


def test_of_a_line_only_the_words_that_are_missing_are_kept():
    both = recognition({"Name": (0, 0, 100, 20), "Jane": (120, 0, 220, 20)}).lines
    line = replace(both[0], text="Name Jane", words=(*both[0].words, *both[1].words))
    (kept,) = missing_lines([line], [printed("Name", (0, 0, 100, 20))])
    assert kept.text == "Jane"
    assert kept.quad.bounds == pytest.approx((120, 0, 220, 20))


def test_a_form_filled_in_by_hand_is_completed(tmp_path):
    """Typed labels are text, the handwriting is drawn: of both, each is there once."""
    source = Path(__file__).parents[1] / "data/pdf/hw_en_ink_form_2p.pdf"
    first, second = pages(source, "auto")
    assert first.existing_recognition is None
    boxes = {"Sample": (306, 280, 440, 340), "Name": (330, 390, 435, 440), "Jahn": (1060, 380, 1200, 450)}
    reads = [RecognizedPage(page, recognition(boxes)) for page in (first, second)]
    result = write_searchable_pdf(reads, tmp_path / "out.pdf", pdfa=False)
    assert "pages 1-2 had text already; only what was not there yet was added" in result.warnings
    words = text_of(tmp_path / "out.pdf").split()
    assert [words.count(word) for word in ("Sample", "Name", "Jahn")] == [1, 1, 1]
    assert_sound(tmp_path / "out.pdf")
