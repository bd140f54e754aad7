"""Searchable PDFs as a whole: page size, rotation, metadata, PDF/A, and no partial files."""

import errno
import io
import re

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from penstock.errors import NoSpace, OutputError, PictureError
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf
from penstock.render.pdfa_check import obstacles_in_subprocess
from penstock.render.pdfa_obstacles import Obstacle

needs_check = pytest.importorskip("pikepdf.pdfa", reason="pip install 'pikepdf[pdfa]'")


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.jpg"
    Image.new("RGB", (400, 600), "ivory").save(path)
    return path


@pytest.fixture
def checked_scan(tmp_path):
    """Return a picture of a format whose PDFs are checked for PDF/A."""
    path = tmp_path / "scan.jp2"
    Image.new("RGB", (400, 600), "ivory").save(path)
    return path


def page_of(path, lines=(), **options):
    page = Page(1, "scan.jpg", Picture(path), 400, 600, **options)
    return RecognizedPage(page, Recognition(tuple(lines)))


def word_line(text, quad):
    return Line(text, quad, (Word(text, quad),))


def text_of(data):
    with pypdfium2.PdfDocument(data) as document:
        return document[0].get_textpage().get_text_range()


def size_of(data):
    with pypdfium2.PdfDocument(data) as document:
        return document[0].get_size()


@pytest.mark.parametrize(
    ("options", "page_size", "expected"),
    [
        ({"dpi": (100.0, 100.0)}, "a4", (288, 432)),
        ({"dpi": (200.0, 100.0)}, "a4", (144, 432)),
        ({}, "a4", (561.26, 841.89)),
        ({}, "letter", (528, 792)),
        ({"dpi": (1.0, 1.0)}, "a4", (9600, 14400)),
    ],
    ids=["dpi", "uneven dpi", "A4", "Letter", "limit of a PDF page"],
)
def test_a_page_has_the_size_of_its_paper(scan, write, options, page_size, expected):
    data = write([page_of(scan, **options)], page_size=page_size)

    assert size_of(data) == pytest.approx(expected, abs=0.01)


def quad_running(degrees):
    """Return the quad of a line of 300 by 40 pixels that runs right, down, left or up."""
    return {
        0: Quad.from_box(50, 50, 350, 90),
        90: Quad(((350, 50), (350, 350), (310, 350), (310, 50))),
        180: Quad(((350, 90), (50, 90), (50, 50), (350, 50))),
        270: Quad(((50, 350), (50, 50), (90, 50), (90, 350))),
    }[degrees]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_page_is_turned_until_its_text_is_upright(scan, write, degrees):
    lines = [word_line("Stanford", quad_running(degrees))]

    data = write([page_of(scan, lines, dpi=(72.0, 72.0))])

    assert size_of(data) == ((400, 600) if degrees in (0, 180) else (600, 400))
    with pypdfium2.PdfDocument(data) as document:
        text = document[0].get_textpage()
        first, last = text.get_charbox(0), text.get_charbox(7)
    assert text_of(data).split() == ["Stanford"]
    assert last[0] > first[2]
    assert first[1] == pytest.approx(last[1], abs=1)


def test_rotate_false_keeps_a_page_as_it_is(scan, write):
    lines = [word_line("Stanford", quad_running(90))]

    assert size_of(write([page_of(scan, lines, dpi=(72.0, 72.0))], rotate=False)) == (400, 600)


def test_a_column_of_chinese_does_not_turn_the_page(scan, write):
    lines = [word_line("人人生而自由", quad_running(90))]

    assert size_of(write([page_of(scan, lines, dpi=(72.0, 72.0))])) == (400, 600)


def test_the_same_pages_make_the_same_bytes(scan, write, monkeypatch):
    lines = [word_line("Stanford", quad_running(0))]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    first, second = (write([page_of(scan, lines)], pdfa="auto", title="A letter") for _ in range(2))

    assert first == second
    assert b"2023-11-14T22:13:20Z" in first


@pytest.mark.parametrize("seconds", ["253402300800", "9" * 30, "tomorrow"])
def test_a_time_that_no_date_can_have_is_left_out(scan, write, monkeypatch, seconds):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)

    assert b"CreationDate" not in write([page_of(scan, [])])


def test_different_pages_have_different_identifiers(scan, write):
    def identifier(text):
        return re.search(rb"/ID\[<(\w+)>", write([page_of(scan, [word_line(text, quad_running(0))])])).group(
            1
        )

    assert identifier("one") != identifier("two")


