"""Names of outputs, and that outputs are complete or absent."""

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
def test_safe_name_is_valid_on_every_system(text):
    name = safe_name(text)
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\<>:"|?*\0')
    assert not name.startswith(".")
    assert not name.endswith((" ", "."))
    assert len(name.encode()) <= NAME_BYTES
    assert safe_name(name) == name


@given(st.text(min_size=1), st.lists(st.text(min_size=1)).map("/".join))
def test_placeholder_values_cannot_leave_the_folder(name, folder):
    rules = OutputRules(Path("/root/of/all"), "pipe", "2026-11-23", None)
    place = rules.place("out/{folder}/{document}.pdf", Document(name, name, (), folder))
    assert place.is_relative_to("/root/of/all/out")
    assert place.suffix == ".pdf"


def test_shortened_names_stay_different():
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
def test_placeholders_are_replaced(rules, tmp_path, template, expected):
    assert rules.place(template, document(folder="box/1905")) == tmp_path / expected


def test_an_empty_folder_is_left_out(rules, tmp_path):
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
def test_a_file_per_page_is_numbered(rules, tmp_path, count, number, template, expected):
    read = RecognizedDocument("letter", "letter", [None] * count)
    page = Page(number, "a", Picture(Path("a")), 10, 10)
    with outputs(rules, read).open(template, page=page) as file:
        file.write("x")
    assert (tmp_path / "out" / expected).read_text() == "x"


@pytest.mark.parametrize(
    "template", ["{documnet}.pdf", "{document", "{document!r}.pdf", "{document:>9}", "{}", "x/{beside}"]
)
def test_an_invalid_template_is_refused(rules, template):
    assert template_faults(template)
    with pytest.raises(OutputError):
        rules.place(template, document())


def test_a_failure_leaves_no_file(rules, tmp_path):
    with pytest.raises(ZeroDivisionError), outputs(rules).open("{document}.txt") as file:
        file.write("half")
        raise ZeroDivisionError
    assert os.listdir(tmp_path / "out") == []


def test_a_failure_keeps_the_old_file(rules, tmp_path):
    with outputs(rules).open("{document}.txt") as file:
        file.write("old")
    with pytest.raises(ZeroDivisionError), outputs(rules).open("{document}.txt") as file:
        file.write("new")
        raise ZeroDivisionError
    assert (tmp_path / "out/letter.txt").read_text() == "old"


def test_a_full_disk_raises_no_space(rules, tmp_path):
    with pytest.raises(NoSpace, match="make room"), outputs(rules).open("a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="no permission to write"), outputs(rules).open("b"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert os.listdir(tmp_path / "out") == []


def test_a_path_that_is_not_free_is_refused(rules, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("x")
    (tmp_path / "out/folder.txt").mkdir()
    for template, expected in [
        ("file/{document}.txt", "must be a folder, but is a file"),
        ("folder.txt", "is a folder"),
        ("file", "exists"),
    ]:
        with pytest.raises(OutputError, match=expected), outputs(rules).open(template):
            raise AssertionError("must not be opened")
    assert (tmp_path / "out/file").read_text() == "x"


def test_two_documents_cannot_write_the_same_file(rules):
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
        ("1905/march.jpg", "1906/march.jpg", "the output name must contain {folder}"),
        ("box/a.jpg", "box/b.jpg", "put {document} into the output name"),
        ("letter.jpg", "letter.jpg", "give one of the two sinks another output name"),
    ],
)
def test_a_clash_has_a_hint(tmp_path, first, second, hint):
    with opened_journal(tmp_path / "state") as journal:
        journal.outputs.claim(tmp_path / "letter.pdf", "0/pdf", first)
        owner = "0/text" if first == second else "1/pdf"
        with pytest.raises(OutputClash) as clash:
            journal.outputs.claim(tmp_path / "letter.pdf", owner, second)
    assert hint in clash.value.hint
    assert ("{folder}" in clash.value.hint) == first.startswith("1905")


def test_an_output_is_ours_until_it_is_changed(tmp_path):
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


def test_an_unusable_state_folder_raises_state_error(tmp_path):
    (tmp_path / "state").write_text("x")
    with pytest.raises(StateError, match=r"\[engine\] state"), opened_journal(tmp_path / "state"):
        pass


