"""How many processes of a recognizer fit on this machine."""

from __future__ import annotations

import pytest

from penstock.model import Resources
from penstock.workers import machine

MEMORY = """\
MemTotal:       16000000 kB
MemFree:          100000 kB
MemAvailable:    4000000 kB
"""


@pytest.fixture
def computer(tmp_path, monkeypatch):
    """A machine of eight cores with 4 GB of available memory, and the folder of its control group."""
    (tmp_path / "meminfo").write_text(MEMORY)
    monkeypatch.setattr(machine, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_CONTAINER", tmp_path)
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    return tmp_path


@pytest.mark.parametrize(
    ("resources", "processes"),
    [
        (Resources(), 8),
        (Resources(cores=3), 2),
        (Resources(cores=16), 1),
        (Resources(processes=20, cores=3, memory=10**12), 20),
        (Resources(memory=1_000_000_000), 4),
        (Resources(memory=10**12), 1),
    ],
)
def test_processes_fit_cores_and_memory(computer, resources, processes) -> None:
    assert machine.processes_for(resources) == processes


@pytest.mark.parametrize(
    ("limit", "left"), [("2000000000\n", 1_500_000_000), ("max\n", 4_096_000_000), ("1\n", 0)]
)
def test_the_limit_of_a_container_counts(computer, limit, left) -> None:
    (computer / "memory.max").write_text(limit)
    (computer / "memory.current").write_text("800000000\n")
    (computer / "memory.stat").write_text("anon 500000000\ninactive_file 300000000\n")
    assert machine.available_memory() == left


def test_unknown_memory_limits_nothing(computer) -> None:
    (computer / "meminfo").unlink()
    assert machine.available_memory() is None
    assert machine.processes_for(Resources(memory=10**12)) == 8
