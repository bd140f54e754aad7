"""What `penstock plugins --check` says of a plugin on its author's first evening."""

from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.cli.plugin_check import check_plugin
from penstock.errors import PluginError
from penstock.report import Exit
from pipelines import DOUBLES, double

HEAD = """\
import sys
from dataclasses import dataclass
from penstock import hookimpl

@dataclass(eq=False)
class Faulty:
    '''Is faulty.'''
"""

WRITE = "    @hookimpl\n    def write(self, document, outputs):\n"


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Check a class with such a body; give the exit code, and the lines that were printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def checked(body: str, *settings: str) -> tuple[Exit, list[str]]:
        (tmp_path / "faulty.py").write_text(HEAD + body)
        code = check_plugin("./faulty.py:Faulty", settings)
        return code, [line.strip() for line in capsys.readouterr().out.splitlines()]

    return checked


def test_wrong_hooks_are_said_once_and_end_the_check(check):
    code, said = check("    @hookimpl\n    def write(self, doc, outs): ...\n")
    assert code is Exit.SOMETHING_FAILED
    assert said[2:] == [
        "Faulty: the hook 'write' has unknown parameters: doc, outs",
        "→ its signature is write(self, document, outputs); parameters may be left out",
        "0 kept, 1 broken, 0 left out",
        "nothing else can be tried before this is mended",
    ]


def test_a_misspelt_hook_is_put_right(check):
    _, said = check("    @hookimpl\n    def wirte(self, document, outputs): ...\n")
    assert said[0] == "./faulty.py:Faulty: a sink"
    assert said[2:4] == ["Faulty: there is no hook 'wirte'", "→ did you mean 'write'?"]


def test_a_fault_that_several_tests_find_is_told_once(check):
    _, said = check("    @hookimpl\n    def prepare(self, page):\n        raise ValueError('no')\n")
    assert (
        sum("ValueError: no (faulty.py, line 10)" in line for line in said) == 2
    )  # a cut-off picture's, too
    assert said.count("the same") == 4


def test_a_sink_that_exits_ends_no_check(check):
    code, said = check(WRITE + "        sys.exit(5)\n")
    assert code is Exit.SOMETHING_FAILED
    assert "the document 'letter' is not written: SystemExit: 5 (faulty.py, line 10)" in said
    assert said.count("the same") == 4
    assert said[-1] == "2 kept, 5 broken, 0 left out"


def test_a_fault_in_closing_is_no_half_file(check):
    body = "    def __enter__(self): ...\n    def __exit__(self, *error):\n        raise OSError('no')\n"
    _, said = check(body + WRITE + "        ...\n")
    assert said[2] == "the sink 'Faulty' cannot be closed: OSError: no (faulty.py, line 10)"
    assert said.count("the same") == 6


def test_a_transform_that_gives_nothing_refuses_nothing(check):
    _, said = check("    @hookimpl\n    def prepare(self, page): ...\n")
    assert said[-1] == "1 kept, 6 broken, 0 left out"


def test_a_hook_that_is_not_marked_is_named(check):
    with pytest.raises(PluginError) as raised:
        check("    def write(self, document, outputs): ...\n")
    assert raised.value.hint == "mark write with @penstock.hookimpl"


def test_a_class_that_exits_when_it_is_made_says_so(check):
    with pytest.raises(PluginError) as raised:
        check("    def __post_init__(self):\n        sys.exit(5)\n" + WRITE + "        ...\n")
    assert raised.value.message.endswith(
        "it cannot be made: SystemExit: 5; fix the plugin, or tell its author"
    )


@pytest.mark.parametrize("code", ["self.__enter__", "limits"])
def test_one_that_exits_on_the_way_is_as_any_that_raises(code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    body = "    def __enter__(self):\n        sys.exit(5)\n    def __exit__(self, *error): ...\n" + WRITE
    if code == "limits":
        body = "".join(
            f"    @hookimpl\n    def {hook}:\n        sys.exit(5)\n"
            for hook in ("submit(self, page)", "poll(self, operation)", "limits(self)")
        )
    (tmp_path / "faulty.py").write_text(HEAD + body.rstrip() + "\n        ...\n")
    assert check_plugin("./faulty.py:Faulty", []) is Exit.SOMETHING_FAILED
    assert "SystemExit: 5" in capsys.readouterr().out


def test_what_it_prints_stands_under_what_it_breaks(check):
    body = "        print('here I am', '\\x1b[1m', sep='\\n')\n        raise OSError('no')\n"
    _, said = check(WRITE + body)
    at = said.index("the document 'letter' is not written: OSError: no (faulty.py, line 11)")
    assert said[at + 2 : at + 4] == ["| here I am", "| \\x1b[1m"]


def test_what_it_prints_stands_nowhere_else():
    code = (
        "from penstock.cli import main; import sys; sys.argv[1:] = ['plugins', '--check', 'progress']; main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("progress: an observer of penstock ")
    assert lines[-1] == "3 kept, 0 broken, 0 left out"
    assert len(lines) == 5


def test_a_document_without_an_iterable_of_pages_is_named(check):
    body = "    @hookimpl\n    def find_documents(self):\n        from penstock import Document\n"
    _, said = check(body + "        yield Document('x', 'x', None)\n")
    assert "the document 'x' has None for its pages" in said


def test_what_a_source_found_is_told_without_the_kits_own_lines(check):
    _, said = check("    @hookimpl\n    def find_documents(self):\n        yield 5\n")
    assert "it found an int" in said
    assert "the source 'Faulty': found an int" in said
    assert not any("pipeline.py" in line for line in said)


@pytest.mark.parametrize(
    ("name", "settings", "said", "hint"),
    [
        (
            "files",
            [],
            "files: it cannot be made: the option 'paths' is missing; add paths = ...",
            "give it its options: penstock plugins --check files --set paths=...",
        ),
        (
            "files",
            ["paths=3"],
            "files: it cannot be made: paths: must be a list, in square brackets, got 3",
            "`penstock plugins files` shows its options",
        ),
        (
            "nonexist",
            [],
            "there is no plugin named 'nonexist'",
            "`penstock plugins` lists those that there are",
        ),
    ],
)
def test_what_cannot_be_checked_says_how_it_can(name, settings, said, hint):
    with pytest.raises(PluginError) as raised:
        check_plugin(name, settings)
    assert (raised.value.message, raised.value.hint) == (said, hint)


def test_the_doubles_hooks_are_found_by_the_check_too(capsys):
    assert check_plugin(double("hooks:Wirte"), []) is Exit.SOMETHING_FAILED
    assert f"{DOUBLES / 'hooks.py'}:Wirte: a sink" in capsys.readouterr().out
