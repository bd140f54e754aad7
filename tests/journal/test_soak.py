"""A small soak test: faults, an outage of minutes and two kills. ``benchmarks/soak.py`` has the large one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_run_left_alone_keeps_its_promises(without_coverage):
    sizes = ["--pages", "120", "--kills", "2", "--seed", "3", "--speed", "100"]
    soak = subprocess.run([sys.executable, SOAK, *sizes], capture_output=True, text=True, timeout=120)
    assert soak.returncode == 0, soak.stdout + soak.stderr
    assert "kill 2: " in soak.stdout
    assert "pages accepted      120" in soak.stdout
