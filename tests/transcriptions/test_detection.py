"""The format of a file with text is detected from its content."""

from __future__ import annotations

import pytest

from penstock.errors import InvalidTranscription
from penstock.transcriptions.detection import format_of, json_format_of


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            '<?xml version="1.0"?>\n<!-- <html> -->\n<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"/>',
            "alto",
        ),
        ('<a:alto xmlns:a="http://schema.ccs-gmbh.com/ALTO"/>', "alto"),
        ("<PcGts xmlns='http://schema.primaresearch.org/PAGE/gts/pagecontent/2010-03-19'>", "page"),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "xhtml1.dtd">\n<html>', "hocr"),
        ("<div class='ocr_page' title='bbox 0 0 9 9'></div>", "hocr"),
        ('\ufeff {"pages": []}', "json"),
        ("[1]", "json"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_content_decides_the_format(tmp_path, content, expected, encoding):
    path = tmp_path / "page.txt"
    path.write_bytes(content.encode(encoding))
    assert format_of(path) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(export the file again"),
        (b"%PDF-1.7", "is neither XML nor HTML nor JSON .*penstock reads hOCR, ALTO"),
        (b"<TEI/>", "has the root element <TEI>"),
        (b"<m:mets xmlns:m='http://www.loc.gov/METS/'/>", "is METS, which holds no text itself"),
        (b'<!DOCTYPE alto [<!ENTITY a "b">]><alto/>', "declares entities"),
        (
            b'<!-- - -->\n<!DOCTYPE alto [<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;]><alto/>',
            "declares entities",
        ),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    path = tmp_path / "page.xml"
    path.write_bytes(content)
    with pytest.raises(InvalidTranscription, match=message):
        format_of(path)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(InvalidTranscription, match=r"gone\.xml: cannot be read \(No such file"):
        format_of(tmp_path / "gone.xml")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"status": "succeeded", "analyzeResult": {}}, "azure"),
        ([{"fullTextAnnotation": {}}], "vision"),
        ({"DocumentMetadata": {}, "Blocks": []}, "textract"),
        ({"penstock": 1, "pages": []}, "penstock"),
    ],
)
def test_keys_decide_the_format_of_json(tmp_path, value, expected):
    assert json_format_of(value, tmp_path) == expected


@pytest.mark.parametrize("value", [None, [], {}, {"pages": []}])
def test_json_without_known_keys_is_refused(tmp_path, value):
    with pytest.raises(InvalidTranscription, match="without any key of a known answer"):
        json_format_of(value, tmp_path)
