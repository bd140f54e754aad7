"""The HTML output: words in place, and text that stays text."""

from __future__ import annotations

import base64
import io

import pytest
from lxml import html
from PIL import Image

from penstock.model import Line, MissingPage, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render.html_page import html_document
from penstock_plugins.sinks.html import Html


@pytest.fixture
def page_of(tmp_path):
    """Return a function that makes a page of 400 by 200 pixels with one word in each line."""
    path = tmp_path / "scan.png"
    Image.new("RGB", (400, 200), "white").save(path)

    def make(*words, language="en"):
        lines = tuple(Line(word.text, word.quad, (word,)) for word in words)
        return RecognizedPage(
            Page(1, "scan.png", Picture(path), 400, 200), Recognition(lines, language=language)
        )

    return make


def document(*pages, title="Letters", longest_side=1600):
    text = "".join(html_document(pages, title=title, longest_side=longest_side))
    return html.document_fromstring(text), text


def word(text, confidence=0.9, box=(100, 50, 200, 70), **facts):
    return Word(text, Quad.from_box(*box), confidence, **facts)


def test_words_lie_over_their_ink_and_the_text_is_beside_it(page_of):
    page, _ = document(page_of(word("hello")))
    (span,) = page.xpath("//figure//span")
    assert "left:25.000%;top:25.000%;width:25.00cqw;height:5.00cqw" in span.get("style")
    assert page.xpath("string(//div[@class='text']/p)") == "hello"
    assert page.xpath("//figure/img/@alt") == ["Picture of page 1"]
    assert page.xpath("//figure/div/@aria-hidden") == ["true"], "a screen reader reads the text once"
    assert [each.tag for each in page.xpath("//h1 | //h2 | //main | //header")] == [
        "header",
        "h1",
        "main",
        "h2",
    ]
    assert page.get("lang") == "en"


def test_the_picture_is_embedded_and_reduced(page_of):
    page, _ = document(page_of(), longest_side=100)
    kind, data = page.xpath("string(//img/@src)").split(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.size == (100, 50)


def test_doubtful_words_are_marked_and_corrected_ones_are_not(page_of):
    words = (word("sure"), word("doubtful", 0.2), word("mended", None, corrected=True))
    page, _ = document(page_of(*words))
    assert page.xpath("//main//mark/text()") == ["doubtful"]
    assert [each.strip() for each in page.xpath("//span[@class='doubtful']/text()")] == ["doubtful"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</style><img src=x onerror=y>", "\"'&lt;", "a{b}"]
)
def test_text_stays_text(page_of, text):
    quad = Quad.from_box(0, 0, 9, 9)
    recognized = page_of(Word(text, quad, 0.1), language='en" onload="x')
    page, source = document(recognized, MissingPage(2, f"{text}.png: cut off"), title=text)
    assert page.xpath("string(//h1)") == text
    assert page.xpath("string(//div[@class='text']/p)") == text
    assert text in page.xpath("string(//section[2])")
    assert not page.xpath("//script | //*[@onload] | //*[@onerror]")
    assert len(page.xpath("//img")) == 1
    assert "default-src 'none'" in source
    assert "http:" not in source.replace("http-equiv", "")


def test_control_characters_are_left_out_and_direction_follows_the_text(page_of):
    page, source = document(page_of(word("a\x00\ud800b"), word("سلام")))
    assert source.encode()
    assert page.xpath("//div[@class='text']/p/text()") == ["ab", "سلام"]
    assert set(page.xpath("//div[@class='text']/p/@dir")) == {"auto"}


def test_a_tiny_longest_side_is_refused():
    with pytest.raises(ValueError, match="longest_side must be at least 100, got 99"):
        Html(longest_side=99)
