"""What the review page shows of the journals: documents, pages and their text."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from penstock.errors import StateError
from penstock.review.documents import ReviewedDocuments
from penstock.review.editing import Editor
from penstock.review.errors import EditRefused, NotFound
from penstock.search import Query, Scope, find
from pipelines import double


@pytest.fixture
def letters(letter, run_tables, told):
    """Two letters: one of three pages, the other one of a single page in a folder of its own."""
    letter("scans/anna.tif", "Dear Anna?\nwe are well", "", "Yours? Emma?")
    letter("scans/more/Émile.tif", "Cher Émile")
    assert run_tables(told).pages_read == 4


def test_documents_are_listed_with_their_words(letters, reviewed):
    listed = reviewed().listed()
    assert listed["total"] == 2
    assert listed["next"] is None
    anna, emile = listed["documents"]
    assert anna["origin"].endswith("scans/anna.tif")
    assert {key: value for key, value in anna.items() if key not in ("key", "origin")} == {
        "name": "anna", "state": "read", "first": 1, "pages": 3, "read": 3, "failed": 0,
        "words": 7, "doubtful": 3, "corrected": 0,
    }  # fmt: skip
    assert (emile["name"], emile["pages"], emile["words"], emile["doubtful"]) == ("Émile", 1, 2, 0)


def test_documents_are_listed_part_by_part(letters, reviewed):
    documents = reviewed()
    first = documents.listed(limit=1)
    assert first["next"] == first["documents"][0]["key"]
    second = documents.listed(limit=1, after=first["next"])
    assert [each["name"] for each in (*first["documents"], *second["documents"])] == ["anna", "Émile"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("text", "names"),
    [("ANN", ["anna"]), ("émi", ["Émile"]), ("more/", ["Émile"]), ("%", []), ("scans", ["anna", "Émile"])],
)
def test_documents_are_selected_by_name(letters, reviewed, text, names):
    listed = reviewed().listed(text=text)
    assert [each["name"] for each in listed["documents"]] == names
    assert listed["total"] == len(names)


def test_the_latest_run_comes_first(letters, letter, run_tables, told, reviewed):
    letter("others/late.tif", "late")
    run_tables({**told, "sources": [{"plugin": "files", "paths": ["others"]}]})
    listed = reviewed().listed()
    assert [each["name"] for each in listed["documents"]] == ["late", "anna", "Émile"]
    rest = reviewed().listed(after=listed["documents"][0]["key"])
    assert [each["name"] for each in rest["documents"]] == ["anna", "Émile"]


@pytest.mark.parametrize(
    ("inside", "names"),
    [
        ("scans", ["anna", "Émile"]),
        ("scans/more", ["Émile"]),
        ("scans/more/Émile.tif", ["Émile"]),
        ("scans/mor", []),
    ],
)
def test_only_documents_in_the_folder_are_found(letters, reviewed, tmp_path, inside, names):
    everything = {each["name"]: each["key"] for each in reviewed().listed()["documents"]}
    documents = reviewed(inside=tmp_path / inside)
    assert [each["name"] for each in documents.listed()["documents"]] == names
    for name in set(everything) - set(names):
        with pytest.raises(NotFound):
            documents.page(everything[name], 1)


@pytest.mark.parametrize("path", ["scans", "out/../real"])
def test_links_and_double_dots_lead_to_documents(letter, run_tables, told, reviewed, tmp_path, path):
    letter("real/a.tif", "Anna")
    (tmp_path / "scans").symlink_to("real")
    (tmp_path / "out").mkdir()
    run_tables({**told, "sources": [{"plugin": "files", "paths": [path]}]})
    for inside in ("scans", "scans/a.tif"):
        assert reviewed(inside=tmp_path / inside).listed()["total"] == 1
        hits = find(
            Query.parse("anna"), [Scope(tmp_path / ".penstock", inside=tmp_path / inside)], limit=9
        ).hits
        assert len(hits) == 1


def test_pages_are_listed(letters, reviewed):
    documents = reviewed()
    key = documents.listed()["documents"][0]["key"]
    listed = documents.pages(key, limit=2)
    assert listed["next"] == 2
    assert [(page["number"], page["state"], page["words"], page["doubtful"]) for page in listed["pages"]] == [
        (1, "read", 5, 1),
        (2, "read", 0, 0),
    ]
    assert [page["number"] for page in documents.pages(key, after=2)["pages"]] == [3]


def test_a_page_has_its_lines_and_its_neighbours(letters, reviewed):
    documents = reviewed()
    key = documents.listed()["documents"][0]["key"]
    page = documents.page(key, 1)
    assert page["document"] == {
        "key": key, "name": "anna", "origin": page["document"]["origin"], "pages": 3, "can_write": True,
    }  # fmt: skip
    assert (page["width"], page["height"], page["state"]) == (600, 400, "read")
    assert (page["previous"], page["next"], page["next_doubtful"]) == (None, 2, 3)
    assert [line["text"] for line in page["lines"]] == ["Dear Anna", "we are well"]
    assert [word["doubtful"] for word in page["lines"][0]["words"]] == [False, True]
    assert page["lines"][0]["words"][1]["quad"][0] == [70, 10]
    assert documents.picture(key, 3).picture.page_index == 2


@pytest.mark.parametrize("key", ["", "0", "0-", "0-1", "7-1", "0-99999999999999999999", "../x", "0-1'"])
def test_unknown_keys_are_not_found(letters, reviewed, key):
    with pytest.raises(NotFound, match="no document"):
        reviewed().page(key, 1)


def test_unknown_pages_are_not_found(letters, reviewed):
    documents = reviewed()
    key = documents.listed()["documents"][0]["key"]
    for number in (0, -1, 4, 2**70):
        with pytest.raises(NotFound, match="no page"):
            documents.page(key, number)


def test_a_failed_page_says_why(letter, run_tables, told, reviewed, draw):
    draw("scans/a.png")
    script = {"a": ["refuse"]}
    told = {**told, "recognizers": [{"plugin": double("scripted:Scripted"), "script": script}]}
    run_tables(told)
    documents = reviewed()
    (document,) = documents.listed()["documents"]
    assert (document["state"], document["failed"], document["words"]) == ("failed", 1, 0)
    page = documents.page(document["key"], 1)
    assert (page["state"], page["lines"]) == ("failed", [])
    assert "cannot read this page" in page["why"]
    assert page["can_edit"]
    assert documents.picture(document["key"], 1).width == 120


def test_words_that_no_run_has_counted_are_counted(letters, reviewed, tmp_path):
    with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as database, database:
        database.execute("DELETE FROM counts")
    documents = reviewed()
    anna, _ = documents.listed()["documents"]
    assert (anna["words"], anna["doubtful"]) == (7, 3)
    assert documents.page(anna["key"], 1)["next_doubtful"] == 3


def test_one_unusable_journal_does_not_hide_the_others(letters, tmp_path):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "journal.sqlite").write_text("this is no database, but a text of some length")
    scopes = [Scope(damaged), Scope(tmp_path / "nothing"), Scope(tmp_path / ".penstock")]
    with ReviewedDocuments(scopes) as documents:
        assert [each["key"][0] for each in documents.listed()["documents"]] == ["2", "2"]
        assert "is damaged" in documents.problems[0].message
    with pytest.raises(StateError, match="is damaged"):
        ReviewedDocuments(scopes[:2])


def test_a_journal_of_version_5_is_migrated(letters, reviewed, tmp_path):
    with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as database, database:
        database.executescript(
            "DROP TABLE counts; DROP TABLE edits; DROP TABLE sinks; PRAGMA user_version = 5"
        )
    documents = reviewed()
    anna, _ = documents.listed()["documents"]
    assert (anna["words"], anna["doubtful"]) == (7, 3)
    assert Editor(documents).history(anna["key"], 1) == {"edits": []}


def test_a_journal_that_cannot_be_written_is_shown(letters, reviewed, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    documents = reviewed()
    anna, _ = documents.listed()["documents"]
    page = documents.page(anna["key"], 1)
    edit = {"kind": "delete", "start": 0, "before": page["lines"][:1], "after": []}
    with pytest.raises(EditRefused, match="cannot be written"):
        Editor(documents).edit(anna["key"], 1, edit)
    assert documents.page(anna["key"], 1) == page
    assert not page["can_edit"]
