"""`penstock new`: what it writes, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from penstock.cli.scaffold import NewPlugin, new_plugin, next_steps, write_plugin
from penstock.errors import OutputError, OutputExists, PluginError
from penstock.plugins import KINDS, find


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "penstock", "new", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_of_every_kind_is_whole(kind, tmp_path):
    made = new_plugin(kind, "two-words")
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
    for line in (folder / "tests/test_two_words.py").read_text().splitlines():
        assert len(line) <= 110


def test_the_command_says_what_to_do_next(tmp_path):
    ended = command("source", "attic", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    said = ended.stderr
    assert "wrote penstock-attic: the source attic" in said
    assert "cd penstock-attic\n  pip install -e . pytest\n  python -m pytest" in said
    assert "penstock plugins --check attic --set folder=." in said
    assert "make it yours in src/penstock_attic/__init__.py" in said


def test_a_folder_elsewhere_is_made(tmp_path):
    assert command("sink", "shout", "--in", "a/b", folder=tmp_path).returncode == 0
    assert (tmp_path / "a/b/penstock-shout/pyproject.toml").exists()


def test_the_distributions_prefix_may_be_given():
    assert new_plugin("sink", "penstock-shout").name == "shout"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Shout Out!", "a letter first: shout-out"),
        ("2fast", "a letter first: fast"),
        ("shout_out", "shout-out"),
        ("Schreih\u00e4lse", "a letter first: schreihalse"),
        ("a--b", "a-b"),
        ("../evil", "evil"),
        ("-", "small letters"),
        ("", "small letters"),
        ("x" * 41, "x" * 40),
    ],
)
def test_what_is_no_name_is_refused_with_one_that_is(name, said):
    with pytest.raises(PluginError, match="is no name for a plugin") as error:
        new_plugin("sink", name)
    assert said in error.value.hint


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("sink", "pdf", "there is a sink named 'pdf' already, of penstock"),
        ("source", "plugins", "there is a package named penstock_plugins already"),
    ],
)
def test_a_name_that_is_taken_is_refused(kind, name, said):
    with pytest.raises(PluginError, match=said):
        new_plugin(kind, name)


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "penstock-shout").mkdir()
    with pytest.raises(OutputExists, match="exists already"):
        write_plugin(NewPlugin("sink", "shout"), tmp_path)
    assert not list((tmp_path / "penstock-shout").iterdir())
    ended = command("sink", "shout", folder=tmp_path)
    assert ended.returncode == 2
    assert "--in DIR" in ended.stderr


def test_a_folder_that_cannot_be_is_an_error_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_plugin(NewPlugin("sink", "shout"), tmp_path / "file")


@pytest.mark.parametrize(
    ("kind", "name", "cls"),
    [
        ("sink", "document", "Document"),
        ("source", "document", "DocumentSource"),
        ("sink", "outputs", "OutputsSink"),
        ("observer", "none", "NoneObserver"),
        ("transform", "exception", "Exception"),
        ("sink", "test", "Test"),
    ],
)
def test_the_class_gets_a_name_that_means_nothing_else_there(kind, name, cls, tmp_path):
    expected = cls if cls != "Exception" else "ExceptionTransform"
    assert NewPlugin(kind, name).cls == expected
    folder = write_plugin(NewPlugin(kind, name), tmp_path)
    code = next(folder.glob("src/*/__init__.py"))
    assert find(kind, f"{code}:{expected}", tmp_path)


def test_the_next_steps_of_a_kind_without_options_give_none(tmp_path):
    assert "--set" not in next_steps(NewPlugin("sink", "shout"), tmp_path)
