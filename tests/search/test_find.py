"""`penstock find`: words are found in what was recognized, also misread ones."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from penstock.cli.find import find_words
from penstock.engine.state_folder import SEARCH_INDEX

PIPELINE = """
[[sources]]
plugin = "files"
paths = ["letters"]
[[recognizers]]
plugin = "existing"
[[sinks]]
plugin = "text"
path = "texts/{document}.txt"
"""


@pytest.fixture
def letters(letter, read):
    """Two letters in one folder and one in another, all read."""
    letter("letters/a.png", "Dear Mrs. Stanferd,", "I thank you for Frau Müller's", "kind hos-", "pitality")
    letter("letters/b.png", "The Stanford Association", "in Palo Alto")
    letter("others/c.png", "Stanford again, and Łódź")
    read("letters", "others", "--out", "out")


def lines(done):
    return done.stdout.splitlines()


def test_the_nearest_words_come_first(command, letters):
    done = command("find", "stanford")
    assert done.returncode == 0
    assert lines(done) == [
        "letters/b.png, page 1, line 1: The [Stanford] Association",
        "others/c.png, page 1, line 1: [Stanford] again, and Łódź",
        "letters/a.png, page 1, line 1: Dear Mrs. [Stanferd,]",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("muller", "letters/a.png, page 1, line 2: I thank you for Frau [Müller's]"),
        ("lodz", "others/c.png, page 1, line 1: Stanford again, and [Łódź]"),
        ("assoc*", "letters/b.png, page 1, line 1: The Stanford [Association]"),
        ("hospitality", "letters/a.png, page 1, line 3: kind [hos-] / [pitality]"),
        ("hospitalty", "letters/a.png, page 1, line 3: kind [hos-] / [pitality]"),
        ("palo stanford", "letters/b.png, page 1, line 1: The [Stanford] Association / in [Palo] Alto"),
        ('"palo alto"', "letters/b.png, page 1, line 2: in [Palo] [Alto]"),
    ],
)
def test_kinds_of_queries(command, letters, words, line):
    assert lines(command("find", words)) == [line]


@pytest.mark.parametrize("words", ['"alto palo"', "zebra", "palo lodz", "zebra*"])
def test_what_is_not_found(command, letters, words):
    done = command("find", words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "was not found (3 pages searched)" in done.stderr


def test_exact_leaves_misread_words_out(command, letters):
    assert len(lines(command("find", "stanford", "--exact"))) == 2
    done = command("find", "stanfort", "--exact")
    assert done.returncode == 1
    assert "without --exact, misread words are found, too" in done.stderr


def test_a_folder_or_a_picture_limits_the_search(command, letters):
    assert len(lines(command("find", "stanford", "others"))) == 1
    assert len(lines(command("find", "stanford", "letters/b.png"))) == 1
    missing = command("find", "stanford", "nowhere")
    assert missing.returncode == 2
    assert "there is no file or folder 'nowhere'" in missing.stderr


def test_a_pipeline_has_its_own_documents(command, letters, tmp_path):
    (tmp_path / "x.toml").write_text(PIPELINE)
    never = command("find", "stanford", "x.toml")
    assert never.returncode == 1
    assert "nothing was recognized in x.toml yet" in never.stderr
    assert command("run", "x.toml").returncode == 0
    assert len(lines(command("find", "stanford", "x.toml"))) == 2
    # Without a place, `penstock read` and all pipelines are searched: both have two of the letters.
    assert len(lines(command("find", "stanford"))) == 5


def test_each_of_two_same_words_in_a_line_is_marked(command, letter, read):
    letter("a.png", "Anna met Anna")
    read("a.png")
    assert [line.partition(": ")[2] for line in lines(command("find", "anna"))] == [
        "[Anna] met Anna",
        "Anna met [Anna]",
    ]


def test_a_journal_that_cannot_be_used_is_left_out(command, letters, tmp_path):
    (tmp_path / "x.toml").write_text(PIPELINE)
    assert command("run", "x.toml").returncode == 0
    for file in (tmp_path / ".penstock").glob("journal.sqlite*"):
        file.write_bytes(b"no journal" * 999)
    done = command("find", "stanford")
    assert (done.returncode, len(lines(done))) == (0, 3)
    assert "warning: " in done.stderr
    assert "journal.sqlite is damaged" in done.stderr
    alone = command("find", "stanford", "x.toml")
    assert alone.returncode != 0
    assert "error: " in alone.stderr


def test_json_has_the_places_of_the_words(command, letter, read):
    page = letter("a.png", "Dear Anna", "and Otto")
    read("a.png")
    (line,) = lines(command("find", "otto", "--json"))
    hit = json.loads(line)
    word = page.recognition.lines[1].words[1]
    assert (hit["document"], hit["page"], hit["line"], hit["text"]) == ("a", 1, 2, "and Otto")
    assert (hit["words"], hit["distance"]) == (["Otto"], 0.0)
    found, drawn = hit["quads"][0], word.quad.corners
    assert all(abs(x - u) <= 1 and abs(y - v) <= 1 for (x, y), (u, v) in zip(found, drawn, strict=True))


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_json_of_a_file_name_that_is_no_unicode(command, letter, read, tmp_path):
    letter("a.png", "Dear Anna")
    for suffix in (".png", ".xml"):
        (tmp_path / f"a{suffix}").rename(tmp_path / f"M\udcfcller{suffix}")
    read(".")
    (line,) = lines(command("find", "anna", "--json"))
    assert line.isascii()
    assert json.loads(line)["path"].endswith("M\udcfcller.png")


def test_limit(command, letters):
    done = command("find", "stanford", "--limit", "1")
    assert len(lines(done)) == 1
    assert "there are more" in done.stderr


def test_open_shows_the_first_hit_in_the_review_page(monkeypatch, letters, tmp_path):
    shown = []

    def serve(documents, address, *, path, **options):
        key, _, number = path.removeprefix("/documents/").partition("?")[0].partition("/pages/")
        line, word = map(int, re.findall(r"=(\d+)", path))
        shown.append(documents.page(key, int(number))["lines"][line - 1]["words"][word - 1]["text"])

    monkeypatch.setattr("penstock.review.serving.serve", serve)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    assert find_words('"palo alto"', None, limit=50, exact=False, as_json=False, opens=True) == 0
    assert find_words("nothing", None, limit=50, exact=True, as_json=False, opens=True) == 1
    assert shown == ["Palo"]


def test_open_needs_a_person(command):
    done = command("find", "anna", "--open", "--json")
    assert done.returncode == 2
    assert "--open cannot be used with --json" in done.stderr


def test_corrections_are_searched(command, letter, read, tmp_path):
    letter("a.png", "Dear Anna", "thank you")
    assert command("read", "a.png", "--with", "existing", "--to", "json").returncode == 0
    assert command("find", "Hannah", "--exact").returncode == 1
    corrected = (tmp_path / "a.json").read_text().replace("Anna", "Hannah")
    (tmp_path / "corrected.json").write_text(corrected)
    done = command("read", "a.png", "--with", "existing", "--to", "json", "--corrections", "corrected.json")
    assert done.returncode == 0, done.stderr
    assert lines(command("find", "Hannah", "--exact")) == ["a.png, page 1, line 1: Dear [Hannah]"]
    assert command("find", "Anna", "--exact").returncode == 1


def test_what_is_forgotten_is_not_found(command, letters, tmp_path):
    assert command("find", "stanford").returncode == 0
    index = tmp_path / ".cache/penstock/read" / SEARCH_INDEX
    assert index.exists()
    assert command("forget", "--all").returncode == 0
    assert not index.exists()
    done = command("find", "stanford")
    assert done.returncode == 1
    assert "nothing was recognized yet" in done.stderr


@pytest.mark.parametrize("content", [b"no database at all, only text" * 99, b""])
def test_a_damaged_index_is_made_anew(command, letters, tmp_path, content):
    index = tmp_path / ".cache/penstock/read" / SEARCH_INDEX
    index.write_bytes(content)
    assert len(lines(command("find", "stanford"))) == 3


def test_an_index_of_another_version_is_made_anew(command, letters, tmp_path):
    assert command("find", "stanford").returncode == 0
    index = tmp_path / ".cache/penstock/read" / SEARCH_INDEX
    with sqlite3.connect(index) as database:
        database.execute("PRAGMA user_version = 99")
    assert len(lines(command("find", "stanford"))) == 3


def test_several_searches_at_once(command, letters):
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: command("find", "stanford"), range(3)))
    assert [len(lines(done)) for done in found] == [3, 3, 3]


@pytest.mark.parametrize("words", ["", "  ", '""', "*", "…"])
def test_nothing_to_look_for(command, words):
    done = command("find", words)
    assert done.returncode == 2
    assert f"must contain a word to look for, got {words!r}" in done.stderr


def test_text_is_no_query_language(command, letters):
    for words in ["NEAR(palo", "palo OR zebra", "text:palo", "'palo", "palo;--"]:
        assert command("find", words).returncode in (0, 1)
