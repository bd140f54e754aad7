"""The policies for pages that already have text: what is recognized, added and reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from pdf_in.making import helvetica, picture_page, recognition, saved, scan, text_page, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.geometry import Quad
from penstock.model import ExistingText, Line, Page, RecognizedPage, Word
from penstock.pdf.pages import find_pdf_pages
from penstock.pdf.words import PrintedWord
from penstock.render import write_searchable_pdf
from penstock.render.missing_words import missing_lines
from pipelines import tables

RULES = b"0.5 w 40 280 m 260 280 l S 40 200 200 40 re S "
INK = b"1 w 60 100 m 70 130 90 80 100 120 c 110 90 l S "
LABEL = typed("Label", 40, 340)
"""In the displayed page of 600 by 800 pixels it spans about (80, 90) to (165, 125)."""
LABEL_BOX, INK_BOX = (80, 85, 165, 128), (115, 540, 225, 640)


def pdf_of(tmp_path: Path, *contents: bytes) -> Path:
    pdf = pikepdf.new()
    for content in contents:
        text_page(pdf, content)
    return saved(pdf, tmp_path / "pages.pdf")


def pages(path: Path, policy: ExistingText) -> list[Page]:
    return list(find_pdf_pages(path, path.name, existing_text=policy))


def existing(path: Path, policy: ExistingText) -> list[str | None]:
    return [
        page.existing_recognition.text if page.existing_recognition else None for page in pages(path, policy)
    ]


def scanned(tmp_path: Path, layer: bytes) -> Path:
    """Write a scan with text operators after it."""
    pdf = pikepdf.new()
    picture_page(pdf, scan(), after=b" " + layer, Font=helvetica())
    return saved(pdf, tmp_path / "scanned.pdf")


def written(source: Path, policy: ExistingText, words: dict, target: Path) -> tuple[str, ...]:
    """Write a page with recognized words, and return the warnings."""
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
def test_the_policy_decides_which_pages_need_no_recognition(tmp_path, policy, expected):
    source = pdf_of(tmp_path, LABEL, LABEL + RULES, LABEL + INK, INK)
    assert existing(source, policy) == expected


@pytest.mark.parametrize("policy", ["auto", "skip", "add", "redo"])
def test_an_empty_page_needs_no_recognition(tmp_path, policy):
    assert existing(pdf_of(tmp_path, b"", RULES), policy) == ["", ""]


def test_an_ink_annotation_needs_recognition(tmp_path):
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
    assert existing(saved(pdf, tmp_path / "drawn.pdf"), "auto") == [None]


def test_existing_text_has_the_place_of_its_type(tmp_path):
    (page,) = pages(pdf_of(tmp_path, LABEL), "auto")
    (line,) = page.existing_recognition.lines
    left, top, right, bottom = (value * 72 / page.dpi[0] for value in line.quad.bounds)
    assert (left, right) == pytest.approx((40, 79), abs=1)
    assert top < 400 - 340 - 10
    assert bottom > 400 - 340


def test_a_page_of_text_is_not_submitted_and_its_text_is_written(tmp_path, run_tables):
    source = pdf_of(tmp_path, LABEL, LABEL + INK)
    log = tmp_path / "calls"
    made = tables([source], sinks=[{"plugin": "text"}, {"plugin": "pdf", "path": "out/{document}.pdf"}])
    made["recognizers"][0]["log"] = str(log)
    report = run_tables(made)
    assert report.exit_code == 0
    assert log.read_text().split() == ["submit", "pages", "poll", "pages"]
    assert (tmp_path / "pages.txt").read_text() == "Label\n\fpages read\n"
    warnings = [warning.why for warning in report.warnings]
    assert "page 1 already had text and was left unchanged" in warnings
    assert "page 2 already had text; only missing words were added" in warnings
    assert text_of(tmp_path / "out/pages.pdf", 0).split() == ["Label"]
    assert sorted(text_of(tmp_path / "out/pages.pdf", 1).split()) == ["Label", "pages", "read"]


def test_existing_text_is_an_option_of_the_source(tmp_path, run_tables):
    source = pdf_of(tmp_path, LABEL)
    made = tables([source])
    made["sources"][0]["existing_text"] = "add"
    assert run_tables(made).exit_code == 0
    assert (tmp_path / "out/pages.txt").read_text() == "pages read\n"


def test_only_missing_words_are_added(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    words = {"Labe1": LABEL_BOX, "hand": INK_BOX}
    written(source, "auto", words, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Label", "hand"]
    assert_sound(tmp_path / "out.pdf")


def test_add_writes_all_words(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    assert not written(source, "add", {"Labe1": LABEL_BOX, "hand": INK_BOX}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Labe1", "Label", "hand"]


def test_invisible_text_is_completed_without_duplicates(tmp_path):
    source = scanned(tmp_path, typed("Dear", 30, 343, mode=3, size=20))
    written(source, "auto", {"Dear": (60, 80, 160, 120), "Jane": (180, 80, 300, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Dear", "Jane"]


def test_invisible_text_that_differs_is_kept_beside_the_new(tmp_path):
    source = scanned(tmp_path, typed("Bear", 30, 343, mode=3, size=20))
    written(source, "auto", {"Dear": (60, 80, 160, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Bear", "Dear"]


def test_redo_removes_only_invisible_text(tmp_path):
    layer = typed("Bear", 30, 343, mode=3) + b"q 3 Tr Q " + typed("Stamp", 200, 20)
    source = scanned(tmp_path, layer)
    warnings = written(source, "redo", {"Dear": (60, 80, 160, 120)}, tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Dear", "Stamp"]
    assert warnings[0] == "page 1 had invisible text, which was removed"
    assert_sound(tmp_path / "out.pdf")


def test_redo_removes_an_earlier_text_layer(tmp_path):
    source = scanned(tmp_path, b"")
    written(source, "auto", {"First": (60, 80, 160, 120)}, tmp_path / "once.pdf")
    written(tmp_path / "once.pdf", "redo", {"Second": (60, 80, 160, 120)}, tmp_path / "twice.pdf")
    assert text_of(tmp_path / "twice.pdf").split() == ["Second"]
    assert_sound(tmp_path / "twice.pdf")


def test_recognizing_again_adds_nothing(tmp_path):
    source = scanned(tmp_path, b"")
    words = {"Dear": (60, 80, 160, 120), "Jane": (180, 80, 300, 120)}
    written(source, "auto", words, tmp_path / "once.pdf")
    written(tmp_path / "once.pdf", "auto", words, tmp_path / "twice.pdf")
    assert text_of(tmp_path / "twice.pdf").split() == ["Dear", "Jane"]


def test_skip_keeps_a_page_with_a_little_text_unchanged(tmp_path):
    source = pdf_of(tmp_path, LABEL + INK)
    (warning,) = written(source, "skip", {"hand": INK_BOX}, tmp_path / "out.pdf")
    assert warning == "page 1 already had text and was left unchanged"
    assert text_of(tmp_path / "out.pdf").split() == ["Label"]


def printed(text: str, box: tuple[int, int, int, int], *, visible: bool = True) -> PrintedWord:
    return PrintedWord(text, Quad.from_box(*box), visible, 0)


@pytest.mark.parametrize(
    ("printed_word", "recognized_word", "missing"),
    [
        (("Name", (0, 0, 100, 20)), ("Name:", (5, 2, 98, 19)), False),
        (("Name", (0, 0, 100, 20)), ("Mane", (5, 2, 98, 19)), False),
        (("Name", (0, 0, 100, 20)), ("Name", (400, 2, 500, 19)), True),
        (("Name", (0, 0, 100, 20)), ("Jane", (60, 2, 300, 19)), True),
        (("Name", (0, 0, 100, 20)), ("below", (0, 18, 100, 38)), True),
        (("........", (0, 0, 100, 20)), ("Jane", (0, 0, 100, 20)), True),
    ],
)
def test_which_words_are_missing(printed_word, recognized_word, missing):
    lines = recognition({recognized_word[0]: recognized_word[1]}).lines
    assert bool(list(missing_lines(lines, [printed(*printed_word)]))) is missing


def test_a_line_keeps_only_its_missing_words():
    both = recognition({"Name": (0, 0, 100, 20), "Jane": (120, 0, 220, 20)}).lines
    line = replace(both[0], text="Name Jane", words=(*both[0].words, *both[1].words))
    (kept,) = missing_lines([line], [printed("Name", (0, 0, 100, 20))])
    assert kept.text == "Jane"
    assert kept.quad.bounds == pytest.approx((120, 0, 220, 20))


def test_a_corrected_word_is_added_unless_the_page_says_the_same():
    places = {"Sarnple": (0, 0, 50, 20), "Form": (60, 0, 100, 20)}
    words = tuple(Word(text, Quad.from_box(*box), corrected=True) for text, box in places.items())
    words = (replace(words[0], text="Sample"), words[1])
    line = Line("Sample Form", Quad.from_box(0, 0, 100, 20), words)
    (kept,) = missing_lines([line], [printed(text, box) for text, box in places.items()])
    assert kept.text == "Sample"


def test_a_correction_of_a_page_with_text_of_its_own_is_added(tmp_path):
    source = pdf_of(tmp_path, LABEL)
    (page,) = pages(source, "auto")
    (line,) = page.existing_recognition.lines
    mended = replace(line, text="Table", words=(replace(line.words[0], text="Table", corrected=True),))
    made = RecognizedPage(page, replace(page.existing_recognition, lines=(mended,)))
    write_searchable_pdf([made], tmp_path / "out.pdf", pdfa=False)
    assert sorted(text_of(tmp_path / "out.pdf").split()) == ["Label", "Table"]


def test_a_form_filled_in_by_hand_is_completed(tmp_path):
    """Typed labels are text and handwriting is drawn: each word is there once."""
    source = Path(__file__).parents[1] / "data/pdf/hw_en_ink_form_2p.pdf"
    first, second = pages(source, "auto")
    assert first.existing_recognition is None
    boxes = {"Sample": (306, 280, 440, 340), "Name": (330, 390, 435, 440), "Jahn": (1060, 380, 1200, 450)}
    recognized = [RecognizedPage(page, recognition(boxes)) for page in (first, second)]
    result = write_searchable_pdf(recognized, tmp_path / "out.pdf", pdfa=False)
    assert "pages 1-2 already had text; only missing words were added" in result.warnings
    words = text_of(tmp_path / "out.pdf").split()
    assert [words.count(word) for word in ("Sample", "Name", "Jahn")] == [1, 1, 1]
    assert_sound(tmp_path / "out.pdf")