def test_a_pdf_has_its_title_author_and_language(scan, write):
    data = write([page_of(scan)], title="Letters & <papers> ✉", author="Jané", language="en-GB", pdfa="auto")

    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.docinfo["/Title"] == "Letters & <papers> ✉"
        assert pdf.Root.Lang == "en-GB"
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == "Letters & <papers> ✉"
            assert metadata["dc:creator"] == ["Jané"]
            assert metadata.pdfa_status == "2B"


def test_a_line_with_empty_words_has_its_own_text(scan, write):
    quad = quad_running(0)

    data = write([page_of(scan, [Line("Dear Ana", quad, (Word(" ", quad),))])])

    assert text_of(data).split() == ["Dear", "Ana"]


def test_the_language_is_that_of_most_pages(scan, write):
    page = page_of(scan).page
    pages = [RecognizedPage(page, Recognition(language=language)) for language in ("fr", "en", "fr", None)]

    with pikepdf.open(io.BytesIO(write(pages))) as pdf:
        assert pdf.Root.Lang == "fr"


def test_pdfa_is_claimed_only_if_the_check_passes(tmp_path, scan):
    path = tmp_path / "out.pdf"
    cmyk = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (400, 600)).save(cmyk)

    good = write_searchable_pdf([page_of(scan, [word_line("Wörd 😀", quad_running(0))])], path)
    assert good.is_pdfa
    assert needs_check.validate_written(path, "2b").passed

    plain = write_searchable_pdf([page_of(cmyk)], path)
    assert not plain.is_pdfa
    assert "its colors are CMYK" in plain.warnings[0]
    assert b"pdfaid" not in path.read_bytes()

    with pytest.raises(OutputError, match="cannot be PDF/A-2b: its colors"):
        write_searchable_pdf([page_of(cmyk)], path, pdfa=True)


def test_the_pdfa_claim_is_removed_if_the_check_fails(tmp_path, checked_scan, monkeypatch):
    monkeypatch.setattr(
        "penstock.render.pdfa.obstacles", lambda file, flavour: [Obstacle("a made-up obstacle")]
    )
    path = tmp_path / "out.pdf"

    result = write_searchable_pdf([page_of(checked_scan)], path)

    assert result.warnings == ("plain PDF instead of PDF/A-2b: a made-up obstacle",)
    assert b"pdfaid" not in path.read_bytes()
    with pikepdf.open(path) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_a_long_document_is_checked_in_a_process_of_its_own(tmp_path, scan, monkeypatch):
    monkeypatch.setattr("penstock.render.pdfa_construction.MOST_WORDS", 1)
    monkeypatch.setattr("penstock.render.pdfa_check.MANY_PAGES", 1)
    monkeypatch.setattr("penstock.render.pdfa.obstacles", lambda file, flavour: [Obstacle("checked here")])
    path = tmp_path / "out.pdf"

    assert write_searchable_pdf([page_of(scan)] * 2, path).is_pdfa
    assert needs_check.validate_written(path, "2b").passed
    assert write_searchable_pdf([page_of(scan)] * 2, io.BytesIO()).warnings[0].endswith("checked here")


def test_obstacles_from_the_subprocess_are_returned(tmp_path):
    path = tmp_path / "no.pdf"
    path.write_bytes(b"%PDF-1.7 not one")

    with path.open("rb") as file:
        (obstacle,) = obstacles_in_subprocess(file)

    assert obstacle.detail.startswith("PdfError")
    assert "<stdin>" in obstacle.detail


