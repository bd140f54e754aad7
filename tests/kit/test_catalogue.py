"""`penstock plugins`: the list, the description of one plugin, and the check."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.cli.scaffold import new_plugin
from penstock.errors import PluginError
from penstock.plugins import find, kind_of, offers
from pipelines import DOUBLES, double

SINK = """\
from dataclasses import dataclass
from penstock import hookimpl

@dataclass(eq=False)
class Shout:
    '''Writes capitals.'''

    path: str = "{document}.shout.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            file.writelines(page.recognition.text.upper() for page in document.pages)
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution without pip: a module and its metadata."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)
    put_in = []

    def put(
        name: str, entry: str, *, group: str = "penstock.sinks", code: str = SINK, more: str = ""
    ) -> None:
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{more}")
        (info / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")
        module = name.replace("-", "_")
        (site / f"{module}.py").write_text(code)
        importlib.invalidate_caches()
        put_in.append(module)

    yield put
    for module in put_in:
        sys.modules.pop(module, None)


@dataclass
class Ended:
    """The output and exit code of a command."""

    stdout: str
    stderr: str
    returncode: int


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run ``penstock plugins ...`` in this process, in the test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["penstock", "plugins", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(*capsys.readouterr(), ended.value.code)

    return run


def test_lists_plugins_with_distribution_and_options(command, install):
    install("penstock-shout", "shout = penstock_shout:Shout")
    output = command().stdout
    assert "  shout                        penstock-shout 1.0\n      Writes capitals.\n" in output
    assert 'path: text = "{document}.shout.txt"' in output


def test_plugins_are_found_and_missed_right_after_they_are_installed_and_removed(install, tmp_path):
    before = [offer.name for offer in offers("sink")]
    install("penstock-shout", "shout = penstock_shout:Shout")
    assert [offer.name for offer in offers("sink")] == sorted([*before, "shout"])
    shutil.rmtree(tmp_path / "site" / "penstock_shout-1.0.dist-info")
    assert [offer.name for offer in offers("sink")] == before


@pytest.mark.parametrize(
    ("missing", "more", "remedy"),
    [
        ("nosuchthing", "", "install it: pip install nosuchthing"),
        ("sklearn", "", "install it: pip install scikit-learn"),
        (
            "nosuch_thing",
            "Requires-Dist: nosuch.thing>=2 ; extra == 'fast'\n",
            "install it: pip install 'penstock-shout[fast]'",
        ),
    ],
)
def test_a_missing_module_says_what_to_install(command, install, missing, more, remedy):
    install("penstock-shout", "shout = penstock_shout:Shout", code=f"import {missing}\n", more=more)
    output = command().stdout
    assert f"the sink 'shout' of penstock-shout 1.0 needs the module '{missing}'" in output
    assert remedy in output
    ended = command("shout")
    assert ended.returncode == 1
    assert remedy in ended.stdout
    assert command("--check", "shout").returncode == 2


def test_a_wrong_entry_point_blames_the_distribution(command, install):
    install("penstock-shout", "shout = penstock_whisper:Shout")
    output = command().stdout
    assert "its own code is missing: reinstall penstock-shout, or fix its entry point" in output


def test_a_class_that_is_not_a_component_is_reported(command, install):
    install("penstock-shout", "shout = penstock_shout:Shout", code=SINK.replace("(eq=False)", ""))
    assert "components must be compared by identity" in command().stdout


def test_a_name_of_two_distributions_names_both(command, install):
    install("penstock-shout", "shout = penstock_shout:Shout")
    install("loud-things", "shout = loud_things:Shout")
    both = "offered by loud-things 1.0 and penstock-shout 1.0"
    with pytest.raises(PluginError, match=both) as error:
        find("sink", "shout", Path())
    assert error.value.hint == "uninstall one of them"
    assert command().stdout.count(both) == 2
    assert command("shout").returncode == 1


def test_json_has_all_plugins(command, install):
    install("penstock-shout", "shout = penstock_shout:Shout")
    install("penstock-broken", "broken = penstock_broken:Broken", code="1 / 0")
    listed = {each["name"]: each for each in json.loads(command("--json").stdout)}
    assert listed["shout"]["kind"] == "sink"
    assert listed["shout"]["usable"] is True
    (path,) = listed["shout"]["options"]
    assert (path["name"], path["type"], path["default"]) == ("path", "text", '"{document}.shout.txt"')
    assert listed["broken"]["usable"] is False
    assert "ZeroDivisionError" in listed["broken"]["fault"]
    assert [each["name"] for each in json.loads(command("shout", "--json").stdout)] == ["shout"]


def test_describes_a_class_in_a_file(command, tmp_path):
    (tmp_path / "shout.py").write_text(SINK)
    ended = command("./shout.py:Shout")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("./shout.py:Shout: a sink\nWrites capitals.\n\n  path: text = ")
    (form,) = json.loads(command("./shout.py:Shout", "--json").stdout)
    assert (form["kind"], form["distribution"]) == ("sink", "")


def test_describes_the_declared_attributes(command, tmp_path):
    attributes = "    version = '2'\n    output_option = None\n    is_live = True\n"
    (tmp_path / "shout.py").write_text(SINK.replace("    path: str", attributes + "    path: str"))
    assert command("./shout.py:Shout").stdout.endswith('\ndeclares is_live = true, version = "2"\n')
    (form,) = json.loads(command("./shout.py:Shout", "--json").stdout)
    assert form["attributes"] == {"is_live": True, "version": "2"}
    assert command("text").stdout.endswith("\ndeclares is_stateless = true\n")


def test_messages_use_the_right_article(command):
    assert command("progress").stdout.startswith("progress: an observer of penstock ")
    with pytest.raises(PluginError, match="an observer named 'progress' already exists"):
        new_plugin("observer", "progress")
    with pytest.raises(PluginError) as raised:
        find("sink", "progress", Path())
    assert raised.value.hint == "'progress' is an observer: write it under [[observers]]"


def test_check_of_a_correct_plugin(command, install):
    install("penstock-shout", "shout = penstock_shout:Shout")
    ended = command("--check", "shout")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "shout: a sink of penstock-shout 1.0" in ended.stdout
    assert "7 passed, 0 failed, 0 skipped" in ended.stdout


def test_check_reports_the_faults_of_a_class_in_a_file(command, tmp_path):
    (tmp_path / "wrong.py").write_text((DOUBLES / "wrong.py").read_text())
    ended = command("--check", "./wrong.py:PartialFile")
    assert ended.returncode == 1
    assert "FAILED   If a page cannot be loaded, it raises" in ended.stdout
    assert "→ open every file with outputs.open(self.path)" in ended.stdout
    ended = command("--check", "./wrong.py:OpensEverything", "--set", "folder=.")
    assert "files and folders before its first document, got 1" in ended.stdout
    assert ended.returncode == 1


def test_check_of_a_remote_recognizer_sends_no_page(command, tmp_path):
    (tmp_path / "wrong.py").write_text((DOUBLES / "wrong.py").read_text())
    ended = command("--check", "./wrong.py:UnstorableOperation")
    assert ended.returncode == 0
    assert "skipped  It recognizes a page" in ended.stdout
    assert "subclass penstock.testing.RecognizerConformance and run pytest" in ended.stdout


def test_check_skips_a_source_that_finds_no_test_picture(command, tmp_path):
    (tmp_path / "wrong.py").write_text((DOUBLES / "wrong.py").read_text())
    ended = command("--check", "./wrong.py:ListsEverything", "--set", "folder=elsewhere")
    assert (
        "skipped  It yields the first document before it looks at hundreds of others. (the source must find"
        in ended.stdout
    )
    assert ended.returncode == 0


def test_check_does_not_wait_for_a_live_source(command):
    ended = command("--check", "./sources.py:Sitting", "--set", "picture=a.png")
    assert ended.returncode == 2  # there is no such file here
    ended = command("--check", double("sources:Sitting"), "--set", "picture=a.png")
    assert "(it is a live source: it would wait for input)" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["--check"], "--check needs the name of a plugin"),
        (["files", "--set", "paths=."], "--set goes with --check"),
        (["--check", "flies"], "did you mean 'files'?"),
        (["--check", "files"], "the option 'paths' is missing"),
        (["--check", "files", "--set", "paht=."], "did you mean 'paths'?"),
        (["--check", "./nothere.py:X"], "there is no file"),
        (["--check", "./nothere.py"], "must name a class of the file"),
        (["--check", "files", "--set", "paths"], "must be PLACE=VALUE, got 'paths'; for example paths=['.']"),
    ],
)
def test_wrong_arguments_have_a_hint(command, arguments, output):
    ended = command(*arguments)
    assert ended.returncode == 2
    assert output in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("listing", ["plugins", "schema"])
