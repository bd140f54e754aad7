"""What a worker needs to read pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Resources:
    """What the worker processes of a recognizer need. The engine decides how many it starts.

    Parameters
    ----------
    processes
        Number of processes on this machine; None for as many as its cores and its memory allow.
    cores
        Cores that a process uses while it reads a page.
    memory
        Bytes that a process takes; 0 if that is not known. No more processes are started than fit.
    threads
        Pages that one process can read at once, on threads. Above 1, `read` must be safe to call on several
        threads. Only Dask workers that have several threads make use of it.
    dask
        Abstract resources that a Dask worker must have, and how much of each a page takes, as in
        ``dask worker --resources``: ``{"GPU": 1}``.
    """

    processes: int | None = None
    cores: int = 1
    memory: int = 0
    threads: int = 1
    dask: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("processes", "cores", "threads"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, got {number}")
        if self.memory < 0:
            raise ValueError(f"memory must be at least 0 bytes, got {self.memory}")
