"""What this machine offers: cores and memory that this process may use."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from penstock.model import Resources

_MEMORY = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")  # version 2


def processes_for(resources: Resources) -> int:
    """Return how many processes of a recognizer this machine has room for: at least 1."""
    if resources.processes is not None:
        return resources.processes
    fitting = usable_cores() // resources.cores
    memory = available_memory()
    if resources.memory and memory is not None:
        fitting = min(fitting, memory // resources.memory)
    return max(1, fitting)


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def available_memory() -> int | None:
    """Return the bytes that new processes can take before the machine or the container is out of memory.

    None where that is not known: not on Linux.
    """
    known = [size for size in (_machine_memory(), _container_memory()) if size is not None]
    return min(known, default=None)


def _machine_memory() -> int | None:
    with suppress(OSError):
        if found := re.search(r"MemAvailable:\s+(\d+) kB", _MEMORY.read_text()):
            return int(found[1]) * 1024
    return None


def _container_memory() -> int | None:
    """Return what is left to the control group of a container; None without a limit."""
    with suppress(OSError, ValueError):  # "max" is no number
        limit = int((_CONTAINER / "memory.max").read_text())
        # The page cache counts as used, but is given back when memory is short.
        cached = re.search(r"^inactive_file (\d+)", (_CONTAINER / "memory.stat").read_text(), re.MULTILINE)
        used = int((_CONTAINER / "memory.current").read_text()) - (int(cached[1]) if cached else 0)
        return max(0, limit - used)
    return None
