"""Results of `penstock.read`: their order, words, pictures and PDFs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import penstock
from penstock.api import reading
from penstock.api.inputs import sources_in_order, sources_of, user_result_index
from penstock.api.results import PageResult, WordRow
from penstock.errors import OutputError, OutputExists
from penstock.images import find_pages
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.testing import Scripted


def scripted(**script: list[str]) -> Scripted:
    return Scripted(script=script, first_poll=0)


def test_documents_are_in_the_order_of_the_inputs(draw):
    """The first documents take longest, so that they are finished last."""
    for name in ("a/z.png", "a/y.png", "c.png", "b.png"):
        draw(name)
    slow = ["operation", "pending:0.1", "pending:0.1", "read"]
    result = penstock.read(["c.png", "b.png", "a"], scripted(c=slow, b=slow), state=None)
    assert [document.origin for document in result] == ["c.png", "b.png", "a/y.png", "a/z.png"]
    assert [page.page.origin for page in result.pages] == [document.origin for document in result]


def test_paths_and_urls_keep_their_order():
    def names(sources: list[dict[str, object]]) -> list[tuple[object, int]]:
        return [(each["plugin"], len(each.get("urls") or each["paths"])) for each in sources]

    mixed = ["b", "http://x/a", "c", "https://x/d"]
    assert names(sources_of(mixed)) == [("url", 2), ("files", 2)]
    assert names(sources_in_order(mixed)) == [("files", 1), ("url", 1), ("files", 1), ("url", 1)]
    assert names(reading._sources(mixed, "file")) == names(sources_in_order(mixed))
    assert names(reading._sources(mixed, "folder")) == [("files", 2), ("url", 2)]
    assert sources_of([]) == []


def test_words_are_rows(draw):
    draw("in/a.png")
    draw("in/b.png")
    result = penstock.read("in", scripted(), state=None)
    rows = list(result.words())
    assert [row["document"] for row in rows] == ["a", "a", "b", "b"]
    assert [row["text"] for row in rows] == ["a", "read", "b", "read"]
    assert rows == [row for document in result for row in document.words()]
    assert rows == [row for page in result.pages for row in page.words()]
    assert {tuple(row) for row in rows} == {tuple(WordRow.__annotations__)}
    assert [(row["page"], row["line"], row["word"]) for row in rows[:2]] == [(1, 1, 1), (1, 1, 2)]


def test_a_row_has_the_numbers_of_the_word():
    word = Word("hello", Quad.from_box(10, 20, 30, 40), 0.5, low_confidence=True)
    line = Line("hello", word.quad, (word,), 0.75)
    page = Page(2, "a", Picture("/a.png"), 100, 100)
    (row,) = PageResult(page, Recognition((line,), language="de"), "letter").words()
    assert row == {
        "document": "letter",
        "page": 2,
        "line": 1,
        "word": 1,
        "text": "hello",
        "confidence": 0.5,
        "low_confidence": True,
        "corrected": False,
        "x0": 10,
        "y0": 20,
        "x1": 30,
        "y1": 40,
        "angle": 0,
        "handwritten_probability": 0.75,
        "language": "de",
    }


def test_a_page_opens_its_picture_upright(draw):
    exif = Image.Exif()
    exif[0x0112] = 6
    draw("a.jpg", size=(120, 80), exif=exif)
    page = penstock.read("a.jpg", scripted(), state=None)[0].pages[0]
    assert page.picture().size == (80, 120) == (page.page.width, page.page.height)
    assert page.picture(longest_side=60).size == (40, 60)


def test_a_result_and_a_document_become_pdfs(draw, tmp_path):
    draw("in/a.png")
    draw("in/b.png")
    result = penstock.read("in", scripted(), state=None)
    result.to_pdf("all.pdf")
    result[1].to_pdf(tmp_path / "b.pdf")
    assert len(list(find_pages(str(tmp_path / "all.pdf"), "all.pdf"))) == 2
    assert [page.text for page in penstock.read("all.pdf", scripted(), state=None).pages]
    assert len(list(find_pages("b.pdf", "b.pdf"))) == 1


def test_to_pdf_replaces_a_file_only_if_asked(draw):
    picture = draw("in/a.png")
    before = picture.read_bytes()
    result = penstock.read("in", scripted(), state=None)
    Path("a.pdf").write_text("mine")
    with pytest.raises(OutputExists, match="overwrite=True"):
        result.to_pdf("a.pdf")
    assert Path("a.pdf").read_text() == "mine"
    result[0].to_pdf("a.pdf", overwrite=True)
    assert Path("a.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(OutputExists, match="is an input"):
        result.to_pdf(picture, overwrite=True)
    assert picture.read_bytes() == before
    with pytest.raises(OutputError, match="page"):
        penstock.read("missing.png", scripted(), state=None).to_pdf("none.pdf")
    assert not Path("none.pdf").exists()


@pytest.mark.parametrize("stream", ["pipe", "none"])
def test_progress_is_shown_also_without_a_terminal(draw, monkeypatch, capsys, stream):
    draw("in/a.png")
    monkeypatch.setattr("penstock_plugins.observers.progress.displays.LINE_EVERY_SECONDS", 0)
    if stream == "none":
        monkeypatch.setattr(sys, "stderr", None)
    assert len(penstock.read("in", scripted(), state=None, progress=True)) == 1
    if stream == "pipe":
        assert "1 of 1 page" in capsys.readouterr().err


def accepted_as_str() -> dict[str, Callable[[str], object]]:
    """Public functions that take a path, each called with a str."""
    page = RecognizedPage(next(iter(find_pages("in/a.png", "a"))), Recognition())
    tables = {
        "sources": [("files", {"paths": ["in"]})],
        "recognizers": [Scripted(first_poll=0)],
        "sinks": ["text"],
    }
    return {
        "read": lambda folder: penstock.read("in/a.png", scripted(), state=folder),
        "run": lambda folder: penstock.run(tables, folder=folder),
        "find_pages": lambda folder: list(penstock.find_pages("in/a.png", "a")),
        "write_searchable_pdf": lambda folder: penstock.write_searchable_pdf([page], f"{folder}/a.pdf"),
        "open_upright": lambda folder: penstock.open_upright(Page(1, "a", Picture("in/a.png"), 120, 80)),
        "Spool": lambda folder: penstock.Spool(folder).keep(b"x", ".jpg"),
        "Document": lambda folder: penstock.Document("a", "a", (), beside=folder).beside / "b",
    }


@pytest.mark.parametrize(
    "name", ["read", "run", "find_pages", "write_searchable_pdf", "open_upright", "Spool", "Document"]
)
def test_paths_may_be_str(draw, tmp_path, name):
    draw("in/a.png")
    (tmp_path / "folder").mkdir()
    assert accepted_as_str()[name](os.fspath(tmp_path / "folder"))


def test_the_result_index_is_in_the_users_cache(tmp_path):
    assert user_result_index().is_relative_to(tmp_path)
