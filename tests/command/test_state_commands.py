"""Commands that use the results of earlier runs: run again, check, status, retry, write, answers, forget."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from penstock.engine.state_folder import StateFolder
from pipelines import double
from processes import environment, penstock, penstock_command


@pytest.fixture
def folder(tmp_path, draw):
    draw("scans/a.png")
    draw("scans/b.png")
    return tmp_path


def pipeline(
    folder: Path, script: dict[str, list[str]] | None = None, engine: str = "", sinks: str = ""
) -> None:
    """Two pictures, a scripted recognizer with a price, a sink of text and one of JSON."""
    steps = ", ".join(f"{name} = {json.dumps(steps)}" for name, steps in (script or {}).items())
    (folder / "penstock.toml").write_text(
        'name = "letters"\n[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\nscript = {{{steps}}}\nlog = "calls"\n'
        "price_per_1000 = 1500\n"
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
        f'[[sinks]]\nplugin = "json"\npath = "out/{{document}}.json"\n{sinks}\n[engine]\n{engine}\n'
    )


def submits(folder: Path) -> list[str]:
    calls = folder / "calls"
    lines = calls.read_text().splitlines() if calls.exists() else []
    return sorted(line.split()[1] for line in lines if line.startswith("submit"))


def test_dry_run_counts_pages_and_cost(command, folder):
    pipeline(folder)
    for told in (command("check", "penstock.toml"), command("run", "penstock.toml", "--dry-run")):
        assert told.returncode == 0
        assert "2 pages in 2 documents: 2 to send, for about 3.00 at the given prices" in told.stderr
    assert not (folder / "out").exists()
    assert submits(folder) == []
    assert command("run", "penstock.toml").returncode == 0
    told = command("run", "penstock.toml", "--dry-run", "--log-format", "json")
    (said,) = [json.loads(line) for line in told.stderr.splitlines()]
    assert (said["pages"], said["known"], said["to_send"], said["cost"]) == (2, 2, 0, 0)


def test_check_and_dry_run_report_missing_files(command, folder):
    pipeline(folder)
    file = folder / "penstock.toml"
    file.write_text(file.read_text().replace('["scans"]', '["scans", "scnas", "sacns", "b.txt"]'))
    (folder / "b.txt").write_text("no picture")
    for told in (command("check", file.name), command("run", file.name, "--dry-run")):
        assert told.returncode == 1
        assert "2 pages in 3 documents: 2 to send" in told.stderr
        assert "would fail: scnas, sacns: there is no such file" in told.stderr
        assert "would fail: b.txt: " in told.stderr
    quiet = command("run", file.name, "--dry-run", "--log-format", "json")
    said = json.loads(quiet.stderr)
    assert quiet.returncode == 1
    assert (said["failed"], said["failures"][0]["what"]) == (3, "scnas")
    assert command("run", file.name).returncode == 1


@pytest.mark.parametrize(
    ("limit", "where"),
    [
        (("--max-pages", "1"), "max_pages would stop the run after 1 page, for about 1.50"),
        (("--budget", "1"), "budget would stop the run before the first page is sent"),
        (("--budget", "2.9"), "budget would stop the run after 1 page, for about 1.50"),
        (("--max-pages", "2", "--budget", "3"), ""),
    ],
)
def test_dry_run_says_where_a_limit_would_stop_the_run(command, folder, limit, where):
    pipeline(folder)
    told = command("run", "penstock.toml", "--dry-run", *limit)
    assert told.returncode == 0
    assert "2 to send, for about 3.00 at the given prices" in told.stderr
    assert where in told.stderr
    assert ("would stop" in told.stderr) == bool(where)


def test_check_says_where_the_pipelines_limit_would_stop_the_run(command, folder):
    pipeline(folder, engine="max_pages = 1")
    assert "max_pages would stop the run after 1 page" in command("check", "penstock.toml").stderr


def test_useless_exclude_is_reported_by_dry_run_and_run(command, folder):
    reading = ("read", "scans", "--with", double("scripted:Scripted"), "--exclude", "scans/a.png")
    for told in (command(*reading, "--dry-run"), command(*reading)):
        assert told.returncode == 0
        assert "files: exclude 'scans/a.png' matches nothing" in told.stderr


def test_second_run_does_nothing(command, folder):
    pipeline(folder)
    assert command("run", "penstock.toml").returncode == 0
    before = (folder / "out/a.txt").stat().st_mtime_ns
    again = command("run", "penstock.toml")
    assert again.returncode == 0
    assert again.stderr == "nothing to do: 2 pages and 2 documents are up to date\n"
    assert (folder / "out/a.txt").stat().st_mtime_ns == before
    assert submits(folder) == ["a", "b"]


def test_same_picture_twice_is_recognized_once(command, folder):
    (folder / "scans/c.png").write_bytes((folder / "scans/a.png").read_bytes())
    pipeline(folder)
    told = command("run", "penstock.toml")
    assert "3 of 3 pages recognized (1 known), 3 of 3 documents written" in told.stderr
    assert "before" not in told.stderr


def test_edited_output_is_kept_until_rewrite_and_fresh_recognizes_again(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    (folder / "out/a.txt").write_text("mine")
    left = command("run", "penstock.toml")
    assert left.returncode == 0
    assert "kept 1 output that was edited by hand (use --rewrite to replace it)" in left.stderr
    assert (folder / "out/a.txt").read_text() == "mine"
    assert command("run", "penstock.toml", "--rewrite").returncode == 0
    assert (folder / "out/a.txt").read_text() == "a read\n"
    assert command("run", "penstock.toml", "--fresh").returncode == 0
    assert submits(folder) == ["a", "a", "b", "b"]


def test_status_counts_missing_documents_apart(command, folder):
    pipeline(folder, {"a": ["refuse"]})
    assert command("run", "penstock.toml").returncode == 1
    assert "failed     scans/a.png" in command("status", "penstock.toml").stdout
    (folder / "scans/a.png").rename(folder / "a.png")
    assert command("run", "penstock.toml", "--max-pages", "1").returncode == 0
    shown = command("status", "penstock.toml").stdout
    assert "documents  1 found, 1 with all pages, 1 written\n" in shown
    assert "missing    1 document that the last complete run did not find" in shown
    assert "pages      1 of 1 page recognized\n" in shown
    assert "a.png" not in shown
    assert json.loads(command("status", "penstock.toml", "--json").stdout)["gone"] == 1
    assert command("retry", "penstock.toml").stderr == "nothing to retry: no page failed\n"
    (folder / "a.png").rename(folder / "scans/a.png")
    assert command("run", "penstock.toml").returncode == 1
    assert "documents  2 found" in command("status", "penstock.toml").stdout


def test_run_with_unreadable_source_marks_no_document_as_missing(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    file = folder / "penstock.toml"
    file.write_text(file.read_text().replace('["scans"]', '["scans", "not-mounted"]'))
    (folder / "scans/b.png").unlink()
    assert command("run", "penstock.toml").returncode == 1
    assert "documents  2 found" in command("status", "penstock.toml").stdout
    (folder / "not-mounted").symlink_to("scans")
    assert command("run", "penstock.toml").returncode == 0
    assert "documents  1 found" in command("status", "penstock.toml").stdout


def test_outputs_in_the_folder_of_scans_are_not_inputs(command, folder):
    reading = ("read", "scans", "--with", double("scripted:Scripted"))
    command(*reading)
    assert (folder / "scans/a.pdf").exists()
    told = command(*reading, "--dry-run")
    assert "2 pages in 2 documents: 2 known, 0 to send" in told.stderr
    assert "not counted: 2 files that penstock wrote" in told.stderr
    (folder / "scans/a.pdf").write_bytes((folder / "scans/a.pdf").read_bytes() + b"% by hand")
    assert "3 pages in 3 documents" in command(*reading, "--dry-run").stderr


def test_limit_stops_the_run_and_the_next_run_continues(command, folder):
    pipeline(folder)
    first = command("run", "penstock.toml", "--max-pages", "1")
    assert first.returncode == 3
    assert "stopped: max_pages: 1 page was sent, as many as it allows" in first.stderr
    assert "run the same command again" in first.stderr
    second = command("run", "penstock.toml", "--budget", "1.5")
    assert second.returncode == 0
    assert "sent 1 page to a service, for about 1.50 at the given prices" in second.stderr
    assert submits(folder) == ["a", "b"]
    poor = command("run", "penstock.toml", "--fresh", "--budget", "2")
    assert poor.returncode == 3
    assert "stopped: budget: 1.50 of 2.00 is spent" in poor.stderr


def test_costs_are_listed_by_day_and_recognizer(command, folder):
    pipeline(folder)
    assert command("costs", "penstock.toml").stdout.startswith("letters: has never run")
    assert json.loads(command("costs", "penstock.toml", "--json").stdout)["days"] == []
    command("run", "penstock.toml")
    today, name = time.strftime("%Y-%m-%d"), double("scripted:Scripted")
    shown = command("costs", "penstock.toml").stdout.splitlines()
    assert [line.split() for line in shown] == [
        ["day", "pipeline", "recognizer", "pages", "per", "1,000", "cost"],
        [today, "letters", name, "2", "1500.00", "3.00"],
        ["total", "2", "3.00"],
        ["today:", "3.00,", "this", "month:", "3.00"],
    ]
    assert len({len(line) for line in shown[:3]}) == 1
    told = json.loads(command("costs", "penstock.toml", "--since", today, "--json").stdout)
    assert told["days"] == [
        {"day": today, "pipeline": "letters", "recognizer": name, "pages": 2, "cost": 3.0}
    ]
    assert (told["since"], told["pages"], told["cost"], told["month_cost"]) == (today, 2, 3.0, 3.0)
    assert "nothing was sent" in command("costs", "penstock.toml", "--since", "2999-01-01").stdout
    wrong = command("costs", "penstock.toml", "--since", "yesterday")
    assert wrong.returncode == 2
    assert "'yesterday' does not match the format '%Y-%m-%d'" in wrong.stderr


def test_report_adds_the_cost_of_earlier_runs(command, folder):
    pipeline(folder)
    first = command("run", "penstock.toml", "--max-pages", "1")
    assert "for about 1.50 at the given prices\n" in first.stderr
    second = command("run", "penstock.toml")
    assert "for about 1.50 at the given prices (3.00 with earlier runs)\n" in second.stderr
    assert "1 page at 1500.00 per 1,000 = 1.50; today 3.00, this month 3.00\n" in second.stderr


def test_spent_budget_is_warned_of_in_report_and_status(command, folder):
    pipeline(folder, engine="budget_per_month = 3.5")
    run = command("run", "penstock.toml", "--log-format", "json")
    (warning,) = [line for line in map(json.loads, run.stderr.splitlines()) if "limit" in line]
    assert (warning["event"], warning["budget"]) == ("budget_warning", "budget_per_month")
    assert (warning["spent"], warning["limit"]) == (3.0, 3.5)
    shown = command("status", "penstock.toml").stdout
    assert "budget     3.00 of 3.50 is spent (86% of budget_per_month)\n" in shown


def test_status_shows_progress_and_failures(command, folder):
    pipeline(folder, {"b": ["refuse"]})
    assert "has never run" in command("status", "penstock.toml").stdout
    assert command("status").stdout.startswith("read: has never run")
    assert command("run", "penstock.toml").returncode == 1
    told = command("status", "penstock.toml").stdout
    assert "letters: not running" in told
    assert "pages      1 of 2 pages recognized, 1 failed\n" in told
    assert "failed     scans/b.png: the service cannot read this page [InvalidImage]" in told
    said = json.loads(command("status", "penstock.toml", "--json").stdout)
    assert said["pages"] == {"found": 0, "read": 1, "failed": 1}
    assert said["last_run"]["exit_code"] == 1
    assert said["failures"][0]["what"] == "scans/b.png"


def test_status_names_files_that_could_not_be_read(command, folder):
    pipeline(folder, {"b": ["refuse"]})
    (folder / "scans/c.png").symlink_to("nowhere")
    assert command("run", "penstock.toml").returncode == 1
    told = command("status", "penstock.toml").stdout
    assert "failed     scans/c.png: is a link to a missing file\n           fix the link" in told
    assert told.count("failed     scans/b.png") == 1
    (folder / "scans/c.png").unlink()
    assert command("run", "penstock.toml").returncode == 1
    assert "scans/c.png" not in command("status", "penstock.toml").stdout


def test_retry_sends_only_failed_pages(command, folder):
    pipeline(folder, {"b": ["refuse"]})
    command("run", "penstock.toml")
    pipeline(folder)
    again = command("run", "penstock.toml")
    assert again.returncode == 1, "a refusal is an answer, and is not paid for twice"
    assert "penstock retry" in again.stderr
    assert submits(folder) == ["a", "b"]
    retried = command("retry", "penstock.toml")
    assert retried.returncode == 0
    assert "1 of 1 page recognized" in retried.stderr
    assert submits(folder) == ["a", "b", "b"]
    assert (folder / "out/b.txt").exists()
    assert command("retry", "penstock.toml").returncode == 0
    assert submits(folder) == ["a", "b", "b"]


def test_retry_reads_a_repaired_file(command, folder, draw):
    good = (folder / "scans/b.png").read_bytes()
    (folder / "scans/b.png").write_bytes(good[:60])
    pipeline(folder)
    assert command("run", "penstock.toml").returncode == 1
    (folder / "scans/b.png").write_bytes(good)
    assert command("retry", "penstock.toml").returncode == 0
    assert submits(folder) == ["a", "b"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("write", "nothing to write: no page has a result yet (use `penstock run` first)\n"),
        ("retry", "nothing to retry: no page failed\n"),
    ],
)
def test_write_and_retry_before_the_first_run_do_nothing(command, folder, asked, said):
    pipeline(folder)
    ended = command(asked, "penstock.toml")
    assert (ended.returncode, ended.stderr) == (0, said)
    assert submits(folder) == []


def test_write_needs_no_recognizer_and_writes_outputs_of_new_sinks(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    file = folder / "penstock.toml"
    text = file.read_text().replace(double("scripted:Scripted"), "no-such-recognizer")
    file.write_text(text.replace("log =", 'key = "${NOT_SET_ANYWHERE}"\nlog ='))
    (folder / "out/a.txt").unlink()
    written = command("write", "penstock.toml")
    assert written.returncode == 0
    assert (folder / "out/a.txt").read_text() == "a read\n"
    assert "1 of 2 documents written (1 up to date)" in written.stderr
    file.write_text(text + '[[sinks]]\nplugin = "pdf"\npath = "out/{document}.pdf"\n')
    assert command("write", "penstock.toml").returncode == 0
    assert (folder / "out/b.pdf").read_bytes().startswith(b"%PDF")
    (folder / "out/b.pdf").unlink()
    (folder / "scans/b.png").write_bytes(b"another")
    gone = command("write", "penstock.toml")
    assert gone.returncode == 1
    assert "scans/b.png" in gone.stderr
    assert "has changed since" in gone.stderr
    everything = command("write", "penstock.toml", "--again", "--set", "sinks.2.path=new/{document}.pdf")
    assert "1 of 2 documents written" in everything.stderr


def test_correction_wins_over_recognition(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    corrected = folder / "out/a.json"
    corrected.write_text(corrected.read_text().replace('"a read"', '"a letter"'))
    taken = command("write", "penstock.toml", "--corrections", "out/a.json")
    assert taken.returncode == 0
    assert (folder / "out/a.txt").read_text() == "a letter\n"
    assert "a letter" in corrected.read_text()
    fresh = command("run", "penstock.toml", "--fresh")
    assert fresh.returncode == 0
    assert (folder / "out/a.txt").read_text() == "a letter\n", "a correction survives --fresh"


def test_write_without_a_pipeline_file_writes_what_read_has_written(command, folder):
    options = ["--with", double("scripted:Scripted"), "--set", f"recognizers.0.log={folder}/calls"]
    command("read", "scans/a.png", "--to", "json,text", *options)
    command("read", "scans/b.png", "--to", "text", "--out", "texts", *options)
    before = (folder / "calls").read_text()
    corrected = folder / "scans/a.json"
    corrected.write_text(corrected.read_text().replace('"a read"', '"a letter"'))
    (folder / "texts/b.txt").unlink()
    written = command("write", "--corrections", "scans/a.json")
    assert written.returncode == 0, written.stderr
    assert (folder / "scans/a.txt").read_text() == "a letter\n"
    assert (folder / "texts/b.txt").read_text() == "b read\n"
    assert not (folder / "texts/a.txt").exists()
    assert (folder / "calls").read_text() == before


def test_read_takes_corrections_without_a_pipeline_file(command, folder):
    (folder / "elsewhere").mkdir()
    options = ["--with", double("scripted:Scripted"), "--set", f"recognizers.0.log={folder}/calls"]
    options += ["--to", "json,text"]
    penstock(folder / "elsewhere", "read", "../scans/a.png", *options, XDG_CACHE_HOME=f"{folder}/.cache")
    written = folder / "scans/a.json"
    written.write_text(written.read_text().replace('"a read"', '"a letter"'))
    refused = command("write", "--corrections", "scans/a.json")
    assert refused.returncode == 2
    assert "go to the folder in which you read the pictures" in refused.stderr
    # From another folder than the first time.
    taken = command("read", "scans/a.png", *options, "--corrections", "scans/a.json")
    assert taken.returncode == 0, taken.stderr
    assert (folder / "scans/a.txt").read_text() == "a letter\n"
    (line,) = json.loads(written.read_text())["pages"][0]["lines"]
    assert [word["text"] for word in line["words"]] == ["a", "letter"]
    assert submits(folder) == ["a"], "the page is not read again"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is not an output of the json sink"),
        (
            '{"penstock": 1, "document": "z", "origin": "z.png", "pages": []}',
            "which is not recognized yet",
        ),
        (
            '{"penstock": 1, "document": "a", "origin": "a.png", "pages": [{"number": 7, "lines": []}]}',
            "page 7 is not recognized",
        ),
        (
            '{"penstock": 1, "document": "a", "origin": "a.png", "pages": [{"number": 1}]}',
            "a page does not have the form of the json sink",
        ),
    ],
)
def test_invalid_correction_is_refused_and_changes_nothing(command, folder, content, why):
    pipeline(folder)
    command("run", "penstock.toml")
    (folder / "mended.json").write_text(content)
    refused = command("write", "penstock.toml", "--corrections", "mended.json")
    assert refused.returncode == 2
    assert why in refused.stderr
    assert (folder / "out/a.txt").read_text() == "a read\n"


def test_forgotten_pages_are_sent_again(command, folder):
    pipeline(folder)
    assert "nothing to forget" in command("forget", "penstock.toml", "--all").stderr
    command("run", "penstock.toml")
    assert "forgot 0 results" in command("forget", "penstock.toml", "--older-than", "1d").stderr
    assert "forgot 1 result and 1 document" in command("forget", "penstock.toml", "--document", "a").stderr
    assert command("run", "penstock.toml").returncode == 0
    assert submits(folder) == ["a", "a", "b"]
    command("forget", "penstock.toml", "--all")
    assert command("run", "penstock.toml").returncode == 0
    assert submits(folder) == ["a", "a", "a", "b", "b"]
    for wrong in (["--older-than", "soon"], []):
        assert command("forget", "penstock.toml", *wrong).returncode == 2


@pytest.mark.parametrize(
    "both",
    [
        ("--all", "--document", "a"),
        ("--all", "--older-than", "1d"),
        ("--older-than", "1d", "--document", "a"),
    ],
)
def test_forget_takes_one_selection_at_a_time(command, folder, both):
    pipeline(folder)
    command("run", "penstock.toml")
    refused = command("forget", "penstock.toml", *both)
    assert refused.returncode == 2
    assert "with one of --older-than, --document and --all" in refused.stderr
    assert command("run", "penstock.toml").returncode == 0
    assert submits(folder) == ["a", "b"], "nothing was forgotten, and nothing is sent again"


def test_forget_names_unknown_documents_and_forgets_the_others(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    told = command("forget", "penstock.toml", "--document", "typo", "--document", "a")
    assert told.returncode == 1
    assert "there is no document 'typo' (a document's name has no suffix" in told.stderr
    assert "forgot 1 result and 1 document;" in told.stderr


def test_help_of_forget_warns_about_shared_state_folders(command):
    told = " ".join(command("forget", "--help").stdout.split())
    assert told.count("of all pipelines that share the state folder") == 2


def test_forget_counts_pages_in_flight(command, folder):
    pipeline(folder, {"a": ["operation", "stop"], "b": ["operation", "stop"]})
    assert command("run", "penstock.toml").returncode == 3
    said = "2 pages were in flight and will not be polled any more"
    assert said in command("forget", "penstock.toml", "--all").stderr
    assert "in flight" not in command("forget", "penstock.toml", "--all").stderr


def test_impossible_state_folder_is_not_an_internal_error(command, folder):
    pipeline(folder, engine=f'state = "{"x" * 300}"')
    for told in (
        ("status", "penstock.toml"),
        ("run", "penstock.toml", "--dry-run"),
        ("check", "penstock.toml"),
    ):
        refused = command(*told)
        assert refused.returncode == 2
        assert f"{'x' * 300}/journal.sqlite: File name too long" in refused.stderr
        assert "internal error" not in refused.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_behind_stdout_is_not_an_internal_error(command, folder):
    pipeline(folder)
    for told in (("plugins",), ("schema",), ("check", "penstock.toml"), ("status", "penstock.toml")):
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [*penstock_command(), *told],
                cwd=folder,
                env=environment(folder),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert ended.returncode == 1, told
        assert ended.stderr.endswith("error: cannot write the output (No space left on device)\n")


def test_busy_state_folder_names_the_process(command, folder):
    pipeline(folder)
    command("run", "penstock.toml")
    with StateFolder(folder / ".penstock"):
        refused = command("run", "penstock.toml")
        assert refused.returncode == 2
        assert "is used by another run" in refused.stderr
        assert f"process {os.getpid()}" in refused.stderr
        assert f"process {os.getpid()}" in command("status", "penstock.toml").stdout
        assert command("forget", "penstock.toml", "--all").returncode == 2
    assert command("run", "penstock.toml").returncode == 0


def test_reads_at_the_same_time_share_results(command, folder):
    scripted = ["--with", double("scripted:Scripted"), "--to", "text", "scans/a.png"]
    with StateFolder(folder / ".cache/penstock/read", shared=True):
        first = command("read", *scripted)
        assert first.returncode == 0, first.stderr
    second = command("read", *scripted)
    assert second.returncode == 0, second.stderr
    assert (folder / "scans/a.txt").read_text() == "a read\n"
    assert "1 page and 1 document are up to date" in second.stderr, "the first one recognized it"
    assert "forgot 1 result and 1 document" in command("forget", "--all").stderr
    assert "1 of 1 page recognized" in command("read", *scripted).stderr


def test_raw_answers_are_stored_if_the_pipeline_says_so(command, folder):
    (folder / "spoken.py").write_text(
        "from dataclasses import dataclass\n"
        "from penstock import Limits, Line, Quad, Recognition, hookimpl\n"
        "@dataclass(eq=False)\nclass Spoken:\n"
        "    @hookimpl\n    def limits(self): return Limits()\n"
        "    @hookimpl\n    def submit(self, page):\n"
        "        line = Line('a', Quad.from_box(0, 0, 9, 9))\n"
        "        return Recognition((line,), raw=page.origin.encode())\n"
        "    @hookimpl\n    def poll(self, operation): raise NotImplementedError\n"
    )
    for kept in ("false", "true"):
        pipeline(folder, engine=f"keep_answers = {kept}")
        file = folder / "penstock.toml"
        text = re.sub(r"(script|log) = .*", "", file.read_text()).replace(
            double("scripted:Scripted"), "./spoken.py:Spoken"
        )
        file.write_text(text)
        assert command("run", "penstock.toml", "--fresh").returncode == 0
        told = command("answers", "penstock.toml", "answers")
        assert told.returncode == 0
        assert ("saved 2 answers" if kept == "true" else "no answers are stored") in told.stderr
    assert (folder / "answers/a.001.answer.json").read_bytes() == b"scans/a.png"
    again = command("answers", "penstock.toml", "answers")
    assert "kept answers/a.001.answer.json: the file exists already" in again.stderr
    assert "saved 0 answers" in again.stderr
    assert "keep_answers" not in again.stderr
    amender = f'[[amenders]]\nplugin = "{double("amenders:Replacing")}"\n'
    (folder / "penstock.toml").write_text((folder / "penstock.toml").read_text() + amender)
    assert command("run", "penstock.toml").returncode == 0
    assert "saved 2 answers" in command("answers", "penstock.toml", "amended").stderr
    in_the_way = command("answers", "penstock.toml", "penstock.toml")
    assert in_the_way.returncode == 2
    assert "cannot write into penstock.toml: it is not a folder" in in_the_way.stderr
