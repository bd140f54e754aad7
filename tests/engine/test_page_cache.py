"""Cached pages come back in order and unchanged, from memory and from the journal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.engine.delivery import CACHED_PAGES, DocumentPages, PageCache
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from pipelines import opened_journal


def recognized_page(document: int, number: int) -> RecognizedPage:
    quad = Quad.from_box(0, 0, 10.5, number)
    line = Line(f"{document} {number}", quad, (Word(f"{number}", quad, 0.25),))
    return RecognizedPage(
        Page(number, f"page {number}", Picture(Path("/a")), 10, 10), Recognition((line,), 1.5, "x")
    )


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), unique=True, max_size=4 * CACHED_PAGES),
    st.sampled_from([0, 60, 1000]),
)
def test_pages_of_a_document_are_complete_in_order_and_unchanged(numbers_found, most_words):
    with TemporaryDirectory() as folder, opened_journal(Path(folder) / "state") as journal:
        cache = PageCache(journal, most_words=most_words)
        for document, number in numbers_found:
            page = recognized_page(document, number)
            content = f"{document} {number}".encode()
            journal.answers.note_recognition(content, b"reading", page.recognition)
            journal.documents.note_recognized(document, page.page, content, b"reading")
            cache.put(document, page)
        journal.commit()
        for document in (1, 2, 3):
            numbers = sorted(number for owner, number in numbers_found if owner == document)
            taken = []
            walk = DocumentPages(cache, document, len(numbers), lambda taken=taken: taken.append(1))
            assert list(walk) == [recognized_page(document, number) for number in numbers]
            assert len(taken) == len(numbers)


@pytest.mark.parametrize("text", ["half \ud800", "control \x00", "\u2028"])
def test_journal_restores_any_text(tmp_path, text):
    recognition = Recognition((Line(text, Quad.from_box(0, 0, 1e-7, 1e17)),), 1 / 3, "x")
    with opened_journal(tmp_path / "state") as journal:
        journal.answers.note_recognition(b"page", b"reading", recognition)
        journal.commit()
        assert journal.answers.load(b"page", b"reading") == recognition
