"""The command line in a process of its own: exit codes and what is printed."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from penstock.cli.execute import print_report_event
from penstock.cli.failures import report_failure
from penstock.cli.report_text import show_report
from penstock.errors import Complaint, ConfigurationError
from penstock.model import Problem
from penstock.report import RunReport
from pipelines import double
from processes import environment, penstock_command

ROOT = Path(__file__).parents[2]


def pipeline(folder: Path, recognizer: str = "", sinks: str = "", more: str = "") -> Path:
    path = folder / "penstock.toml"
    path.write_text(
        f'[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n{recognizer}\n'
        f"{sinks or '[[sinks]]' + chr(10) + 'plugin = ' + chr(34) + 'text' + chr(34)}\n{more}\n"
    )
    return path


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_version_and_help_import_nothing_heavy():
    heavy = ["numpy", "cv2", "onnxruntime", "reportlab", "pikepdf", "pydantic", "rich", "requests", "PIL"]
    code = (
        "import sys, penstock.cli\n"
        "sys.argv = ['penstock', sys.argv[1]]\n"
        "try:\n    penstock.cli.main()\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', [name for name in {heavy} if name in sys.modules])"
    )
    for argument in ("--version", "--help"):
        ended = subprocess.run(
            [sys.executable, "-c", code, argument], capture_output=True, text=True, timeout=60
        )
        assert "heavy: []" in ended.stdout


def test_a_pipeline_runs_and_reports(command, tmp_path, draw):
    draw("scans/a.png")
    draw("scans/b.png")
    pipeline(tmp_path)
    ended = command("run", "penstock.toml")
    assert ended.returncode == 0
    assert ended.stdout == ""
    assert "2 of 2 pages recognized, 2 of 2 documents written" in ended.stderr
    assert "wrote a.txt" in ended.stderr
    assert (tmp_path / "a.txt").read_text() == "a read\n"


def test_bad_file_is_reported_with_reason_and_the_rest_is_written(command, tmp_path, draw):
    draw("scans/a.png")
    (tmp_path / "scans/zero.jpg").write_bytes(b"")
    pipeline(tmp_path)
    ended = command("run", "penstock.toml")
    assert ended.returncode == 1
    assert "scans/zero.jpg: the file is empty" in ended.stderr
    assert "copy it again" in ended.stderr
    assert (tmp_path / "a.txt").exists()


def test_quiet_prints_only_failures(command, tmp_path, draw):
    draw("scans/a.png")
    pipeline(tmp_path)
    assert command("run", "penstock.toml", "--quiet").stderr == ""
    (tmp_path / "scans/zero.jpg").write_bytes(b"")
    said = command("run", "penstock.toml", "-q").stderr
    assert said.startswith("failed: scans/zero.jpg")


def test_json_log_format_prints_one_object_per_line(command, tmp_path, draw):
    draw("scans/a.png")
    (tmp_path / "scans/zero.jpg").write_bytes(b"")
    pipeline(tmp_path)
    ended = command("run", "penstock.toml", "--log-format", "json")
    events = [json.loads(line) for line in ended.stderr.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "report"
    assert {"page_failed", "page_recognized", "document_written", "run_finished"} <= set(kinds)
    failed = next(event for event in events if event["event"] == "page_failed")
    assert failed["hint"].startswith("copy it again")
    assert events[-1]["exit_code"] == 1


def test_stopped_run_exits_with_3(command, tmp_path, draw):
    draw("scans/a.png")
    pipeline(tmp_path, 'script = {a = ["stop"]}')
    ended = command("run", "penstock.toml")
    assert ended.returncode == 3
    assert "stopped: the recognizer" in ended.stderr
    assert "check the key" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nothere.toml"], "penstock init"),
        (["read"], "Missing argument"),
        (["read", "a.png", "--to", "pfd"], "did you mean 'pdf'?"),
        (["read", "a.png", "--with", "rapidorc"], "did you mean 'rapidocr'?"),
        (["read", "a.png", "--to", ","], "must name at least one output"),
        (["rnu", "x"], "No such command 'rnu': did you mean 'run'?"),
        (["letter.jpg"], "No such command 'letter.jpg': did you mean `penstock read letter.jpg`?"),
        (["my letters/*.jpg"], "did you mean `penstock read 'my letters/*.jpg'`?"),
        (["https://example.org/x.jpg"], "did you mean `penstock read https://example.org/x.jpg`?"),
        (["letters.toml"], "did you mean `penstock run letters.toml`?"),
        (["xyzzy"], "No such command 'xyzzy': `penstock --help` lists the commands"),
        (["plugins", "overlya"], "did you mean 'overlay'?"),
        (["check", "nothere.toml"], "there is no such file"),
        (["run", "."], ". is a folder: name a pipeline file in it, such as penstock.toml"),
        (["run", "x/.."], "is a folder"),
        (
            ["status", "x/.."],
            "must be a pipeline file, got x/..; leave it out for the results of `penstock read`",
        ),
        (["write", "scan.png"], "scan.png is a picture or a PDF: use `penstock read scan.png`"),
        (["forget", "scan.png"], "got scan.png; leave it out for the results of `penstock read`"),
        (["run", "scan.png"], "scan.png is a picture or a PDF: use `penstock read scan.png`"),
        (["read", "a.png", "--budget", "x"], "must be a sum such as 1.50, got 'x'"),
        (["read", "a.png", "--budget", "inf"], "must be a sum such as 1.50, got 'inf'"),
        (["read", "a.png", "--budget", "-1"], "must be a sum such as 1.50, got '-1'"),
        (["run", "x.toml", "--max-pages", "0"], "must be a whole number of at least 1, got '0'"),
        (["run", "x.toml", "--max-pages", "2.5"], "must be a whole number of at least 1, got '2.5'"),
        (
            ["read", "ftp://example.org/x.jpg"],
            "unsupported scheme 'ftp'; use http, https, s3, az, gs, sftp or a local path",
        ),
        (
            ["read", "file:///tmp/x.jpg"],
            "file:///tmp/x.jpg: unsupported scheme 'file'; write the file's path: /tmp/x",
        ),
        (["plugins", "--check"], "--check needs the name of a plugin"),
        (["plugins", "files", "--set", "x=1"], "--set goes with --check"),
    ],
)
def test_wrong_command_exits_with_2_and_says_what_to_do(command, draw, arguments, said):
    draw("scan.png")
    draw("x/a.png")
    ended = command(*arguments)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_example_in_the_help_of_set_works(command, draw):
    draw("a.png")
    (place,) = re.findall(r"recognizers\.0\.\S+", command("read", "--help").stdout)
    assert command("read", "a.png", "--dry-run", "--set", place).returncode == 0


@pytest.mark.parametrize("name", ["nothere.jpg", "*.jpg", "empty"])
def test_missing_inputs_fail(command, tmp_path, name):
    (tmp_path / "empty").mkdir()
    ended = command("read", name)
    assert ended.returncode == 1
    assert f"failed: {name}:" in ended.stderr


def test_init_writes_a_valid_pipeline_and_keeps_an_existing_one(command, tmp_path, draw):
    assert command("init", "new").returncode == 0
    draw("new/scans/a.png")
    assert command("check", "new/penstock.toml").returncode == 0
    before = (tmp_path / "new/penstock.toml").read_text()
    ended = command("init", "new")
    assert ended.returncode == 2
    assert "already exists" in ended.stderr
    assert (tmp_path / "new/penstock.toml").read_text() == before


def test_plugins_lists_all_and_explains_one(command):
    listed = command("plugins").stdout
    for name in ("files", "rapidocr", "pdf", "text", "json", "hocr", "alto", "page", "overlay", "progress"):
        assert f"  {name} " in listed
    shown = command("plugins", "files").stdout
    assert "paths: list of paths (needed)" in shown
    assert 'document: "file", "folder" or "all" = "file"' in shown
    assert 'What becomes one document: "file"' in shown


def test_schema_has_every_option(command):
    schema = json.loads(command("schema").stdout)
    sources = schema["properties"]["sources"]["items"]["oneOf"]
    files = next(source for source in sources if source["properties"]["plugin"].get("const") == "files")
    assert set(files["properties"]) >= {"plugin", "paths", "document"}
    assert files["additionalProperties"] is False
    recognizers = schema["properties"]["recognizers"]["items"]["oneOf"]
    rules = recognizers[0]["properties"]["accept"]["properties"]
    assert {"const": True} not in rules["confidence"]["anyOf"]  # at_least is needed


def test_read_writes_beside_each_input_or_below_a_folder(command, tmp_path):
    """Uses the real recognizer on pages without text: only the paths of the outputs matter."""
    for name in ("box/a.png", "box/deep/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (200, 150), "white").save(tmp_path / name)
    ended = command("read", "box", "--to", "text,json")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "box/deep/b.txt").exists()
    assert json.loads((tmp_path / "box/a.json").read_text())["pages"][0]["lines"] == []
    ended = command("read", "box", "--to", "text", "--out", "o{ut")
    assert (tmp_path / "o{ut/deep/b.txt").exists(), ended.stderr
    ended = command("read", "box", "--to", "text", "--merge", "all of it")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "box/all of it.txt").read_text() == "\f"
    assert not (tmp_path / "penstock.sqlite").exists()


def test_file_that_penstock_did_not_write_is_kept_without_force(command, tmp_path):
    Image.new("RGB", (200, 150), "white").save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("mine")
    ended = command("read", "a.png", "--to", "text")
    assert ended.returncode == 1
    assert "--force" in ended.stderr
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert command("read", "a.png", "--to", "text", "--force").returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_second_interrupt_stops_the_command_with_130(tmp_path, draw, log_format):
    draw("scans/a.png")
    draw("scans/b.png")
    pipeline(tmp_path, 'script = {b = ["operation", "pending:3600"]}')
    process = subprocess.Popen(
        [*penstock_command(), "run", "penstock.toml", "--log-format", log_format],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "a.txt").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = ""
    while "stopping" not in said:
        said += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("**/*.part"))
    if log_format == "json":
        assert [each["event"] for each in objects(said)][-2:] == ["stopping", "interrupted"]


def test_interrupt_during_imports_prints_no_traceback(tmp_path):
    (tmp_path / "start.py").write_text(
        "import runpy, sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "runpy.run_module('penstock', run_name='__main__')\n"
    )
    ended = subprocess.run(
        [sys.executable, "start.py"], cwd=tmp_path, capture_output=True, text=True, env=environment(tmp_path)
    )
    assert ended.returncode == 130
    assert ended.stderr == "stopped at once; nothing was started\n"


def test_interrupted_run_counts_its_unrecognized_pages(capsys):
    show_report(RunReport("x", interrupted=True), quiet=True)
    assert capsys.readouterr().err == "interrupted; run the same command again to continue\n"
    show_report(RunReport("x", interrupted=True, unread_pages=1), quiet=True)
    assert capsys.readouterr().err == "1 page not recognized yet; run the same command again to continue\n"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "no pages were found"),
        ({"failures": (Problem("a", "torn", "x"),), "failed": 1}, "failed: a: torn"),
        (
            {"pages_found": 3, "pages_known": 3, "documents_found": 1, "documents_unchanged": 1},
            "nothing to do: 3 pages and 1 document are up to date",
        ),
        (
            {
                "pages_found": 3,
                "pages_known": 3,
                "documents_found": 1,
                "documents_written": 1,
                "seconds": 2.0,
            },
            "3 of 3 pages recognized (3 known), 1 of 1 document written in 2.0 s",
        ),
        (
            {"pages_found": 4, "pages_read": 3, "pages_known": 1, "seconds": 2.0},
            "4 of 4 pages recognized (1 known), 0 of 0 documents written in 2.0 s, 1.5 pages/s",
        ),
        ({"pages_empty": 1}, "not sent to a recognizer: 1 page taken for empty"),
        (
            {"pages_empty": 2, "pages_born_digital": 1},
            "not sent to a recognizer: 2 pages taken for empty, 1 page with text of its own",
        ),
        ({"changed_outputs": 1}, "kept 1 output that was edited by hand (use --rewrite to replace it)"),
        ({"changed_outputs": 2}, "kept 2 outputs that were edited by hand (use --rewrite to replace them)"),
        ({"skipped_outputs": 2}, "skipped 2 files that penstock wrote"),
        (
            {"doubtful_submits": 1},
            "1 submit is in doubt: its answer got lost, so a service may bill twice",
        ),
        ({"lost_operations": 2}, "2 operations lost by the service and submitted again"),
        (
            {"pages_sent": 2, "pages_billed": 2, "cost": 3.0},
            "sent 2 pages to a service, for about 3.00 at the given prices",
        ),
    ],
)
def test_report_has_a_line_for_what_happened(capsys, facts, expected):
    show_report(RunReport("x", **facts), quiet=False)
    assert expected in capsys.readouterr().err.splitlines()


def test_stopped_run_does_not_claim_that_everything_is_up_to_date(capsys):
    facts = {"pages_found": 1, "pages_known": 1}
    for end in ({"interrupted": True}, {"stopped": Problem("max_pages", "1 page was sent")}, {"failed": 1}):
        show_report(RunReport("x", **facts, **end), quiet=False)
        assert "nothing to do" not in capsys.readouterr().err


def test_warnings_are_grouped_by_reason_and_left_out_when_quiet(capsys):
    warnings = (*(Problem(f"{name}.pdf", "it has no language", "say one") for name in "abcdefg"),)
    report = RunReport("x", warnings=warnings, warned=7)
    show_report(report, quiet=False)
    said = capsys.readouterr().err
    assert "warning: a.pdf, b.pdf, c.pdf, d.pdf, e.pdf and 2 more: it has no language\n" in said
    assert said.count("say one") == 1
    show_report(report, quiet=True)
    assert capsys.readouterr().err == ""


def test_control_characters_in_names_are_escaped(capsys):
    problem = Problem("a\x1b[2J\nb\u202e\udce9ü.png", "the file is empty", "copy it\x07")
    show_report(RunReport("x", failures=(problem,), failed=1), quiet=True)
    report_failure(ConfigurationError([Complaint("\x1b]0;x", "means nothing")]))
    said = capsys.readouterr().err
    assert said.startswith(
        "failed: a\\x1b[2J\\nb\\u202e\\udce9ü.png: the file is empty\n        copy it\\x07\n"
    )
    assert "error: \\x1b]0;x: means nothing\n" in said


def test_json_report_has_every_field(capsys):
    problem = Problem("a\udce9.png", "it is cut off", "scan again", Path("/x/a.png"))
    report = RunReport("x", warnings=(problem,), stopped=problem, outputs=(Path("/x/a.pdf"),))
    print_report_event(report)
    (said,) = objects(capsys.readouterr().err)
    assert said["stopped"] == said["warnings"][0]
    assert said["stopped"] == {
        "what": "a\udce9.png",
        "why": problem.why,
        "hint": problem.hint,
        "path": "/x/a.png",
    }
    assert said["outputs"] == ["/x/a.pdf"]
    assert set(said) == {each.name for each in dataclasses.fields(report)} | {
        "schema",
        "time",
        "run",
        "event",
        "exit_code",
    }


def test_json_log_format_ends_with_the_report(command, tmp_path, draw):
    draw("scans/a.png")
    (tmp_path / "scans/0.jpg").write_bytes(b"")
    pipeline(tmp_path, 'script = {a = ["stop"]}')
    report = objects(command("run", "penstock.toml", "--log-format", "json").stderr)[-1]
    assert report["event"] == "report"
    assert report["exit_code"] == 3
    assert "check the key" in report["stopped"]["hint"]
    assert report["unread_pages"] == 1
    assert report["failures"][0]["what"] == "scans/0.jpg"
    assert {"warnings", "outputs", "doubtful_submits", "interrupted"} <= set(report)


@pytest.mark.parametrize(
    ("arguments", "places"),
    [(["run", "nothere.toml"], ["nothere.toml"]), (["read", "a.png", "--to", ","], ["--to"])],
)
def test_json_log_format_prints_errors_as_objects(command, arguments, places):
    ended = command(*arguments, "--log-format", "json")
    assert ended.returncode == 2
    said = objects(ended.stderr)
    assert [each["event"] for each in said] == ["error"] * len(places)
    assert [each["place"] for each in said] == places
    assert all(each["hint"] for each in said)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_signals_that_the_parent_ignores_stay_ignored(tmp_path, draw):
    code = (
        "import signal, penstock.cli.execute as execute\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with execute.interruptible(None, None, 'text'):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL\n"
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN\n"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""


@pytest.mark.parametrize("name", ["a.jpg", "a.jpg/below", "/proc/penstock"])
def test_init_in_a_place_that_is_not_a_folder(command, tmp_path, name):
    (tmp_path / "a.jpg").write_bytes(b"x")
    ended = command("init", name)
    assert ended.returncode == 2
    assert "cannot be written" in ended.stderr
    assert "name another folder" in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize("arguments", ["", "--log-format json"])
def test_closed_streams_do_not_change_the_outcome(tmp_path, draw, arguments):
    draw("scans/a.png")
    pipeline(tmp_path)
    penstock = f"'{sys.executable}' -m penstock run penstock.toml {arguments}"
    for ending in ("2>&-", ">&- 2>&-", "<&- 2>&-", "2>&1 | true; exit ${PIPESTATUS[0]}"):
        (tmp_path / "a.txt").unlink(missing_ok=True)
        ended = subprocess.run(
            ["bash", "-c", f"{penstock} {ending}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(tmp_path),
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), ending
        assert (tmp_path / "a.txt").exists()
