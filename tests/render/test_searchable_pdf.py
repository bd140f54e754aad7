"""The document as a whole: size, rotation, metadata, PDF/A, files that are whole or not there."""

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
from penstock.render.pdfa_check import findings_apart

needs_check = pytest.importorskip("pikepdf.pdfa", reason="pip install 'pikepdf[pdfa]'")


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.jpg"
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
    ids=["dpi", "uneven dpi", "A4", "Letter", "no larger than a PDF page may be"],
)
def test_a_page_is_as_large_as_its_paper(scan, write, options, page_size, expected):
    data = write([page_of(scan, **options)], page_size=page_size)

    assert size_of(data) == pytest.approx(expected, abs=0.01)


def quad_running(degrees):
    """A line of 300 by 40 pixels that runs right, down, left or up."""
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


def test_a_page_is_left_as_it_lies_on_demand(scan, write):
    lines = [word_line("Stanford", quad_running(90))]

    assert size_of(write([page_of(scan, lines, dpi=(72.0, 72.0))], rotate=False)) == (400, 600)


def test_a_column_of_chinese_does_not_turn_the_page(scan, write):
    lines = [word_line("人人生而自由", quad_running(90))]

    assert size_of(write([page_of(scan, lines, dpi=(72.0, 72.0))])) == (400, 600)


def test_the_same_pages_give_the_same_bytes(scan, write, monkeypatch):
    lines = [word_line("Stanford", quad_running(0))]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    first, second = (write([page_of(scan, lines)], pdfa="auto", title="A letter") for _ in range(2))

    assert first == second
    assert b"2023-11-14T22:13:20Z" in first


def test_other_pages_have_another_identifier(scan, write):
    def identifier(text):
        return re.search(rb"/ID\[<(\w+)>", write([page_of(scan, [word_line(text, quad_running(0))])])).group(
            1
        )

    assert identifier("one") != identifier("two")


def test_a_pdf_says_what_it_is(scan, write):
    data = write([page_of(scan)], title="Letters & <papers> ✉", author="Jané", language="en-GB", pdfa="auto")

    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.docinfo["/Title"] == "Letters & <papers> ✉"
        assert pdf.Root.Lang == "en-GB"
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == "Letters & <papers> ✉"
            assert metadata["dc:creator"] == ["Jané"]
            assert metadata.pdfa_status == "2B"


def test_the_language_is_what_most_pages_were_recognised_in(scan, write):
    page = page_of(scan).page
    pages = [RecognizedPage(page, Recognition(language=language)) for language in ("fr", "en", "fr", None)]

    with pikepdf.open(io.BytesIO(write(pages))) as pdf:
        assert pdf.Root.Lang == "fr"


def test_pdfa_is_claimed_only_where_the_check_agrees(tmp_path, scan):
    path = tmp_path / "out.pdf"
    cmyk = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (400, 600)).save(cmyk)

    good = write_searchable_pdf([page_of(scan, [word_line("Wörd 😀", quad_running(0))])], path)
    assert good.is_pdfa
    assert needs_check.validate_written(path, "2b").passed

    plain = write_searchable_pdf([page_of(cmyk)], path)
    assert not plain.is_pdfa
    assert "the colours of scan.jpg are CMYK" in plain.warnings[0]
    assert b"pdfaid" not in path.read_bytes()

    with pytest.raises(OutputError, match="cannot be PDF/A-2b: the colours"):
        write_searchable_pdf([page_of(cmyk)], path, pdfa=True)


def test_a_claim_is_taken_back_where_the_check_disagrees(tmp_path, scan, monkeypatch):
    monkeypatch.setattr("penstock.render.pdfa.findings", lambda file: ["the moon is full (page 1)"])
    path = tmp_path / "out.pdf"

    result = write_searchable_pdf([page_of(scan)], path)

    assert result.warnings == ("is a plain PDF, not PDF/A-2b: the moon is full (page 1)",)
    assert b"pdfaid" not in path.read_bytes()
    with pikepdf.open(path) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_a_long_document_is_checked_in_a_process_of_its_own(tmp_path, scan, monkeypatch):
    monkeypatch.setattr("penstock.render.searchable_pdf.MANY_PAGES", 1)
    monkeypatch.setattr("penstock.render.pdfa.findings", lambda file: ["checked here"])
    path = tmp_path / "out.pdf"

    assert write_searchable_pdf([page_of(scan)] * 2, path).is_pdfa
    assert needs_check.validate_written(path, "2b").passed
    assert write_searchable_pdf([page_of(scan)] * 2, io.BytesIO()).warnings[0].endswith("checked here")


def test_what_the_check_finds_elsewhere_is_reported_here(tmp_path):
    path = tmp_path / "no.pdf"
    path.write_bytes(b"%PDF-1.7 not one")

    with path.open("rb") as file:
        (finding,) = findings_apart(file)

    assert finding.startswith("PdfError")
    assert "<stdin>" in finding


def test_nothing_is_left_of_a_pdf_that_failed(tmp_path, scan):
    path = tmp_path / "out.pdf"
    gone = page_of(tmp_path / "gone.jpg")

    with pytest.raises(PictureError):
        write_searchable_pdf([page_of(scan), gone], path)
    with pytest.raises(OutputError, match="no page"):
        write_searchable_pdf([], path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_searchable_pdf([page_of(scan)], tmp_path / "nowhere" / "out.pdf")

    assert [entry.name for entry in tmp_path.iterdir()] == ["scan.jpg"]


def test_a_disk_that_fills_is_an_error_that_says_so(tmp_path, scan):
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


def test_a_file_that_may_not_grow_is_an_error_and_leaves_nothing(tmp_path, scan):
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


def test_a_failure_leaves_what_was_there_before(tmp_path, scan):
    path = tmp_path / "out.pdf"
    path.write_bytes(b"before")

    with pytest.raises(PictureError):
        write_searchable_pdf([page_of(tmp_path / "gone.jpg")], path)

    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\ud800b", "a\ufeffb", "a\u202eb", "a\nb"])
def test_what_is_not_ink_is_not_written(scan, write, text):
    data = write([page_of(scan, [word_line(text, quad_running(0))])], rotate=False)

    assert "".join(text_of(data).split()) == "ab"


def test_a_line_without_words_is_spread_over_its_place(scan, write):
    line = Line("two words", quad_running(0))

    assert text_of(write([page_of(scan, [line])])).split() == ["two", "words"]


def test_a_crowd_of_words_fits_on_a_page(scan, write):
    quad = Quad(((10, 10), (90, 30), (85, 50), (5, 30)))
    lines = [word_line(f"w{number}", quad) for number in range(70_000)]

    data = write([page_of(scan, lines)])

    assert len(data) < 12_000_000


def test_debug_shows_where_the_text_stands(scan, write):
    pages = [page_of(scan, [word_line("Stanford", quad_running(0))])]

    def darkest(data):
        with pypdfium2.PdfDocument(data) as document:
            return document[0].render().to_pil().convert("L").getextrema()[0]

    assert darkest(write(pages)) > 200
    assert darkest(write(pages, debug=True)) < 100


def test_every_line_is_a_paragraph_for_assistive_readers(scan, write):
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


def test_without_tags_there_is_no_tree(scan, write):
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
