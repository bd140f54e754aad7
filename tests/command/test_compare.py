"""`penstock compare`: two recognizers of a pipeline, two files, or two folders."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import html

from pipelines import double

HOCR = (
    '<html><body><div class="ocr_page" title="bbox 0 0 400 100">'
    '<span class="ocr_line" title="bbox 10 10 300 40">{}</span></div></body></html>'
)
ALTO = (
    '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit>'
    '</Description><Layout><Page WIDTH="800" HEIGHT="200"><PrintSpace><TextBlock>'
    '<TextLine HPOS="20" VPOS="20" WIDTH="580" HEIGHT="60">{}</TextLine>'
    "</TextBlock></PrintSpace></Page></Layout></alto>"
)


def hocr(*words: str) -> str:
    spans = (
        f'<span class="ocrx_word" title="bbox {10 + 100 * index} 10 {100 + 100 * index} 40">{word}</span>'
        for index, word in enumerate(words)
    )
    return HOCR.format(" ".join(spans))


def alto(*words: str) -> str:
    strings = (
        f'<String HPOS="{20 + 200 * index}" VPOS="20" WIDTH="180" HEIGHT="60" WC="0.5" CONTENT="{word}"/>'
        for index, word in enumerate(words)
    )
    return ALTO.format("".join(strings))


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    first, second = tmp_path / "a/letter.hocr", tmp_path / "b/letter.alto.xml"
    for file, text in ((first, hocr("one", "two", "a&lt;b")), (second, alto("one", "too", "a&lt;b"))):
        file.parent.mkdir()
        file.write_text(text)
    return first, second


def test_two_files_of_different_formats_and_sizes(command, files):
    ended = command("compare", "a/letter.hocr", "b/letter.alto.xml")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        "[-a/letter.hocr-] in the first, {+b/letter.alto.xml+} in the second",
        "letter, page 1: 66.7% of the words agree (3 and 3 words), CER 9.1%",
        "  one [-two-] {+too+} a<b",
        "1 page: 66.7% of the words agree (3 and 3 words), CER 9.1%",
    ]


def test_folders_are_compared_file_by_file_and_the_rest_is_named(command, files, tmp_path):
    (tmp_path / "a/alone.hocr").write_text(hocr("x"))
    (tmp_path / "a/broken.hocr").write_text("no text")
    ended = command("compare", "a", "b", "--json")
    page, total = map(json.loads, ended.stdout.splitlines())
    assert (page["document"], page["page"], page["agreement"]) == ("letter", 1, 0.666667)
    (found,) = page["differences"]
    assert (found["first"], found["second"], found["confidences"]) == ("two", "too", [None, 0.5])
    assert (total["pages"], total["total"]["words"]) == (1, [3, 3])
    assert ended.returncode == 1
    assert "failed: a/alone.hocr: there is no file of this name in b" in ended.stderr


def test_files_for_each_page_belong_to_a_document(command, tmp_path):
    for folder, names in (("a", ("1", "2")), ("b", ("2", "1"))):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"diary.hocr.00{name}.hocr").write_text(hocr("page", name))
    pages = re.sub("</?(html|body)>", "", hocr("page", "1") + hocr("page", "2"))
    (tmp_path / "c").mkdir()
    (tmp_path / "c/diary.hocr").write_text(f"<html><body>{pages}</body></html>")
    for folders in (("a", "b"), ("a", "c"), ("c", "b")):
        ended = command("compare", *folders)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "2 pages: 100.0% of the words agree (4 and 4 words)" in ended.stdout


def test_html_is_one_page_without_markup_of_the_texts(command, files):
    ended = command("compare", "--html", "a/letter.hocr", "b/letter.alto.xml")
    page = html.fromstring(ended.stdout)
    assert [each.text for each in page.findall(".//section//del")] == ["two"]
    assert [each.text for each in page.findall(".//section//ins")] == ["too"]
    assert page.findtext(".//b") is None
    assert page.find(".//section//ins").get("title") == "confidence 0.50"
    assert "66.7% of the words agree" in page.get_element_by_id("total").text


def test_html_of_texts_that_are_no_unicode_or_turn_the_line(command, files, tmp_path):
    # JSON of a service can have half of a character; U+202E turns the letters after it.
    assert command("convert", "a/letter.hocr", "a/letter.json").returncode == 0
    file = tmp_path / "a/letter.json"
    file.write_text(file.read_text().replace('"two"', '"\\ud800\\u202etwo"'))
    ended = command("compare", "--html", "a/letter.json", "b/letter.alto.xml")
    assert (ended.returncode, ended.stderr) == (0, "")
    page = html.fromstring(ended.stdout)
    assert page.find(".//section//del").text == r"\ud800\u202etwo"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("a",), "name a second file or folder beside a"),
        (("a", "b/letter.alto.xml"), "name two files or two folders"),
        (("a", "b", "c"), "two files or folders with text, got 3"),
        (("a", "b", "--recognizers", "x,y"), "--recognizers is for a pipeline file"),
    ],
)
def test_wrong_names_are_refused(command, files, names, says):
    ended = command("compare", *names)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stdout == ""


def test_file_that_cannot_be_read_is_named(command, files):
    ended = command("compare", "a/letter.hocr", "b/none.xml")
    assert ended.returncode == 1
    assert "failed: b/none.xml: cannot be read" in ended.stderr


def test_recognizers_of_a_pipeline(command, draw, tmp_path):
    draw("scans/a.png")
    scripted = f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n'
    parts = [scripted, f'{scripted}dialect = "other"\n']
    start = 'name = "letters"\n[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
    end = '[[sinks]]\nplugin = "text"\npath = "{document}.txt"\n'
    for name, recognizers in (("one", parts[0]), ("other", parts[1]), ("both", "".join(parts))):
        (tmp_path / f"{name}.toml").write_text(start + recognizers + end)
    assert "there is no page that both have" in command("compare", "both.toml").stdout
    for name in ("one", "other"):
        assert command("run", f"{name}.toml").returncode == 0
    ended = command("compare", "both.toml")
    assert ended.returncode == 0
    assert "a, page 1: " in ended.stdout
    alone = command("compare", "one.toml")
    assert (alone.returncode, "must have two recognizers" in alone.stderr) == (2, True)
    unknown = command("compare", "both.toml", "--recognizers", "rapidocr,azure")
    assert (unknown.returncode, "has no recognizer 'rapidocr'" in unknown.stderr) == (2, True)