def test_a_failed_pdf_leaves_no_file(tmp_path, scan):
    path = tmp_path / "out.pdf"
    gone = page_of(tmp_path / "gone.jpg")

    with pytest.raises(PictureError):
        write_searchable_pdf([page_of(scan), gone], path)
    with pytest.raises(OutputError, match="at least one page"):
        write_searchable_pdf([], path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_searchable_pdf([page_of(scan)], tmp_path / "nowhere" / "out.pdf")

    assert [entry.name for entry in tmp_path.iterdir()] == ["scan.jpg"]


def test_a_full_disk_raises_no_space(tmp_path, scan):
    class FullDisk(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def __exit__(self, *details):
            self.close()

    class Target(type(tmp_path)):
        def with_name(self, name):
            return Full(self.parent / name)

    class Full(type(tmp_path)):
        def open(self, mode):
            return FullDisk()

    with pytest.raises(NoSpace, match=r"out\.pdf: the disk is full"):
        write_searchable_pdf([page_of(scan)], Target(tmp_path / "out.pdf"))
    assert not (tmp_path / "out.pdf").exists()


def test_a_file_size_limit_raises_an_error_and_leaves_no_file(tmp_path, scan):
    resource = pytest.importorskip("resource")
    pages = [page_of(scan)] * 200
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"out\.pdf: cannot be written"):
            write_searchable_pdf(pages, tmp_path / "out.pdf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [entry.name for entry in tmp_path.iterdir()] == ["scan.jpg"]


def test_a_failure_keeps_the_existing_file(tmp_path, scan):
    path = tmp_path / "out.pdf"
    path.write_bytes(b"before")

    with pytest.raises(PictureError):
        write_searchable_pdf([page_of(tmp_path / "gone.jpg")], path)

    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\ud800b", "a\ufeffb", "a\u202eb", "a\nb"])
def test_control_characters_are_not_written(scan, write, text):
    data = write([page_of(scan, [word_line(text, quad_running(0))])], rotate=False)

    assert "".join(text_of(data).split()) == "ab"


def test_a_line_without_words_is_split_into_words(scan, write):
    line = Line("two words", quad_running(0))

    assert text_of(write([page_of(scan, [line])])).split() == ["two", "words"]


def test_a_page_can_hold_20_000_words(scan, write):
    quad = Quad(((10, 10), (90, 30), (85, 50), (5, 30)))
    lines = [word_line(f"w{number}", quad) for number in range(20_000)]

    data = write([page_of(scan, lines)])

    assert len(data) < 3_500_000


def test_debug_paints_the_text(scan, write):
    pages = [page_of(scan, [word_line("Stanford", quad_running(0))])]

    def darkest(data):
        with pypdfium2.PdfDocument(data) as document:
            return document[0].render().to_pil().convert("L").getextrema()[0]

    assert darkest(write(pages)) > 200
    assert darkest(write(pages, debug=True)) < 100


def test_every_line_is_a_paragraph_in_the_structure_tree(scan, write):
    lines = [word_line("first", quad_running(0)), word_line("second", Quad.from_box(50, 150, 350, 190))]

    with pikepdf.open(io.BytesIO(write([page_of(scan, lines)] * 2, language="en"))) as pdf:
        document = pdf.Root.StructTreeRoot.K
        assert pdf.Root.MarkInfo.Marked
        assert [len(section.K) for section in document.K] == [2, 2]
        for page, section in zip(pdf.pages, document.K, strict=True):
            assert [element.S for element in section.K] == ["/P", "/P"]
            assert [element.Pg for element in section.K] == [page.obj, page.obj]
            parents = pdf.Root.StructTreeRoot.ParentTree.Nums[2 * int(page.StructParents) + 1]
            assert list(parents) == list(section.K)
            marks = [
                operands[0]
                for operands, operator in pikepdf.parse_content_stream(page)
                if str(operator) in ("BMC", "BDC")
            ]
            assert marks == ["/Artifact", "/P", "/P"]


def test_tagged_false_writes_no_structure_tree(scan, write):
    with pikepdf.open(io.BytesIO(write([page_of(scan)], tagged=False))) as pdf:
        assert "/StructTreeRoot" not in pdf.Root


def test_the_text_layer_is_small(scan, write):
    lines = [
        Line("", quad, tuple(Word(f"word{n}", quad) for n in range(10)))
        for quad in (Quad.from_box(0, 18 * row, 400, 18 * row + 15) for row in range(30))
    ]
    pages = [page_of(scan, lines)] * 10

    over = len(write(pages)) - 10 * scan.stat().st_size

    assert over < 10 * 6_000 + 10_000


def test_the_target_may_be_a_string(tmp_path, scan):
    assert write_searchable_pdf([page_of(scan)], str(tmp_path / "out.pdf")).pages == 1
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_obstacles_to_pdfa_are_logged(checked_scan, write, monkeypatch, caplog):
    monkeypatch.setattr(
        "penstock.render.pdfa.obstacles",
        lambda file, flavour: [Obstacle("it", f"obstacle {n}") for n in range(5)],
    )
    with caplog.at_level("DEBUG", "penstock.render"):
        write([page_of(checked_scan)], pdfa="auto")

    assert "obstacle to PDF/A: obstacle 4" in caplog.messages
