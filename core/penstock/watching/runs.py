"""The runs of a watched pipeline: when the next one begins, and what it may spend."""

from __future__ import annotations

from collections.abc import Callable

from penstock.api.inputs import user_result_index
from penstock.engine import RunOptions
from penstock.engine.threads import soonest
from penstock.errors import StateBusy
from penstock.report import RunReport
from penstock.watching.batch import Outcome, groups_with
from penstock.watching.groups import Group, Look
from penstock.watching.messages import RunEnded, Teller
from penstock.watching.origin import Origin
from penstock.watching.running import Ended, WatchRun, only_source
from penstock.watching.setup import Setup
from penstock.watching.status import PipelineCounters
from penstock.watching.waiting import WaitingGroups
from penstock.workers import WorkerPool

BUSY_SECONDS = 5.0
"""Time until the next try if another command uses the state folder."""
RETRY_SECONDS, LONGEST_RETRY = 60.0, 900.0
"""Time until the next run after one that stopped early. It doubles up to the longest one."""
IDLE_SECONDS = 300.0
"""Time until worker processes end that have nothing to read: their models take much memory."""


class PipelineRuns:
    """One run at a time over a batch of groups, and beside it one of each source that cannot be watched.

    All of them share the budget and the worker processes. Methods run on the loop's thread. `begin` comes
    before all others.

    Parameters
    ----------
    put
        Sends the end of a run to the loop, from any thread.
    ad_hoc
        Whether the pipeline is that of a command line: its state folder is shared with others.
    """

    def __init__(
        self,
        index: int,
        put: Callable[[RunEnded], None],
        teller: Teller,
        counters: PipelineCounters,
        *,
        ad_hoc: bool,
    ) -> None:
        self._index, self._put, self._teller, self._counters = index, put, teller, counters
        self._ad_hoc = ad_hoc
        self.batch: dict[Group, Look] = {}
        """The groups that are being read."""
        self._run: WatchRun | None = None  # over the batch
        self._others: dict[int, WatchRun] = {}  # by the index of their source
        self._pool = WorkerPool()
        self._pool_until: float | None = None  # when the worker processes end if no run begins
        self._pages_sent, self._spent = 0, 0.0
        self._retries = 0

    def begin(self, origin: Origin, setup: Setup) -> None:
        """Use a pipeline from now on. No run goes on."""
        self._origin, self._setup = origin, setup
        self._not_before: float | None = None  # no run before this time
        self._due_others = list(setup.others)
        self._end_workers()

    @property
    def is_reading(self) -> bool:
        """Whether a run over a batch goes on."""
        return self._run is not None

    @property
    def is_running(self) -> bool:
        """Whether any run goes on."""
        return self.is_reading or bool(self._others)

    def next_due(self, now: float, *, are_ready: bool) -> float | None:
        """Return when `start` or `end_idle_workers` has something to do; None if not.

        ``are_ready`` says whether groups wait for a run.
        """
        starts = None
        if (are_ready or self._due_others) and not self.is_reading:
            starts = now if self._not_before is None else self._not_before
        return soonest(starts, self._pool_until)

    def ask_others_again(self) -> None:
        """Let the sources that cannot be watched be asked by the next run, except live ones."""
        sources = self._setup.configuration.of_kind("source")
        for index in self._setup.others:
            is_live = bool(getattr(type(sources[index].component), "is_live", False))
            if not is_live and index not in self._others and index not in self._due_others:
                self._due_others.append(index)

    def start(self, waiting: WaitingGroups, now: float) -> None:
        """Start the runs that are due."""
        if self._not_before is not None and self._not_before > now:
            return
        for index in self._due_others:
            configuration = only_source(self._origin.configuration(), index)
            run = WatchRun(configuration, self._options(), self._ended(index), self._pool)
            self._others[index] = run
            run.start()
        self._due_others = []
        if self.is_reading or not waiting.ready:
            return
        self.batch = waiting.next_batch()
        files = groups_with((group, look.files) for group, look in self.batch.items())
        configuration = self._origin.configuration()
        self._run = WatchRun(configuration, self._options(), self._ended(None), self._pool, files)
        self._run.start()
        self._pool_until = None

    def _options(self) -> RunOptions:
        engine = self._setup.configuration.engine
        max_pages = None if engine.max_pages is None else max(0, engine.max_pages - self._pages_sent)
        budget = None if engine.budget is None else max(0.0, engine.budget - self._spent)
        is_shared = self._ad_hoc or len(self._setup.others) + bool(self._setup.files.sources) > 1
        return RunOptions(
            max_pages=max_pages, budget=budget, ad_hoc=is_shared, result_index=user_result_index()
        )

    def _ended(self, source: int | None) -> Ended:
        def ended(report: RunReport | None, outcome: Outcome, error: BaseException | None) -> None:
            self._put(RunEnded(self._index, report, outcome, error, source))

        return ended

    def take_end(self, message: RunEnded, now: float) -> dict[Group, Look]:
        """Take the end of a run, and return the groups of its batch."""
        if message.report is not None:
            self._count(message.report, message.outcome)
        self._tell(message)
        is_unfinished = message.report is None or bool(message.report.stopped)
        batch: dict[Group, Look] = {}
        if message.source is None:
            batch, self.batch, self._run = self.batch, {}, None
        else:
            del self._others[message.source]
            if is_unfinished:
                self._due_others.append(message.source)
        self._pool_until = None if self._pool.is_empty else now + IDLE_SECONDS
        self._wait_if(message, now, is_unfinished=is_unfinished)
        return batch

    def _count(self, report: RunReport, outcome: Outcome) -> None:
        self._pages_sent += report.pages_sent
        self._spent += report.cost or 0.0
        self._counters.files_read += len(outcome.read)
        self._counters.files_failed += len(outcome.failed)

    def _tell(self, message: RunEnded) -> None:
        stopped = ""
        if message.error is not None:
            stopped = str(message.error)
            if stopped != self._counters.stopped:
                self._teller.run_failed(message.error)
        elif message.report is not None:
            stopped = str(message.report.stopped or "")
            is_told = bool(stopped) and stopped == self._counters.stopped and not message.report.failed
            if not is_told:
                self._teller.run_ended(message.report)
        self._counters.stopped = stopped

    def _wait_if(self, message: RunEnded, now: float, *, is_unfinished: bool) -> None:
        """Wait before the next run if this one could not read everything."""
        if not is_unfinished:
            self._retries, self._not_before = 0, None
        elif isinstance(message.error, StateBusy):
            self._not_before = now + BUSY_SECONDS
        else:
            self._not_before = now + min(RETRY_SECONDS * 2**self._retries, LONGEST_RETRY)
            self._retries = min(self._retries + 1, 10)

    def end_idle_workers(self, now: float) -> None:
        """Let worker processes exit that have had nothing to read for a while."""
        if self._pool_until is not None and self._pool_until <= now:
            self._end_workers()

    def _end_workers(self) -> None:
        """Let worker processes exit that no run has."""
        self._pool.close()
        self._pool, self._pool_until = WorkerPool(), None

    def stop_others(self) -> None:
        """End the runs of sources that cannot be watched soon."""
        for run in self._others.values():
            run.stop()

    def stop(self) -> None:
        """End all runs soon."""
        self.stop_others()
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Let the worker processes exit."""
        self._pool.close()
