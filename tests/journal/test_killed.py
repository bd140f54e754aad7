"""The command, killed at random moments and started again, loses nothing and pays once.

``PENSTOCK_KILLS=50 PENSTOCK_PAGES=200 pytest -s`` runs longer and prints numbers.
"""

from __future__ import annotations

import os
import random
import sys

import pytest

from journal.killing import CountingService, Trial, drawn_pages, finish, pipeline_file, start
from penstock.engine import costs_of

KILLS = int(os.environ.get("PENSTOCK_KILLS", "5"))
PAGES = int(os.environ.get("PENSTOCK_PAGES", "60"))
IN_FLIGHT = PAGES // 5
A_JOB = 5
"""Kills of one job, before it runs to its end."""


def test_killed_runs_lose_nothing_and_pay_once(tmp_path):
    chance = random.Random(6)
    kills = doubtful = window = 0
    for job in range(-(-KILLS // A_JOB)):
        folder = tmp_path / f"job{job}"
        pages = drawn_pages(folder / "scans", PAGES)
        sinks = ["text", "json", "pdf"] if job % 2 == 0 else ["text", "json"]
        file = pipeline_file(folder, sinks, in_flight=IN_FLIGHT)
        file.write_text(file.read_text().replace("[[sinks]]", "price_per_1000 = 1.5\n[[sinks]]", 1))
        with CountingService(pages.words, work=0.02, submit_takes=0.03) as service:
            trial = Trial(folder, pages, service, len(sinks), chance)
            while trial.kills < A_JOB:
                trial.kill_once(file, 2 * PAGES // A_JOB)
            code, report = finish(start(file, service))
            assert code == 0, report
            trial.check_end(report)
            billed = service.taken().total()
        costs = costs_of(folder / trial.state)
        assert costs is not None
        assert billed <= costs.pages <= billed + trial.doubtful
        assert costs.cost == pytest.approx(0.0015 * costs.pages, abs=1e-9)
        kills, doubtful, window = kills + trial.kills, doubtful + trial.doubtful, window + trial.window
    sys.stdout.write(f"{kills} kills: {doubtful} pages in doubt, {window} of them answered already")
