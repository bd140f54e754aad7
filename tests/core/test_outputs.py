"""Where outputs go, and that they are whole or not there."""

from __future__ import annotations

import dataclasses
import errno
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import NoSpace, OutputClash, OutputError, OutputExists, StateError
from penstock.model import Document, Page, Picture, RecognizedDocument
from penstock.outputs import NAME_BYTES, OutputRules, Outputs, safe_name, template_faults
from pipelines import opened_journal


@pytest.fixture
def rules(tmp_path):
    with opened_journal(tmp_path / "state") as journal:
        yield OutputRules(tmp_path / "out", "pipe", "2026-11-23", journal.outputs)


def document(name="letter", **more) -> RecognizedDocument:
    return RecognizedDocument(name, more.pop("origin", name), [None], **more)


def outputs(rules: OutputRules, read: RecognizedDocument | None = None) -> Outputs:
    read = read or document()
    return Outputs(rules, read, f"{read.name}/sink", lambda problem: None)


@given(st.text())
def test_a_safe_name_is_one_name_on_every_system(text):
    name = safe_name(text)
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\<>:"|?*\0')
    assert not name.startswith(".")
    assert not name.endswith((" ", "."))
    assert len(name.encode()) <= NAME_BYTES
    assert safe_name(name) == name


@given(st.text(min_size=1), st.lists(st.text(min_size=1)).map("/".join))
def test_nothing_that_is_filled_in_leaves_the_folder(name, folder):
    rules = OutputRules(Path("/root/of/all"), "pipe", "2026-11-23", None)
    place = rules.place("out/{folder}/{document}.pdf", Document(name, name, (), folder))
    assert place.is_relative_to("/root/of/all/out")
    assert place.suffix == ".pdf"


def test_two_long_names_stay_two_names():
    assert safe_name("x" * 500 + "a") != safe_name("x" * 500 + "b")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{document}.pdf", "out/letter.pdf"),
        ("{folder}/{document}.pdf", "out/box/1905/letter.pdf"),
        ("{name}-{date}/{document}.pdf", "out/pipe-2026-11-23/letter.pdf"),
        ("../x/{document}.pdf", "x/letter.pdf"),
        ("{{{document}}}.pdf", "out/{letter}.pdf"),
    ],
)
def test_what_placeholders_stand_for(rules, tmp_path, template, expected):
    assert rules.place(template, document(folder="box/1905")) == tmp_path / expected


def test_an_empty_folder_leaves_no_trace(rules, tmp_path):
    assert rules.place("{folder}/{document}.pdf", document()) == tmp_path / "out/letter.pdf"
    assert rules.place("{beside}/{document}.pdf", document(beside=tmp_path)) == tmp_path / "letter.pdf"


@pytest.mark.parametrize(
    ("count", "number", "template", "expected"),
    [
        (1, 1, "{document}.overlay.png", "letter.overlay.png"),
        (2, 1, "{document}.overlay.png", "letter.overlay.001.png"),
        (2, 2, "{document}-{page}.png", "letter-002.png"),
        (1, 1, "{document}-{page}.png", "letter-001.png"),
    ],
)
def test_a_file_for_each_page_has_the_page_in_its_name(rules, tmp_path, count, number, template, expected):
    read = RecognizedDocument("letter", "letter", [None] * count)
    page = Page(number, "a", Picture(Path("a")), 10, 10)
    with outputs(rules, read).open(template, page=page) as file:
        file.write("x")
    assert (tmp_path / "out" / expected).read_text() == "x"


@pytest.mark.parametrize(
    "template", ["{documnet}.pdf", "{document", "{document!r}.pdf", "{document:>9}", "{}", "x/{beside}"]
)
def test_a_wrong_template_is_found_out(rules, template):
    assert template_faults(template)
    with pytest.raises(OutputError):
        rules.place(template, document())


def test_a_failure_leaves_nothing(rules, tmp_path):
    with pytest.raises(ZeroDivisionError), outputs(rules).open("{document}.txt") as file:
        file.write("half")
        raise ZeroDivisionError
    assert os.listdir(tmp_path / "out") == []


def test_a_failure_leaves_the_old_file_as_it_was(rules, tmp_path):
    with outputs(rules).open("{document}.txt") as file:
        file.write("old")
    with pytest.raises(ZeroDivisionError), outputs(rules).open("{document}.txt") as file:
        file.write("new")
        raise ZeroDivisionError
    assert (tmp_path / "out/letter.txt").read_text() == "old"


