"""The index of a search follows the journal, and looks only at the pages that have changed."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.engine.journal.answers import Answers
from penstock.engine.journal.database import Database
from penstock.engine.journal.documents import Documents
from penstock.engine.journal.edits import Edit, mark_read, store_edit
from penstock.engine.journal.maintenance import forget
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.engine.state_folder import SEARCH_INDEX
from penstock.model import Line, Page, Picture, Problem, Quad, Recognition
from penstock.search.index import SearchIndex

FIRST, SECOND = RecognizerKey(b"first recognizer"), RecognizerKey(b"second one")
NAMES = ["anna", "berta", "clara", "dora"]


class Written:
    """A journal as runs and the review write it. Each page has one word, and shows a picture by its name."""

    def __init__(self, state: Path) -> None:
        self.database = Database(state)
        self.answers = Answers(self.database, [FIRST, SECOND], run=1, since=None, retry=False)
        self.documents = Documents(self.database, "", state, 1)

    def close(self) -> None:
        self.database.close()

    def read(self, document: int, number: int, picture: str, name: str, key: RecognizerKey = FIRST) -> None:
        """Recognize a page, perhaps again."""
        self.answers.note_recognition(_content(picture), key, _recognition(name))
        self.documents.note_recognized(document, _page(number), _content(picture), key)
        self.database.commit()

    def replace(self, picture: str, name: str, key: RecognizerKey) -> None:
        """Recognize a picture again without the pages that show it, as another pipeline does."""
        self.answers.note_recognition(_content(picture), key, _recognition(name))
        self.database.commit()

    def find(self, document: int, number: int, picture: str) -> None:
        """Find a page whose picture may have changed."""
        self.documents.note_found(document, _page(number), _content(picture))
        self.database.commit()

    def remove(self, document: int, number: int) -> None:
        self.documents.remove_pages(document, number, number)
        self.database.commit()

    def correct(self, picture: str, name: str) -> None:
        """Edit the text of a picture; the text that was read undoes the correction."""
        content = _content(picture)
        row = self.database.row("SELECT reading FROM pages WHERE content = ? AND state = 'read'", content)
        if row:
            text = _recognition(name)
            self.database.transact(
                lambda connection: store_edit(connection, content, row[0], text, EDIT, who="", at=0)
            )

    def write(self, document: int, number: int, picture: str, name: str) -> None:
        """Fail to recognize a page, whose text a person then writes."""
        content = _content(picture)
        self.documents.note_failed(document, number, Problem("blurred", "scan"), _page(number), content)
        self.database.commit()

        def edit(connection: Any) -> None:
            store_edit(connection, content, None, _recognition(name), EDIT, who="", at=0)
            mark_read(connection, document, number)

        self.database.transact(edit)


EDIT = Edit("replace", 0, (), ())


def _content(picture: str) -> ContentKey:
    return ContentKey(picture.encode())


def _page(number: int) -> Page:
    return Page(number, "a.png", Picture(Path("/scans/a.png")), 100, 100)


def _recognition(name: str) -> Recognition:
    return Recognition((Line(name, Quad.from_box(0, 0, 50, 20), ()),), 0.0)


class Counting(Database):
    """Counts the rows that are read."""

    read = 0

    def look_up(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        rows = super().look_up(statement, *values)
        self.read += len(rows)
        return rows


Indexed = tuple[int, dict[str, list[tuple[int, int]]]]


def searched(state: Path) -> tuple[Indexed, int]:
    """Return how many pages there are and which ones have each name, and how many rows were read."""
    with closing(Counting(state, read_only=True)) as journal, SearchIndex(state, journal) as index:
        pages = index.update()
        places = {name: list(index.pages_with([[name]], [])) for name in NAMES}
        return (
            pages,
            {name: sorted((each.document, each.number) for each in found) for name, found in places.items()},
        ), journal.read


def indexed(state: Path) -> Indexed:
    return searched(state)[0]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".penstock"


@pytest.fixture
def written(state: Path) -> Any:
    """30 pages of one document that were searched once."""
    with closing(Written(state)) as journal:
        for number in range(1, 31):
            journal.read(1, number, f"picture {number}", "anna")
        assert indexed(state)[0] == 30
        yield journal


def test_an_edit_and_its_undoing_are_found_and_only_that_page_is_compared(state, written):
    written.correct("picture 7", "berta")
    (pages, found), read = searched(state)
    assert (pages, found["berta"], len(found["anna"])) == (30, [(1, 7)], 29)
    assert read < 6
    written.correct("picture 7", "anna")
    (pages, found), read = searched(state)
    assert (pages, found["berta"], len(found["anna"])) == (30, [], 30)
    assert read < 6
    assert searched(state)[1] <= 1  # nothing has changed


def test_pages_with_the_same_picture_are_corrected_together(state, written):
    written.read(2, 1, "picture 7", "anna")
    written.correct("picture 7", "berta")
    assert indexed(state)[1]["berta"] == [(1, 7), (2, 1)]


def test_a_page_that_is_read_again_is_compared(state, written):
    written.read(1, 3, "picture 3", "berta", SECOND)
    written.read(1, 4, "picture 4", "clara")
    written.read(1, 5, "another picture", "dora")
    (pages, found), read = searched(state)
    assert (pages, found["berta"], found["clara"], found["dora"]) == (30, [(1, 3)], [(1, 4)], [(1, 5)])
    assert read < 12


def test_removed_pages_are_not_counted(state, written):
    written.remove(1, 30)
    written.find(1, 29, "another picture")
    assert indexed(state)[0] == 28


def test_a_run_over_unchanged_pages_changes_nothing(state, written):
    for number in range(1, 31):
        written.documents.note_recognized(1, _page(number), _content(f"picture {number}"), FIRST)
    written.database.commit()
    assert searched(state)[1] <= 1


@pytest.mark.parametrize("has_grown", [False, True])
def test_an_older_copy_of_the_journal_is_indexed_anew(state, has_grown, tmp_path):
    with closing(Written(state)) as journal:
        journal.read(1, 1, "one", "anna")
    shutil.copytree(state, tmp_path / "backup")
    with closing(Written(state)) as journal:
        journal.read(1, 1, "one", "berta", SECOND)
    assert indexed(state)[1]["berta"] == [(1, 1)]
    (tmp_path / "backup/journal.sqlite").replace(state / "journal.sqlite")
    if has_grown:
        with closing(Written(state)) as journal:
            journal.read(1, 2, "two", "clara")
    assert indexed(state)[1]["anna"] == [(1, 1)]
    assert indexed(state)[1]["berta"] == []


def test_an_index_from_before_the_journal_was_emptied_is_made_anew(state, tmp_path):
    with closing(Written(state)) as journal:
        journal.read(1, 1, "one", "anna")
        journal.correct("one", "berta")
    shutil.copy(_index_of(state), tmp_path / "index")
    forget(state, name="", folder=tmp_path, everything=True)
    with closing(Written(state)) as journal:
        journal.read(1, 2, "two", "clara")
    shutil.copy(tmp_path / "index", state / SEARCH_INDEX)
    assert indexed(state) == (1, {"anna": [], "berta": [], "clara": [(1, 2)], "dora": []})


def _index_of(state: Path) -> Path:
    indexed(state)
    return state / SEARCH_INDEX


pages = (st.integers(1, 2), st.integers(1, 2))
pictures, names = st.sampled_from("xyz"), st.sampled_from(NAMES)
keys = st.sampled_from([FIRST, SECOND])
operations = st.one_of(
    st.tuples(st.just("read"), *pages, pictures, names, keys),
    st.tuples(st.just("replace"), pictures, names, keys),
    st.tuples(st.just("find"), *pages, pictures),
    st.tuples(st.just("remove"), *pages),
    st.tuples(st.just("correct"), pictures, names),
    st.tuples(st.just("write"), *pages, pictures, names),
    st.just(("search",)),
)


@settings(max_examples=25)
@given(st.lists(operations, max_size=15))
def test_the_index_is_always_that_of_a_new_search(steps):
    with TemporaryDirectory() as name:
        state, copy = Path(name, "state"), Path(name, "copy")
        with closing(Written(state)) as journal:
            for operation, *values in steps:
                if operation == "search":
                    indexed(state)
                else:
                    getattr(journal, operation)(*values)
            followed = indexed(state)
        shutil.copytree(state, copy, ignore=shutil.ignore_patterns(SEARCH_INDEX))
        assert followed == indexed(copy)
