"""Edits of the text: checked, stored at once, and never lost."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from penstock.engine import forget
from penstock.engine.journal.edits import Edit
from penstock.errors import StateError
from penstock.model import Line, Quad, Recognition, Word
from penstock.review.editing import Editor
from penstock.review.edits import edit_from_json, edited
from penstock.review.errors import EditConflict, EditRefused, NotFound
from penstock.review.same_words import SameWords
from penstock.search import Query, Scope, find
from pipelines import double


class Tab:
    """The first page of a document as one tab of a browser has it."""

    def __init__(self, documents, key: str) -> None:
        self.documents, self.key = documents, key
        self.editor = Editor(documents, now=lambda: 1e9)
        self.lines: list[dict[str, Any]] = documents.page(key, 1)["lines"]

    def edit(self, kind: str, start: int, end: int, *after: Any) -> dict[str, Any]:
        form = {"kind": kind, "start": start, "before": self.lines[start:end], "after": list(after)}
        stored = json.loads(json.dumps(self.editor.edit(self.key, 1, json.loads(json.dumps(form)))))
        self.lines[start:end] = stored["lines"]
        return stored

    def changed(self, line: int, word: int, **values: Any) -> dict[str, Any]:
        """Return a line in which a word has other values."""
        made = copy.deepcopy(self.lines[line])
        made["words"][word] |= values
        return made

    def mend(self, line: int, word: int, text: str, kind: str = "replace") -> dict[str, Any]:
        return self.edit(kind, line, line + 1, self.changed(line, word, text=text))

    @property
    def stored(self) -> list[dict[str, Any]]:
        return self.documents.page(self.key, 1)["lines"]


def texts(lines) -> list[str]:
    return [line["text"] for line in lines]


def words(line) -> list[tuple[str, bool, float | None]]:
    return [(word["text"], word.get("corrected", False), word["confidence"]) for word in line["words"]]


@pytest.fixture
def tab(letter, run_tables, told, reviewed):
    letter("scans/anna.tif", "Dear Anma? again\nwe are well\nYours", "Anma? too, Anma", "nothing")
    run_tables(told)

    def make() -> Tab:
        documents = reviewed()
        return Tab(documents, documents.listed()["documents"][0]["key"])

    return make


def test_an_edit_is_stored_and_the_word_is_no_longer_doubtful(tab):
    first = tab()
    before = first.documents.page(first.key, 1)
    answer = first.mend(0, 1, "Anna")
    assert texts(answer["lines"]) == ["Dear Anna again"]
    assert words(answer["lines"][0]) == [("Dear", False, 0.9), ("Anna", True, None), ("again", False, 0.9)]
    again = tab()
    assert again.lines == first.lines == first.stored
    page = again.documents.page(again.key, 1)
    assert page["digest"] == answer["digest"] != before["digest"]
    (document,) = again.documents.listed()["documents"]
    assert (document["words"], document["doubtful"], document["corrected"]) == (11, 1, 1)


def test_a_word_is_accepted(tab):
    page = tab()
    page.edit("accept", 0, 1, page.changed(0, 1, corrected=True))
    assert words(page.stored[0])[1] == ("Anma", True, None)
    assert not page.stored[0]["words"][1]["doubtful"]


def test_undo_brings_the_recognized_text_back(tab, tmp_path):
    page = tab()
    before, digest = page.lines[0], page.documents.page(page.key, 1)["digest"]
    page.mend(0, 1, "Anna")
    assert page.edit("undo", 0, 1, before)["digest"] == digest
    assert page.stored[0] == before
    assert page.documents.listed()["documents"][0]["corrected"] == 0
    page.mend(0, 1, "Hanna")
    assert texts(tab().lines)[0] == "Dear Hanna again"


def test_words_are_split_joined_deleted_and_moved(tab):
    page = tab()
    page.mend(1, 0, "we  two", "split")
    assert [word["text"] for word in page.lines[1]["words"]] == ["we", "two", "are", "well"]
    assert page.lines[1]["text"] == "we two are well"
    first, second = page.lines[1]["words"][:2]
    assert first["quad"][1][0] < second["quad"][0][0] < second["quad"][1][0] == 60
    joined = page.changed(1, 2, text="arewell", quad=[[130, 40], [240, 40], [240, 60], [130, 60]])
    del joined["words"][3]
    page.edit("join", 1, 2, joined)
    assert (page.lines[1]["text"], len(page.lines[1]["words"])) == ("we two arewell", 3)
    page.mend(1, 2, "", "delete")
    assert page.lines[1]["text"] == "we two"
    page.edit("move", 1, 2, page.changed(1, 0, quad=[[8, 40], [30, 40], [30, 60], [8, 60]]))
    assert page.stored[1]["words"][0]["quad"][0] == [8, 40]
    assert page.stored[1]["words"][0]["corrected"]


def test_lines_are_added_deleted_and_put_in_another_order(tab):
    page = tab()
    quad = [[10, 100], [60, 100], [60, 120], [10, 120]]
    page.edit("add", 3, 3, {"text": "", "quad": quad, "words": [{"text": "Emma", "quad": quad}]})
    assert texts(page.lines) == ["Dear Anma again", "we are well", "Yours", "Emma"]
    assert words(page.lines[3]) == [("Emma", True, None)]
    before = copy.deepcopy(page.lines[1:3])
    page.edit("order", 1, 3, page.lines[2], page.lines[1])
    assert page.stored[1:3] == before[::-1]
    page.edit("delete", 0, 1)
    page.edit("delete", 0, 1, {**page.lines[0], "text": "", "words": []})
    assert texts(page.stored) == ["we are well", "Emma"]
    assert tab().documents.listed()["documents"][0]["corrected"] == 1


def test_words_without_spaces_stay_joined(letter, run_tables, told, reviewed):
    letter("scans/a.tif", "你们 好?")
    run_tables(told)
    documents = reviewed()
    page = Tab(documents, documents.listed()["documents"][0]["key"])
    page.edit("replace", 0, 1, {**page.changed(0, 1, text="女"), "text": "你们女"})
    assert page.lines[0]["text"] == "你们女"
    page.mend(0, 1, "子")
    assert page.stored[0]["text"] == "你们子"


def test_a_second_tab_cannot_overwrite_what_it_has_not_seen(tab):
    first, second = tab(), tab()
    first.mend(0, 1, "Anna")
    with pytest.raises(EditConflict, match="changed elsewhere") as raised:
        second.mend(0, 2, "anew")
    assert raised.value.page["lines"] == first.stored
    second.mend(1, 0, "We")
    assert texts(first.stored) == ["Dear Anna again", "We are well", "Yours"]


def test_edits_at_the_same_time_are_all_stored(tab):
    """Each thread has a connection of its own, as another process has."""
    tabs = [tab() for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        stored = [pool.submit(each.mend, 0, index, f"w{index}") for index, each in enumerate(tabs)]
    mended = [word for word in tab().lines[0]["words"] if word.get("corrected")]
    assert len(mended) == 1
    assert sorted(type(each.exception()).__name__ for each in stored) == [
        "EditConflict",
        "EditConflict",
        "NoneType",
    ]


def test_an_edit_survives_a_kill(tab):
    page = tab()
    if (child := os.fork()) == 0:
        try:
            tab().mend(0, 1, "Anna")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert texts(page.stored)[0] == "Dear Anna again"


QUAD = [[10, 10], [60, 10], [60, 30], [10, 30]]
LINE = {"text": "a", "quad": QUAD, "words": []}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ([], "must be a JSON object"),
        ({"kind": "burn"}, "kind must be one of"),
        ({"start": -1}, "start must be"),
        ({"start": True}, "start must be"),
        ({"start": "0"}, "start must be"),
        ({"after": None}, "after must be a list"),
        ({"after": ["text"]}, "after has a line of another form"),
        ({"after": [{"text": "a"}]}, "after has a line of another form"),
        ({"after": [{**LINE, "words": 3}]}, "another form"),
        ({"after": [{**LINE, "quad": [[0, 0]]}]}, "another form"),
        ({"after": [{**LINE, "quad": [[0, 0], [1, 1], [10**400, 2], [0, 2]]}]}, "another form"),
        ({"after": [{**LINE, "text": 7}]}, "text must be a str"),
        ({"after": [{**LINE, "text": "a\x00b"}]}, "no control characters"),
        ({"after": [{**LINE, "text": "a\ud800"}]}, "no control characters"),
        ({"after": [{**LINE, "text": "a" * 99999}]}, "at most"),
        ({"after": [{**LINE, "words": [{"text": "a" * 2000, "quad": QUAD}]}]}, "at most 1000 characters"),
        ({"after": [{**LINE, "words": [{"text": "a", "quad": QUAD}] * 3000}]}, "at most 2000 words"),
        ({"after": [{**LINE, "quad": [[0, 0], [5000, 0], [5000, 9], [0, 9]]}]}, "must be on the page"),
        ({"after": [{**LINE, "quad": [[5, 5], [5, 5], [5, 5], [5, 5]]}]}, "at least 1 pixel"),
        ({"after": [{**LINE, "baseline": [[0, 0], [9e9, 0]]}]}, "must be on the page"),
        ({"after": [{**LINE, "region": 4}]}, "region of a line"),
        ({"after": [{**LINE, "region": 0.5}]}, "region must be"),
        ({"after": [{**LINE, "language": {"a": 1}}]}, "language must be"),
        ({"after": [{**LINE, "direction": "up"}]}, "direction must be"),
        ({"after": [{**LINE, "confidence": 2}]}, "confidence must be"),
    ],
)
def test_wrong_edits_are_refused(edit, why):
    form = {"kind": "add", "start": 0, "before": [], "after": [LINE], **edit} if edit != [] else edit
    with pytest.raises(EditRefused, match=why):
        edited(Recognition(), edit_from_json(json.loads(json.dumps(form))), (600, 400))


def test_half_of_a_character_does_not_keep_its_line_from_being_edited():
    quads = [Quad.from_box(10 + 60 * index, 10, 60 + 60 * index, 30) for index in range(2)]
    words = tuple(Word(text, quad) for text, quad in zip(("\ud83d", "Ann"), quads, strict=True))
    line = Line("\ud83d Ann", Quad.around(quads), words)
    after = replace(line, words=(words[0], replace(words[1], text="Anna")))
    result, _ = edited(Recognition((line,)), Edit("replace", 0, (line,), (after,)), (600, 400))
    assert result.text == "\ud83d Anna"


def test_an_edit_of_a_deleted_journal_does_not_count_as_stored(tab, tmp_path):
    first = tab()
    state, copied = tmp_path / ".penstock", tmp_path / "copy"
    state.rename(copied)
    with pytest.raises(StateError, match="was deleted, moved or replaced"):
        first.mend(0, 1, "Anna")
    shutil.copytree(copied, state)
    with pytest.raises(StateError, match="start it again"):
        first.mend(0, 1, "Anna")
    shutil.rmtree(state)
    copied.rename(state)
    first.mend(0, 1, "Anna")
    assert texts(first.stored)[0] == "Dear Anna again"


def test_pages_and_lines_that_are_not_there_cannot_be_edited(tab):
    page = tab()
    with pytest.raises(NotFound):
        page.editor.edit(page.key, 9, {"kind": "add", "start": 0, "before": [], "after": []})
    with pytest.raises(EditConflict):
        page.editor.edit(page.key, 1, {"kind": "add", "start": 9, "before": [], "after": []})


def test_the_text_of_a_failed_page_is_written_by_hand(draw, run_tables, told, reviewed, tmp_path):
    draw("scans/a.png")
    recognizer = {"plugin": double("scripted:Scripted"), "script": {"a": ["refuse"]}}
    told = {**told, "recognizers": [recognizer]}
    assert run_tables(told).failed == 1
    documents = reviewed()
    page = Tab(documents, documents.listed()["documents"][0]["key"])
    page.edit("add", 0, 0, {"text": "Emma", "quad": QUAD, "words": [{"text": "Emma", "quad": QUAD}]})
    (document,) = documents.listed()["documents"]
    assert (document["state"], document["failed"], document["corrected"]) == ("read", 0, 1)
    assert documents.page(page.key, 1)["document"]["can_write"]
    assert documents.write(page.key)["problems"] == []
    assert run_tables(told).failed == 0
    assert (tmp_path / "out/a.txt").read_text() == "Emma\n"


def test_the_history_says_who_changed_what(tab):
    page = tab()
    page.editor = Editor(page.documents, who="Eva", now=lambda: 1e9)
    page.mend(0, 1, "Anna")
    page.edit("delete", 2, 3)
    edits = page.editor.history(page.key, 1)["edits"]
    assert [(each["who"], each["kind"], each["before"], each["after"]) for each in edits] == [
        ("Eva", "delete", "Yours", ""),
        ("Eva", "replace", "Dear Anma again", "Dear Anna again"),
    ]
    assert edits[0]["at"].startswith("2001-09-09T")


def test_the_same_word_is_mended_everywhere(tab):
    page = tab()
    same = SameWords(page.documents, page.editor)
    found = same.find(page.key, "Anma")["words"]
    assert [(each["page"], each["line"], each["word"], each["context"]) for each in found] == [
        (1, 0, 1, "Dear Anma again"),
        (2, 0, 0, "Anma too, Anma"),
        (2, 0, 2, "Anma too, Anma"),
    ]
    tab().mend(0, 1, "Hanna")
    places = [{name: each[name] for name in ("page", "line", "word")} for each in found]
    answer = same.replace(page.key, {"text": "Anma", "replacement": "Anna Maria", "words": places})
    assert answer == {"changed": 2, "left": [{"page": 1, "line": 0, "word": 1}]}
    assert texts(page.documents.page(page.key, 2)["lines"]) == ["Anna Maria too, Anna Maria"]
    assert len(page.documents.page(page.key, 2)["lines"][0]["words"]) == 5
    assert same.find(page.key, "Anma") == {"words": []}
    for wrong in ({}, {"text": "a", "replacement": " ", "words": []}, {**answer, "text": "a"}):
        with pytest.raises(EditRefused):
            same.replace(page.key, wrong)
    for place in (1, {}, {"page": -1, "line": 0, "word": 0}, {"page": 1, "line": 0, "word": True}):
        with pytest.raises(EditRefused, match="a place must have"):
            same.replace(page.key, {"text": "a", "replacement": "b", "words": [place]})


def test_a_run_delivers_the_mended_text(tab, run_tables, told, tmp_path):
    page = tab()
    page.mend(0, 1, "Anna")
    run_tables(told)
    assert (tmp_path / "out/anna.txt").read_text().startswith("Dear Anna again\n")
    run_tables(told, fresh=True)
    assert texts(page.stored)[0] == "Dear Anna again"


def test_copies_of_a_picture_are_mended_together(letter, run_tables, told, reviewed, tmp_path):
    shutil.copy(letter("scans/a.tif", "Anma?"), tmp_path / "scans/b.tif")
    shutil.copy(tmp_path / "scans/a.words", tmp_path / "scans/b.words")
    run_tables(told)
    documents = reviewed()
    first, second = (Tab(documents, each["key"]) for each in documents.listed()["documents"])
    first.mend(0, 0, "Anna")
    assert texts(second.stored) == ["Anna"]
    with pytest.raises(EditConflict):
        second.mend(0, 0, "Emma")
    run_tables(told)
    assert [(tmp_path / f"out/{name}.txt").read_text() for name in "ab"] == ["Anna\n", "Anna\n"]


def test_a_search_finds_the_mended_text_at_once(tab, tmp_path):
    page = tab()

    def hits(text: str) -> int:
        return len(find(Query.parse(text), [Scope(tmp_path / ".penstock")], limit=9, exact=True).hits)

    assert (hits("anma again"), hits("anna again")) == (1, 0)
    page.mend(0, 1, "Anna")
    assert (hits("anma again"), hits("anna again")) == (0, 1)


def test_forgetting_a_document_forgets_its_history(tab, tmp_path):
    page = tab()
    page.mend(0, 1, "Anna")
    forget(tmp_path / ".penstock", "test", tmp_path, documents=["anna"])
    with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as database:
        tables = ("edits", "counts", "answers")
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]  # noqa: S608
    assert counts == [(0,), (0,), (0,)]
    with pytest.raises(NotFound):
        page.documents.page(page.key, 1)


def test_forgetting_older_results_forgets_older_edits(tab, tmp_path):
    page = tab()
    page.mend(0, 1, "Anna")
    page.editor = Editor(page.documents)
    page.mend(0, 1, "Hanna")
    forget(tmp_path / ".penstock", "test", tmp_path, older_than=1e6)
    assert [each["after"] for each in page.editor.history(page.key, 1)["edits"]] == ["Dear Hanna again"]
    assert page.stored == page.lines


def test_an_edit_during_a_run_is_in_the_document_that_it_writes(letter, run_tables, told, tmp_path):
    letter("scans/anna.tif", "", "")
    recognizer = {"plugin": double("edited_meanwhile:EditedMeanwhile"), "state": str(tmp_path / ".penstock")}
    report = run_tables({**told, "recognizers": [recognizer]})
    assert (report.pages_read, report.documents_written) == (2, 1)
    assert (tmp_path / "out/anna.txt").read_text().split() == ["mended", "second"]