def test_a_closed_pipe_is_not_an_error(listing):
    code = (
        f"import sys, penstock.cli; sys.argv = ['penstock', '{listing}']\n"
        "sys.stdin.readline()\n"  # until the reader has closed the pipe
        "penstock.cli.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    process.stdin.write(b"\n")
    process.stdin.close()
    output = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert output == b""


@pytest.mark.parametrize(
    ("cls", "kind"),
    [
        ("wrong:PartialFile", "sink"),
        ("wrong:OpensEverything", "source"),
        ("wrong:SleepsInSubmit", "recognizer"),
        ("wrong:ForgetsToPage", "transform"),
        ("wrong:ReturnsText", "amender"),
        ("wrong:NeedsAPath", "observer"),
        ("wrong:SwallowsErrors", "observer"),
    ],
)
def test_hooks_determine_the_kind(cls, kind):
    assert kind_of(find("sink", double(cls), DOUBLES)) == kind


def test_a_class_without_hooks_has_no_kind():
    with pytest.raises(PluginError, match="Hookless has no hooks"):
        kind_of(find("sink", double("sinks:Hookless"), DOUBLES))


def test_a_plugin_file_without_its_class_is_answered_with_its_classes(command, tmp_path):
    (tmp_path / "shout.py").write_text(
        "from dataclasses import dataclass\n@dataclass(eq=False)\nclass Shout:\n    path: str = 'x'\n"
    )
    for arguments in (["--check", "./shout.py"], ["./shout.py"]):
        ended = command(*arguments)
        assert ended.returncode == 2
        assert "./shout.py: must name a class of the file; write ./shout.py:Shout" in " ".join(
            ended.stderr.split()
        ).replace("file write", "file; write")
