"""`penstock new`."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from penstock.cli.scaffold import NewPlugin, new_plugin, next_steps, write_plugin
from penstock.errors import OutputError, OutputExists, PluginError
from penstock.plugins import KINDS, find
from processes import penstock


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return penstock(folder, "new", *arguments)


@pytest.mark.parametrize(
    ("kind", "service", "at_once"),
    [*((kind, False, False) for kind in KINDS), ("recognizer", True, False), ("recognizer", True, True)],
)
def test_writes_a_complete_package(kind, service, at_once, tmp_path):
    made = new_plugin(kind, "two-words", service=service, at_once=at_once)
    folder = write_plugin(made, tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["entry-points"][f"penstock.{kind}s"] == {
        "two-words": "penstock_two_words:TwoWords"
    }
    assert find(kind, str(folder / "src/penstock_two_words/__init__.py") + ":TwoWords", tmp_path).__doc__
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "pyproject.toml",
        "README.md",
        "src/penstock_two_words/__init__.py",
        "tests/test_two_words.py",
    }
    assert "$" not in "".join((folder / name).read_text() for name in written)
    assert ("requests" in "".join(project["project"]["dependencies"])) == service
    for line in (folder / "tests/test_two_words.py").read_text().splitlines():
        assert len(line) <= 110


def test_prints_the_next_steps(tmp_path):
    ended = command("source", "attic", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    output = ended.stderr
    assert "wrote penstock-attic: a working source named attic" in output
    assert "cd penstock-attic\n  pip install -e . pytest\n  python -m pytest" in output
    assert "penstock plugins --check attic --set folder=." in output
    assert "then change src/penstock_attic/__init__.py" in output


def test_creates_the_parent_folder(tmp_path):
    assert command("sink", "shout", "--in", "a/b", folder=tmp_path).returncode == 0
    assert (tmp_path / "a/b/penstock-shout/pyproject.toml").exists()


def test_accepts_the_prefix_of_the_distribution():
    assert new_plugin("sink", "penstock-shout").name == "shout"


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("Shout Out!", "for example shout-out"),
        ("2fast", "for example fast"),
        ("shout_out", "shout-out"),
        ("Schreih\u00e4lse", "for example schreihalse"),
        ("a--b", "a-b"),
        ("../evil", "evil"),
        ("-", ""),
        ("", ""),
        ("x" * 41, "x" * 40),
    ],
)
def test_an_invalid_name_is_refused(name, output):
    with pytest.raises(PluginError, match="the name must be at most 40 lower-case letters") as error:
        new_plugin("sink", name)
    assert output in error.value.hint


@pytest.mark.parametrize(
    ("kind", "name", "output"),
    [
        ("sink", "pdf", "a sink named 'pdf' already exists, in penstock"),
        ("source", "plugins", "a package named penstock_plugins already exists"),
    ],
)
def test_a_used_name_is_refused(kind, name, output):
    with pytest.raises(PluginError, match=output):
        new_plugin(kind, name)


def test_an_existing_folder_is_not_changed(tmp_path):
    (tmp_path / "penstock-shout").mkdir()
    with pytest.raises(OutputExists, match="already exists"):
        write_plugin(NewPlugin("sink", "shout"), tmp_path)
    assert not list((tmp_path / "penstock-shout").iterdir())
    ended = command("sink", "shout", folder=tmp_path)
    assert ended.returncode == 2
    assert "--in DIR" in ended.stderr


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_plugin(NewPlugin("sink", "shout"), tmp_path / "file")


@pytest.mark.parametrize(
    ("kind", "name", "cls"),
    [
        ("sink", "document", "Document"),
        ("amender", "line", "LineAmender"),
        ("source", "document", "DocumentSource"),
        ("sink", "outputs", "OutputsSink"),
        ("observer", "none", "NoneObserver"),
        ("transform", "exception", "Exception"),
        ("sink", "test", "Test"),
    ],
)
def test_the_class_name_is_unique_in_its_file(kind, name, cls, tmp_path):
    expected = cls if cls != "Exception" else "ExceptionTransform"
    assert NewPlugin(kind, name).cls == expected
    folder = write_plugin(NewPlugin(kind, name), tmp_path)
    code = next(folder.glob("src/*/__init__.py"))
    assert find(kind, f"{code}:{expected}", tmp_path)


def test_the_class_name_is_unique_in_the_test_of_a_service():
    assert NewPlugin("recognizer", "fake-service", service=True).cls == "FakeServiceRecognizer"
    assert NewPlugin("recognizer", "fake-service").cls == "FakeService"


def test_the_next_steps_have_no_options_for_most_kinds(tmp_path):
    assert "--set" not in next_steps(NewPlugin("sink", "shout"), tmp_path)


def test_service_is_an_option_of_recognizers(tmp_path):
    ended = command("recognizer", "remote", "--service", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "def poll" in (tmp_path / "penstock-remote/src/penstock_remote/__init__.py").read_text()
    with pytest.raises(PluginError, match="--service is only for recognizers"):
        new_plugin("sink", "shout", service=True)


def test_a_service_that_answers_at_once_is_not_polled(tmp_path):
    ended = command("recognizer", "remote", "--service", "--at-once", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    code = (tmp_path / "penstock-remote/src/penstock_remote/__init__.py").read_text()
    assert "def submit" in code
    assert "def poll" not in code
    ended = command("recognizer", "other", "--at-once", folder=tmp_path)
    assert ended.returncode == 2
    assert "penstock new recognizer other --service --at-once" in ended.stderr


def test_the_plain_recognizer_reads_pages_in_workers(tmp_path):
    folder = write_plugin(new_plugin("recognizer", "plain"), tmp_path)
    code = (folder / "src/penstock_plain/__init__.py").read_text()
    assert "def read" in code
    assert "def submit" not in code


@pytest.mark.parametrize(
    ("service", "at_once", "about"),
    [
        (False, False, "calls `read` in worker processes"),
        (True, False, "`poll` asks"),
        (True, True, "at once"),
    ],
)
def test_the_readme_says_how_pages_are_recognized(service, at_once, about):
    made = NewPlugin("recognizer", "mine", service=service, at_once=at_once)
    assert about in made.files()["README.md"]


def test_the_readme_of_other_kinds_says_nothing_about_recognizing():
    assert "worker" not in NewPlugin("sink", "mine").files()["README.md"]
