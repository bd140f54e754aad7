"""The hOCR, ALTO and PAGE XML sinks in whole runs."""

from __future__ import annotations

import pytest
from lxml import etree

from pipelines import tables

FORMATS = {"hocr": "{document}.hocr", "alto": "{document}.alto.xml", "page": "{document}.page.xml"}
SINKS = [{"plugin": name, "path": path} for name, path in FORMATS.items()]


def words(content: bytes) -> list[str]:
    """Return the words of a file of any of the three formats."""
    root = etree.fromstring(content)
    found = root.xpath("//*[@class='ocrx_word']/text() | //@CONTENT")
    return found or root.xpath("//*[local-name()='Word']//*[local-name()='Unicode']/text()")


def test_one_hocr_for_all_pages_and_a_file_for_each_page_in_xml(run_tables, draw, tmp_path):
    for name in ("1.png", "2.png"):
        draw(f"box/{name}")
    pipeline = tables([tmp_path / "box"], sinks=SINKS)
    pipeline["sources"][0] |= {"document": "all", "document_name": "diary"}
    run_tables(pipeline)
    assert words((tmp_path / "diary.hocr").read_bytes()) == ["1", "read", "2", "read"]
    for kind in ("alto", "page"):
        for number in (1, 2):
            assert words((tmp_path / f"diary.{kind}.00{number}.xml").read_bytes()) == [str(number), "read"]


def test_the_time_in_page_xml_can_be_set(run_tables, draw, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run_tables(tables([draw("a.png")], sinks=SINKS[2:]))
    assert "<Created>2023-11-14T22:13:20Z</Created>" in (tmp_path / "a.page.xml").read_text()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_lost_is_a_warning(run_tables, draw, tmp_path, kind):
    amender = tmp_path / "vertical.py"
    amender.write_text(
        "from dataclasses import dataclass, replace\n"
        "from penstock import hookimpl\n"
        "@dataclass(eq=False)\n"
        "class Bell:\n"
        "    @hookimpl\n"
        "    def amend(self, page, recognition):\n"
        "        lines = tuple(replace(line, text=line.text + '\\a') for line in recognition.lines)\n"
        "        return replace(recognition, lines=lines)\n"
    )
    pipeline = tables([draw("a.png")], sinks=[sink for sink in SINKS if sink["plugin"] == kind])
    report = run_tables(pipeline | {"amenders": [{"plugin": f"{amender}:Bell"}]})
    told = "cannot hold control characters; the file leaves them out (the output json holds everything)"
    assert sum(told in str(warning) for warning in report.warnings) == 1
    assert "\a" not in next(tmp_path.glob(f"a.*{kind}*")).read_text()
