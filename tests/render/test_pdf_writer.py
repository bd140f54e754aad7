"""The PDF writer writes objects that pikepdf finds and parses."""

import io

import pikepdf
import pytest

from penstock.render.pdf_writer import PdfWriter, array, number, text_string


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, b"0"), (-0.0001, b"0"), (100, b"100"), (0.5, b"0.5"), (-0.25, b"-0.25"), (1 / 3, b"0.333")],
)
def test_numbers_are_short(value, shown):
    assert number(value) == shown


def test_array():
    assert array((1.0, 2.5)) == b"[1 2.5]"


@pytest.mark.parametrize("text", ["plain", "(brackets) \\", "é ✉ 😀"])
def test_text_strings_can_be_parsed(text):
    assert str(pikepdf.Object.parse(text_string(text))) == text


def test_objects_inside_and_outside_streams_are_found():
    file = io.BytesIO()
    writer = PdfWriter(file)
    tree, packed = writer.reserve(), writer.reserve()
    writer.add_packed([(packed, b"<</Packed true>>")])
    copied = writer.add_copy(b"", io.BytesIO(b"..bytes.."), [b"some ", (2, 3), (5, 2)])
    writer.add(b"<</Type/Pages/Count 0/Kids[]>>", tree)
    root = writer.add(b"<</Type/Catalog/Pages %d 0 R/A %d 0 R/B %d 0 R>>" % (tree, packed, copied))
    writer.finish(root, writer.add(b"<<>>"))

    with pikepdf.open(file) as pdf:
        assert pdf.Root.A.Packed
        assert pdf.Root.B.read_raw_bytes() == b"some bytes"
    assert file.getvalue()[writer.offset(root) :].startswith(b"%d 0 obj" % root)


def test_copying_a_missing_part_raises_an_error():
    with pytest.raises(EOFError, match="2 bytes short"):
        PdfWriter(io.BytesIO()).add_copy(b"", io.BytesIO(b"123"), [(0, 5)])