def test_a_newer_journal_is_refused_and_kept(tmp_path):
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


def test_path_writes_a_complete_output(rules, tmp_path):
    made = outputs(rules)
    with made.path("{folder}/{document}.pdf") as path:
        assert path.suffix == ".pdf"
        assert path.parent == tmp_path / "out"
        assert not path.exists()
        path.write_bytes(b"%PDF")
        assert not (tmp_path / "out/letter.pdf").exists()
    assert (tmp_path / "out/letter.pdf").read_bytes() == b"%PDF"
    assert os.listdir(tmp_path / "out") == ["letter.pdf"]
    assert made.written == [tmp_path / "out/letter.pdf"]
    assert rules.registry.is_ours(tmp_path / "out/letter.pdf")


def test_path_keeps_the_old_file_if_the_block_fails(rules, tmp_path):
    with outputs(rules).path("a.txt") as path:
        path.write_text("old")
    with pytest.raises(ZeroDivisionError), outputs(rules).path("a.txt") as path:
        path.write_text("new")
        raise ZeroDivisionError
    assert (tmp_path / "out/a.txt").read_text() == "old"
    assert os.listdir(tmp_path / "out") == ["a.txt"]


def test_path_without_a_file_is_an_error(rules, tmp_path):
    with pytest.raises(OutputError, match="the sink wrote no file to"), outputs(rules).path("a.txt"):
        pass
    assert os.listdir(tmp_path / "out") == []


def test_path_makes_the_checks_of_open(rules, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_text("mine")
    with pytest.raises(OutputExists, match="exists"), outputs(rules).path("a.txt"):
        raise AssertionError("must not be opened")
    with pytest.raises(NoSpace), outputs(rules).path("b.txt") as path:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))
    with pytest.raises(FileNotFoundError), outputs(rules).path("b.txt"):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "ffmpeg")


def test_a_file_that_appears_while_the_sink_writes_is_kept(rules, tmp_path):
    with (
        pytest.raises(OutputExists, match="another penstock has just written it"),
        outputs(rules).open("a.txt") as file,
    ):
        file.write("read")
        (tmp_path / "out/a.txt").write_text("mine")
    assert (tmp_path / "out/a.txt").read_text() == "mine"
    assert not rules.registry.is_ours(tmp_path / "out/a.txt")
    assert os.listdir(tmp_path / "out") == ["a.txt"]


def test_path_numbers_the_file_of_a_page(rules, tmp_path):
    made = outputs(rules, RecognizedDocument("letter", "letter", [None] * 2))
    with made.path("{document}.png", page=Page(2, "a", Picture(Path("a")), 10, 10)) as path:
        path.write_text("x")
    assert (tmp_path / "out/letter.002.png").read_text() == "x"


posix = pytest.mark.skipif(os.name != "posix", reason="creating links needs privileges on Windows")


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


def test_file_that_another_run_has_just_written_is_named_as_such(rules):
    rules.root.mkdir()
    there = rules.root / "letter.txt"
    there.write_text("of another run")
    changed = there.stat().st_ctime_ns
    for started, why in (
        (changed - 1, "another penstock has just written it"),
        (changed, "did not write it"),
    ):
        with pytest.raises(OutputExists, match=why) as raised:
            write(dataclasses.replace(rules, started_ns=started))
        assert ("--force" in raised.value.hint) is (started == changed)


@posix
def test_the_target_of_a_link_is_written(rules, tmp_path, link):
    for text in ("read", "read again"):
        write(rules, text)
        assert (tmp_path / "archive/a.txt").read_text() == text
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["a.txt"]


@posix
def test_a_foreign_file_behind_a_link_is_never_replaced(rules, tmp_path, link):
    link.resolve().write_text("mine")
    for forced in (rules, dataclasses.replace(rules, force=True)):
        with pytest.raises(OutputExists, match="did not write it"):
            write(forced)
    assert link.resolve().read_text() == "mine"


@posix
def test_a_link_into_a_missing_folder_is_refused(rules, tmp_path, link):
    (tmp_path / "archive").rmdir()
    with pytest.raises(OutputError, match="whose folder does not exist"):
        rules.check_free(link, "letter/sink", "letter")
    assert not (tmp_path / "archive").exists()