def test_a_full_disk_is_told_from_other_troubles(rules, tmp_path):
    with pytest.raises(NoSpace, match="make room"), outputs(rules).open("a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="may not be written"), outputs(rules).open("b"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert os.listdir(tmp_path / "out") == []


def test_what_is_in_the_way_is_named(rules, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("x")
    (tmp_path / "out/folder.txt").mkdir()
    for template, said in [
        ("file/{document}.txt", "is a file"),
        ("folder.txt", "is a folder"),
        ("file", "exists"),
    ]:
        with pytest.raises(OutputError, match=said), outputs(rules).open(template):
            raise AssertionError("must not be opened")
    assert (tmp_path / "out/file").read_text() == "x"


def test_one_place_belongs_to_one_document(rules):
    with outputs(rules, document("a")).open("same.txt") as file:
        file.write("a")
    with (
        pytest.raises(OutputClash, match="which a writes, too"),
        outputs(rules, document("b")).open("same.txt"),
    ):
        raise AssertionError("must not be opened")


@pytest.mark.parametrize(
    ("first", "second", "hint"),
    [
        ("box/letter.jpg", "box/letter.png", "rename one of the two"),
        ("box/caf\u00e9.png", "box/cafe\u0301.png", "'caf\\xe9.png' and 'cafe\\u0301.png' look the same"),
        ("1905/march.jpg", "1906/march.jpg", "name the folder above both"),
        ("1905/march.jpg", "1906/march.jpg", "put {folder} into the output name"),
        ("box/a.jpg", "box/b.jpg", "put {document} into the output name"),
        ("letter.jpg", "letter.jpg", "give one of the two sinks another output name"),
    ],
)
def test_who_is_in_anothers_way_is_told_what_helps(tmp_path, first, second, hint):
    with opened_journal(tmp_path / "state") as journal:
        journal.outputs.claim(tmp_path / "letter.pdf", "0/pdf", first)
        owner = "0/text" if first == second else "1/pdf"
        with pytest.raises(OutputClash) as clash:
            journal.outputs.claim(tmp_path / "letter.pdf", owner, second)
    assert hint in clash.value.hint
    assert ("{folder}" in clash.value.hint) == first.startswith("1905")


def test_ours_is_what_we_wrote_and_nobody_changed(tmp_path):
    place = tmp_path / "a.txt"
    with opened_journal(tmp_path / "state") as journal:
        with outputs(OutputRules(tmp_path, "pipe", "", journal.outputs)).open("a.txt") as file:
            file.write("x")
        assert journal.outputs.is_ours(place)
    with opened_journal(tmp_path / "state") as journal:
        os.utime(place)
        assert journal.outputs.is_ours(place), "touched, but the same bytes"
        place.write_text("y")
        assert not journal.outputs.is_ours(place)
        with pytest.raises(OutputExists, match="--force"):
            OutputRules(tmp_path, "pipe", "", journal.outputs).check_free(place, "a/sink", "a")
        OutputRules(tmp_path, "pipe", "", journal.outputs, force=True).check_free(place, "a/sink", "a")


def test_a_state_folder_that_cannot_be_used_is_an_error_of_ours(tmp_path):
    (tmp_path / "state").write_text("x")
    with pytest.raises(StateError, match=r"\[engine\] state"), opened_journal(tmp_path / "state"):
        pass


def test_a_journal_of_a_newer_penstock_is_not_touched(tmp_path):
    with opened_journal(tmp_path / "state"):
        pass
    (file,) = (tmp_path / "state").glob("*.sqlite")
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = file.read_bytes()
    with pytest.raises(StateError, match="newer penstock"), opened_journal(tmp_path / "state"):
        pass
    assert file.read_bytes() == before


@pytest.fixture
def link(tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "out").mkdir()
    link = tmp_path / "out/letter.txt"
    link.symlink_to(tmp_path / "archive/a.txt")
    return link


def write(rules: OutputRules, text: str = "read") -> None:
    with outputs(rules).open("{document}.txt") as file:
        file.write(text)


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_what_a_link_leads_to_is_written_and_known_as_ours(rules, tmp_path, link):
    for text in ("read", "read again"):
        write(rules, text)
        assert (tmp_path / "archive/a.txt").read_text() == text
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["a.txt"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_what_is_somebody_elses_behind_a_link_is_never_replaced(rules, tmp_path, link):
    link.resolve().write_text("mine")
    for forced in (rules, dataclasses.replace(rules, force=True)):
        with pytest.raises(OutputExists, match="did not write that"):
            write(forced)
    assert link.resolve().read_text() == "mine"


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_into_a_folder_that_is_not_there_makes_none(rules, tmp_path, link):
    (tmp_path / "archive").rmdir()
    with pytest.raises(OutputError, match="whose folder is not there"):
        rules.check_free(link, "letter/sink", "letter")
    assert not (tmp_path / "archive").exists()
