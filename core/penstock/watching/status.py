"""Counters of a watch, for people and for monitoring."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PipelineCounters:
    """What one pipeline has done since the watch began. The loop writes; any thread may read."""

    waiting: int = 0  # groups that are not known to be whole, or wait for a run
    running: bool = False  # whether files are being read
    files_read: int = 0  # of documents whose outputs are all written
    files_failed: int = 0
    stopped: str = ""  # why the last run stopped before it had read everything; empty if it did not
    gone: str = ""  # a watched folder that is gone; empty if all are there
    broken_file: bool = (
        False  # whether the pipeline file was changed and is wrong, so that the old one is used
    )


@dataclass(slots=True)
class WatchStatus:
    """The state of a watch, by the names of its pipelines."""

    pipelines: dict[str, PipelineCounters] = field(default_factory=dict)
    is_ready: bool = False  # whether the system's notices come, so that no file is missed
    is_stopping: bool = False
