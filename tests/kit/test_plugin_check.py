"""What `penstock plugins --check` prints for a plugin with a fault."""

from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.cli.plugin_check import check_plugin
from penstock.errors import PluginError
from penstock.model import Line, Quad, Recognition
from penstock.report import Exit
from penstock.testing import AzureReadServer, RecognizerConformance
from pipelines import DOUBLES, double

EXAMPLES = DOUBLES.parents[1] / "examples" / "plugins"

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
    """Check a class with this body; return the exit code and the printed lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def checked(body: str, *settings: str, live: bool = False) -> tuple[Exit, list[str]]:
        (tmp_path / "faulty.py").write_text(HEAD + body)
        code = check_plugin("./faulty.py:Faulty", settings, live=live)
        return code, [line.strip() for line in capsys.readouterr().out.splitlines()]

    return checked


def test_wrong_hooks_end_the_check(check):
    code, output = check("    @hookimpl\n    def write(self, doc, outs): ...\n")
    assert code is Exit.SOMETHING_FAILED
    assert output[2:] == [
        "Faulty: the hook 'write' has unknown parameters: doc, outs",
        "→ its signature is write(self, document, outputs); parameters may be left out",
        "0 passed, 1 failed, 0 skipped",
        "fix this first: the other tests cannot be run before",
    ]


def test_a_misspelled_hook_is_corrected(check):
    _, output = check("    @hookimpl\n    def wirte(self, document, outputs): ...\n")
    assert output[0] == "./faulty.py:Faulty: a sink"
    assert output[2:4] == ["Faulty: there is no hook 'wirte'", "→ did you mean 'write'?"]


def test_an_error_of_several_tests_is_printed_once(check):
    _, output = check("    @hookimpl\n    def prepare(self, page):\n        raise ValueError('no')\n")
    # Once for the pages, and once, with another hint, for the truncated picture.
    assert sum("ValueError: no (faulty.py, line 10)" in line for line in output) == 2
    assert output.count("same error as above") == 4


def test_a_sink_that_exits_does_not_end_the_check(check):
    code, output = check(WRITE + "        sys.exit(5)\n")
    assert code is Exit.SOMETHING_FAILED
    assert "write must not raise for the document 'letter', got SystemExit: 5 (faulty.py, line 10)" in output
    assert output.count("same error as above") == 4
    assert output[-1] == "2 passed, 5 failed, 0 skipped"


def test_an_error_in_exit_is_reported_as_such(check):
    body = "    def __enter__(self): ...\n    def __exit__(self, *error):\n        raise OSError('no')\n"
    _, output = check(body + WRITE + "        ...\n")
    assert output[2] == "the sink 'Faulty' must be closable, got OSError: no (faulty.py, line 10)"
    assert output.count("same error as above") == 6


def test_a_transform_that_returns_none_fails(check):
    _, output = check("    @hookimpl\n    def prepare(self, page): ...\n")
    assert output[-1] == "1 passed, 6 failed, 0 skipped"


def test_an_unmarked_hook_is_reported(check):
    with pytest.raises(PluginError) as raised:
        check("    def write(self, document, outputs): ...\n")
    assert raised.value.hint == "mark write with @penstock.hookimpl"


def test_a_class_that_exits_when_it_is_made_is_reported(check):
    with pytest.raises(PluginError) as raised:
        check("    def __post_init__(self):\n        sys.exit(5)\n" + WRITE + "        ...\n")
    assert raised.value.message.endswith(
        "it cannot be made: SystemExit: 5; fix the plugin, or tell its author"
    )


@pytest.mark.parametrize("code", ["self.__enter__", "limits"])
def test_sys_exit_is_reported_like_an_exception(code, tmp_path, monkeypatch, capsys):
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


def test_output_is_shown_below_the_failed_test(check):
    body = "        print('here I am', '\\x1b[1m', sep='\\n')\n        raise OSError('no')\n"
    _, output = check(WRITE + body)
    at = output.index("write must not raise for the document 'letter', got OSError: no (faulty.py, line 11)")
    assert output[at + 2 : at + 4] == ["| here I am", "| \\x1b[1m"]


def test_output_of_passed_tests_is_not_shown():
    code = (
        "from penstock.cli import main; import sys; sys.argv[1:] = ['plugins', '--check', 'progress']; main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("progress: an observer of penstock ")
    assert lines[-1] == "3 passed, 0 failed, 0 skipped"
    assert len(lines) == 5


def test_pages_that_are_not_iterable_are_reported(check):
    body = "    @hookimpl\n    def find_documents(self):\n        from penstock import Document\n"
    _, output = check(body + "        yield Document('x', 'x', None)\n")
    assert "the pages of 'x' must be iterable, got None" in output


def test_a_wrong_item_is_reported_without_lines_of_the_kit(check):
    _, output = check("    @hookimpl\n    def find_documents(self):\n        yield 5\n")
    assert "find_documents must yield Documents and Problems, got an int" in output
    assert "the source 'Faulty': find_documents must yield Documents and Problems, got an int" in output
    assert not any("pipeline.py" in line for line in output)


@pytest.mark.parametrize(
    ("name", "settings", "output", "hint"),
    [
        (
            "files",
            [],
            "files: it cannot be made: the option 'paths' is missing; add paths = ...",
            "set its options: penstock plugins --check files --set paths=...",
        ),
        (
            "files",
            ["paths=3"],
            "files: it cannot be made: paths: must be a list, in square brackets, got 3",
            "`penstock plugins files` shows its options",
        ),
        (
            "qwerty",
            [],
            "there is no plugin named 'qwerty'",
            "`penstock plugins` lists the installed plugins",
        ),
    ],
)
def test_a_plugin_that_cannot_be_checked_has_a_hint(name, settings, output, hint):
    with pytest.raises(PluginError) as raised:
        check_plugin(name, settings)
    assert (raised.value.message, raised.value.hint) == (output, hint)


def test_a_class_with_an_absolute_path_is_checked(capsys):
    assert check_plugin(double("hooks:MisspelledHook"), []) is Exit.SOMETHING_FAILED
    assert f"{DOUBLES / 'hooks.py'}:MisspelledHook: a sink" in capsys.readouterr().out


def test_an_operation_without_poll_is_reported(check):
    limits = "    @hookimpl\n    def limits(self):\n        from penstock import Limits\n"
    limits += "        return Limits(remote=False)\n"
    submit = "    @hookimpl\n    def submit(self, page):\n        from penstock import Operation\n"
    _, output = check(limits + submit + "        return Operation({})\n")
    assert "the recognizer 'Faulty': submit returned an Operation, but there is no hook poll" in output
    assert (
        "→ return a Recognition or None from submit or read; returning an Operation requires the hook poll"
        in output
    )


def test_a_recognizer_without_limits_counts_as_remote(check):
    code, output = check("    @hookimpl\n    def submit(self, page): ...\n")
    assert code is Exit.DONE
    assert output[-2] == "3 passed, 0 failed, 6 skipped"
    assert sum("(it would send pages to a service)" in line for line in output) == 6


@pytest.mark.parametrize("name", ["azure-read", "azure-document-intelligence"])
def test_live_tries_what_needs_the_service_after_saying_so(capsys, monkeypatch, name):
    recognition = Recognition((Line("Dear", Quad.from_box(9, 9, 90, 40)),))
    with AzureReadServer(recognition) as service:
        for variable in ("AZURE_VISION", "AZURE_DOCUMENT_INTELLIGENCE"):
            monkeypatch.setenv(f"{variable}_ENDPOINT", service.endpoint)
            monkeypatch.setenv(f"{variable}_KEY", service.key)
        assert check_plugin(name, []) is Exit.DONE
        assert service.billed == 0
        output = capsys.readouterr().out
        assert "3 passed, 0 failed, 6 skipped\nto run the skipped tests, add --live, or subclass" in output
        assert check_plugin(name, ["tier=paid"], live=True) is Exit.DONE
        _, said, *output = capsys.readouterr().out.splitlines()
        assert said == "--live sends 12 pages with drawn words to the service, which may bill each of them"
        assert output[-1] == "9 passed, 0 failed, 0 skipped"
        assert service.billed <= RecognizerConformance.pages_sent


def test_live_costs_nothing_for_a_recognizer_on_this_machine(check):
    limits = "    @hookimpl\n    def limits(self):\n        from penstock import Limits\n"
    submit = "    @hookimpl\n    def submit(self, page): ...\n"
    _, output = check(limits + "        return Limits(remote=False)\n" + submit, live=True)
    assert not any("--live" in line for line in output)


def test_a_wrong_attribute_is_reported(check):
    _, output = check("    version = 2\n" + WRITE + "        ...\n")
    assert "Faulty: the class attribute 'version' must be a str, got an int" in output


def test_a_recognizer_that_declines_the_page_is_not_tested(capsys):
    assert check_plugin(f"{EXAMPLES}/blank_pages.py:BlankPages", []) is Exit.DONE
    assert "but declined it)" in capsys.readouterr().out
