"""Pages on the shelf come back in their order and as they were, from memory and from the journal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.engine.shelf import IN_MEMORY, Shelf, ShelfWalk
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from pipelines import opened_journal


def read_page(document: int, number: int) -> RecognizedPage:
    quad = Quad.from_box(0, 0, 10.5, number)
    line = Line(f"{document} {number}", quad, (Word(f"{number}", quad, 0.25),))
    return RecognizedPage(
        Page(number, f"page {number}", Picture(Path("/a")), 10, 10), Recognition((line,), 1.5, "x")
    )


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), unique=True, max_size=4 * IN_MEMORY))
def test_a_walk_gives_a_documents_pages_in_order_and_as_they_were(places):
    with TemporaryDirectory() as folder, opened_journal(Path(folder) / "state") as journal:
        shelf = Shelf(journal)
        for document, number in places:
            read = read_page(document, number)
            content = f"{document} {number}".encode()
            journal.answers.note_recognition(content, b"reading", read.recognition)
            journal.documents.note_recognized(document, read.page, content, b"reading")
            shelf.put(document, read)
        journal.commit()
        for document in (1, 2, 3):
            numbers = sorted(number for owner, number in places if owner == document)
            asked = []
            walk = ShelfWalk(shelf, document, len(numbers), lambda asked=asked: asked.append(1))
            assert list(walk) == [read_page(document, number) for number in numbers]
            assert len(asked) == len(numbers)
