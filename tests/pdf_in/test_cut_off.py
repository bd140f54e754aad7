"""Missing content of a truncated PDF is reported instead of a blank page."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from pdf_in.making import picture_page, saved, scan
from penstock.errors import PictureError
from penstock.images import find_pages, look_into, open_upright
from penstock.model import Page, Problem

DATA = Path(__file__).parents[1] / "data/pdf"
SHARED = Path(__file__).parents[3] / "shared" / "scans"
MISSING = "the content of the page is missing: the PDF is damaged or cut off"


def looked_into(path: Path) -> tuple[list[int], list[Problem]]:
    """Return the numbers of the pages that are not blank, and the problems."""
    numbers: list[int] = []
    problems: list[Problem] = []
    try:
        for item in look_into(path, "a.pdf"):
            if isinstance(item, Problem):
                problems.append(item)
                continue
            assert item.existing_recognition is None
            assert open_upright(item).convert("L").getextrema()[0] < 100
            numbers.append(item.number)
    except PictureError as error:
        problems.append(Problem("a.pdf", error.message, error.hint, path))
    return numbers, problems


def scans(path: Path, pages: int, **options: object) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        picture_page(pdf, scan((60, 80)) if pages > 1 else scan())
    return saved(pdf, path, **options).read_bytes()


@pytest.mark.parametrize(
    "options",
    [{}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}, {"linearize": True}],
    ids=["plain", "dense", "linear"],
)
def test_a_pdf_cut_anywhere_has_all_pages_or_a_problem(tmp_path, options):
    path = tmp_path / "a.pdf"
    whole = scans(path, 6, **options)
    assert looked_into(path) == ([1, 2, 3, 4, 5, 6], [])
    for cut in range(10, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:cut])
        numbers, problems = looked_into(path)
        assert problems or numbers == [1, 2, 3, 4, 5, 6], cut


def test_whole_pages_are_yielded_although_they_share_resources_with_damaged_ones(tmp_path):
    path = tmp_path / "a.pdf"
    pdf = pikepdf.new()
    for _ in range(2):
        picture_page(pdf, scan())
    shared = Dictionary(First=pdf.pages[0].Resources.XObject.Scan, Other=pdf.pages[1].Resources.XObject.Scan)
    for page, name in zip(pdf.pages, (b"First", b"Other"), strict=True):
        page.obj.Resources = Dictionary(XObject=shared)
        page.obj.Contents.write(b"q 300 0 0 400 0 0 cm /" + name + b" Do Q")
    whole = saved(pdf, path, compress_streams=False).read_bytes()
    path.write_bytes(whole[: whole.rindex(b"/Subtype /Image") + 50_000])
    numbers, problems = looked_into(path)
    assert numbers == [1]
    assert [(problem.what, problem.why) for problem in problems] == [("a.pdf, page 2", MISSING)]


def test_a_missing_picture_within_a_form_is_a_problem(tmp_path):
    path = tmp_path / "a.pdf"
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    page = pdf.pages[0].obj
    form = pdf.make_stream(
        b"/Scan Do", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1], Resources=page.Resources
    )
    page.Resources = Dictionary(XObject=Dictionary(Form=form))
    page.Contents.write(b"q 300 0 0 400 0 0 cm /Form Do Q")
    whole = saved(pdf, path, compress_streams=False).read_bytes()
    assert looked_into(path) == ([1], [])
    cut = whole.rindex(b"/Subtype /Image") + 50_000
    assert whole.index(b"/Form Do") < cut > whole.index(b"/Subtype /Form")
    path.write_bytes(whole[:cut])
    assert [problem.why for problem in looked_into(path)[1]] == [MISSING]


def test_a_name_without_an_object_in_a_whole_pdf_is_ignored(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan(), after=b" /Nothing Do")
    assert looked_into(saved(pdf, tmp_path / "a.pdf")) == ([1], [])


@pytest.mark.parametrize("cut", [b"startxref", b"xref\n"])
def test_a_pdf_without_its_cross_reference_table_is_accepted(tmp_path, cut):
    whole = scans(tmp_path / "a.pdf", 2)
    (tmp_path / "a.pdf").write_bytes(whole[: whole.rindex(cut)])
    assert looked_into(tmp_path / "a.pdf") == ([1, 2], [])


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
def test_half_a_real_scan_is_a_problem(tmp_path):
    whole = (SHARED / "hw_en_health_form_scan.pdf").read_bytes()
    for cut in range(len(whole) // 20, len(whole) * 19 // 20, len(whole) // 10):
        (tmp_path / "a.pdf").write_bytes(whole[:cut])
        (problem,) = look_into(tmp_path / "a.pdf", "a.pdf")
        assert isinstance(problem, Problem)
        assert (problem.what, problem.why) == ("a.pdf", MISSING)
    with pytest.raises(PictureError, match="the content of the page is missing"):
        list(find_pages(tmp_path / "a.pdf", "a.pdf"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
def test_a_missing_page_of_a_real_scan_is_a_problem(tmp_path):
    whole = (SHARED / "mixed_receipts_photo_2p.pdf").read_bytes()
    (tmp_path / "a.pdf").write_bytes(whole[: len(whole) // 4])
    first, missing = look_into(tmp_path / "a.pdf", "a.pdf")
    assert isinstance(first, Problem)
    assert isinstance(missing, Problem)
    assert missing.what == "a.pdf, missing pages"
    assert "1 of the pages that it lists are missing" in missing.why
    (tmp_path / "a.pdf").write_bytes(whole[: len(whole) * 7 // 10])
    first, second = look_into(tmp_path / "a.pdf", "a.pdf")
    assert isinstance(first, Page)
    assert isinstance(second, Problem)
