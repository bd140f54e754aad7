"""Pages on the shelf come back in their order and as they were, from memory and from disk."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from penstock.engine.shelf import IN_MEMORY, Shelf, ShelfWalk
from penstock.model import Line, Page, Picture, Quad, ReadPage, Recognition, Word


def read_page(document: int, number: int) -> ReadPage:
    quad = Quad.from_box(0, 0, 10.5, number)
    line = Line(f"{document} {number}", quad, (Word(f"{number}", quad, 0.25),))
    return ReadPage(
        Page(number, f"page {number}", Picture(Path("/a")), 10, 10), Recognition((line,), 1.5, "x")
    )


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), unique=True, max_size=4 * IN_MEMORY))
def test_a_walk_gives_a_documents_pages_in_order_and_as_they_were(places):
    with Shelf() as shelf:
        for document, number in places:
            shelf.put(document, read_page(document, number))
        for document in (1, 2, 3):
            walk = ShelfWalk(shelf, document)
            numbers = sorted(number for owner, number in places if owner == document)
            assert len(walk) == len(numbers)
            assert list(walk) == [read_page(document, number) for number in numbers]
        shelf.drop(2)
        assert list(ShelfWalk(shelf, 2)) == []
        assert len(ShelfWalk(shelf, 1)) == sum(owner == 1 for owner, _ in places)
