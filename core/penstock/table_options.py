"""The options of the tables ``[engine]`` and ``[watch]``, and the limits of recognizers."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from penstock.model import PriceStep
from penstock.model.prices import check_price

LOCAL = "local"
"""The value of `EngineOptions.workers` for processes of this machine."""
_SCHEDULER = re.compile(r"(tcp|tls|wss?)://\S+:\d+")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The ``[engine]`` table.

    Parameters
    ----------
    in_flight
        Maximum number of pages that are submitted to a service and not yet recognized. A recognizer may allow
        fewer. One that computes has as many as its workers can hold.
    workers
        Where recognizers that compute read pages: ``"local"`` for processes of this machine, as many as its
        cores and its memory allow; a number of processes; or the scheduler of a Dask cluster, such as
        ``"tcp://host:8786"``.
    sinks
        Where sinks write documents: ``"coordinator"`` for the run's own process; ``"processes"`` for worker
        processes of this machine, as many as its cores, or as the number that ``workers`` gives;
        ``"cluster"`` for the workers of the Dask cluster, as far as outputs are on object storage or in
        ``shared_folders``. That pays where writing takes much computation: overlays, PDFs of scans that are
        not JPEG.
    shared_folders
        Folders that all workers of the Dask cluster see under the same path. Pictures in them are not sent,
        and workers may write outputs to them.
    state
        The state folder, relative to the pipeline file.
    on_failed_page
        ``"fail"`` does not write a document that has a failed page; ``"skip"`` writes it without the page;
        ``"placeholder"`` writes it with a note in place of the page.
    compare
        Whether every recognizer reads every page, so that `penstock compare` can show where they differ.
        Outputs have the first reading that is accepted.
    on_doubt
        What to do with a page whose submit was sent and whose response was lost: ``"submit"`` it once more,
        or ``"fail"``.
    max_pages
        Maximum number of pages that one run sends. The run then stops, and the next run continues.
    budget
        Maximum cost of one run, by the recognizers' ``price_per_1000``. Each remote recognizer needs a price.
    budget_per_day
        Maximum cost of all runs that use the state folder on one day, in this machine's local time. A page
        counts on the day on which it is sent.
    budget_per_month
        Maximum cost of all runs that use the state folder in one calendar month.
    max_failed
        Stop the run after this many failed pages: a number, or a fraction of all pages such as 0.2.
    call_deadline
        Seconds after which a plugin's call that has not returned is abandoned.
    outage_deadline
        Seconds that a run waits for a service that is down, or for room on a full disk. The run then stops,
        and the next run continues.
    keep_answers
        Whether the journal also stores the services' raw responses.
    """

    in_flight: Annotated[int, Ge(1)] = 64
    workers: Annotated[int, Ge(1)] | str = LOCAL
    sinks: Literal["coordinator", "processes", "cluster"] = "coordinator"
    shared_folders: tuple[Path, ...] = ()
    state: Path = Path(".penstock")
    on_failed_page: Literal["fail", "skip", "placeholder"] = "fail"
    compare: bool = False
    on_doubt: Literal["submit", "fail"] = "submit"
    max_pages: Annotated[int, Ge(1)] | None = None
    budget: Annotated[float, Ge(0)] | None = None
    budget_per_day: Annotated[float, Ge(0)] | None = None
    budget_per_month: Annotated[float, Ge(0)] | None = None
    max_failed: Annotated[float, Gt(0)] | None = None
    call_deadline: Annotated[float, Gt(0)] = 600.0
    outage_deadline: Annotated[float, Ge(0)] = 600.0
    keep_answers: bool = False

    def __post_init__(self) -> None:
        if self.has_cluster and not _SCHEDULER.fullmatch(str(self.workers)):
            raise ValueError(
                f'workers must be "local", a number of processes, or the address of a Dask scheduler such as'
                f" tcp://host:8786, got {self.workers!r}"
            )
        if self.sinks == "cluster" and not self.has_cluster:
            raise ValueError(
                'sinks = "cluster" needs workers = "tcp://host:8786", the scheduler of a Dask cluster, got'
                f' workers = {self.workers!r}; sinks = "processes" uses the cores of this machine'
            )

    @property
    def has_cluster(self) -> bool:
        """Whether recognizers read pages on the workers of a Dask cluster."""
        return isinstance(self.workers, str) and self.workers != LOCAL


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The ``[watch]`` table, for `penstock watch`. Folders are relative to the pipeline file.

    Parameters
    ----------
    quiet
        Seconds for which a file must stay the same before it is read. Default: 1, or 30 if several files
        become one document and there is no ``marker``.
    marker
        Name of a file that says that the files beside it are complete, such as ``complete.txt``. Files are
        read once it is there, and not older than they are.
    poll
        Seconds between two looks at all files, in place of notices from the system. Network shares need it.
    move_read_to
        Folder to which the files of a document are moved after all of its outputs are written.
    delete_read
        Delete the files of a document after all of its outputs are written.
    move_failed_to
        Folder to which the files of a document are moved that could not be read or written. A file
        ``NAME.txt`` beside each says why.
    """

    quiet: Annotated[float, Ge(0)] | None = None
    marker: str | None = None
    poll: Annotated[float, Gt(0)] | None = None
    move_read_to: Path | None = None
    delete_read: bool = False
    move_failed_to: Path | None = None

    def __post_init__(self) -> None:
        if self.delete_read and self.move_read_to is not None:
            raise ValueError("delete_read and move_read_to must not both be given; remove one of them")
        if self.marker is not None and (not self.marker or Path(self.marker).name != self.marker):
            raise ValueError(f"marker must be the name of a file without a folder, got {self.marker!r}")


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """Limits that a pipeline can set for any recognizer, instead of the plugin's own.

    `penstock.model.Limits` explains them. If the plugin has an option of the same name, the value goes to
    that option.
    """

    calls_per_second: Annotated[float, Gt(0)] | None = None
    submits_per_second: Annotated[float, Gt(0)] | None = None
    polls_per_second: Annotated[float, Gt(0)] | None = None
    in_flight: Annotated[int, Ge(1)] | None = None
    attempts: Annotated[int, Ge(1)] | None = None
    deadline: Annotated[float, Gt(0)] | None = None
    price_per_1000: Annotated[float, Ge(0)] | tuple[PriceStep, ...] | None = None

    def __post_init__(self) -> None:
        check_price("price_per_1000", self.price_per_1000)

    def given(self) -> dict[str, Any]:
        """Return the limits that the pipeline sets."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if value is not None}
