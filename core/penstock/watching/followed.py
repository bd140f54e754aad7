"""One pipeline of a watch: what it waits for, and what follows when files were read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import IO

from penstock.engine.threads import soonest
from penstock.errors import PenstockError
from penstock.model import Problem
from penstock.watching.batch import Outcome
from penstock.watching.groups import Group, Look
from penstock.watching.messages import PathsChanged, RunEnded, Teller
from penstock.watching.origin import Origin
from penstock.watching.polling import Snapshot
from penstock.watching.presence import is_folder, is_there
from penstock.watching.runs import PipelineRuns
from penstock.watching.setup import Setup, lock
from penstock.watching.status import PipelineCounters
from penstock.watching.waiting import WaitingGroups
from penstock.watching.writers import FileId

RELOAD_SECONDS = 1.0
"""How long a pipeline file must stay the same before it is taken up."""
LOST_SECONDS = 10.0
"""Time between two looks for a watched folder that is gone."""

Put = Callable[[PathsChanged | RunEnded], None]


class FollowedPipeline:
    """A pipeline that is watched. Its methods run on the loop's thread.

    Raises PenstockError if it cannot be watched.

    Parameters
    ----------
    put
        Sends a message to the loop, from any thread.
    open_files
        Returns the files that are open for writing.
    pipelines
        Returns all pipelines of the watch. Several may watch one folder: none reads what another one has
        moved, and files are moved or deleted only after all of them have read them.
    ad_hoc
        Whether the pipeline is that of a command line: its state folder is shared with others.
    """

    def __init__(
        self,
        index: int,
        origin: Origin,
        put: Put,
        teller: Teller,
        *,
        open_files: Callable[[], Collection[FileId]],
        pipelines: Callable[[], Iterable[FollowedPipeline]],
        poll: float | None,
        ad_hoc: bool,
    ) -> None:
        self._index, self._origin, self._put, self._teller = index, origin, put, teller
        self._open_files, self._pipelines = open_files, pipelines
        self._poll, self._ad_hoc = poll, ad_hoc
        self.counters = PipelineCounters()
        self._runs = PipelineRuns(index, put, teller, self.counters, ad_hoc=ad_hoc)
        self._undone: list[tuple[Group, Look, Outcome]]  # actions that wait for other pipelines
        self._reload_at: float | None = None
        self._next: Origin | None = None  # a changed pipeline file that waits for a quiet moment
        self._refused = ""
        self._is_stopping = False
        self._lock: IO[bytes] | None = None
        self._setup = self._made(origin)
        self.name = self._setup.configuration.name
        if self._setup.lost:
            lost = self._setup.lost[0]
            self._setup.close()
            raise PenstockError(f"{lost}: there is no such file or folder", "create it, or check the path")
        if not ad_hoc:
            self._lock = lock(self._setup.configuration.state)
        self._begin()

    def _made(self, origin: Origin) -> Setup:
        def notify(paths: Iterable[Path]) -> None:
            self._put(PathsChanged(self._index, list(paths)))

        def moved_to() -> list[Path]:
            return [folder for each in self._pipelines() for folder in each.moves_to]

        note, poll = self._teller.note, self._poll
        return Setup(origin.configuration(), origin.path, notify, note, poll, moved_to)

    def _begin(self) -> None:
        """Begin with all files, after a start or a change of the pipeline."""
        self._waiting = WaitingGroups(self._setup.files, self._setup.quiet, self._open_files)
        self._snapshot = Snapshot(self._setup.files)
        self._poll_at: float | None = None
        self._lost_at = 0.0 if self._setup.lost else None
        self.counters.gone = str(self._setup.lost[0]) if self._setup.lost else ""
        self._undone = []  # they follow after the walk
        self._runs.begin(self._origin, self._setup)
        self._waiting.walk()
        if self._setup.poll is not None:
            self._poll_at = 0.0

    @property
    def moves_to(self) -> list[Path]:
        """The folders that files are moved to."""
        return self._setup.actions.folders

    def has_to_read(self, files: Iterable[Path]) -> bool:
        """Return whether one of some files waits to be read, or is being read."""
        groups = {group for path in files for group in self._setup.files.groups_of(path)}
        return any(group in self._runs.batch or self._waiting.has(group) for group in groups)

    @property
    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self._runs.is_running

    def next_due(self, now: float) -> float | None:
        """Return when `turn` has something to do without a message; None if not."""
        if self._is_stopping:
            return None
        if self._waiting.is_walking or (self._next and not self.is_running):
            return now
        runs = self._runs.next_due(now, are_ready=bool(self._waiting.ready))
        return soonest(self._waiting.next_due, runs, self._poll_at, self._reload_at, self._lost_at)

    def take(self, paths: Sequence[Path], now: float) -> None:
        """Take changed paths."""
        file = self._origin.path
        for path in paths:
            if file is not None and path.name == file.name and path == file.resolve():
                self._reload_at = now + RELOAD_SECONDS
            if path in self._setup.files.places and self._is_replaced(path, now):
                continue
            for group in self._setup.files.groups_of(path):
                self._waiting.take(group, now)

    def _is_replaced(self, place: Path, now: float) -> bool:
        """Look at a watched folder that was moved or removed, or of which notices were lost.

        It is watched anew, because the notices belong to the folder that was moved. False for a single file.
        """
        if is_there(place) and not is_folder(place):
            return False
        if is_there(place):
            self._change_to(self._origin)
        else:
            self._lose(place, now)
        return True

    def _lose(self, place: Path, now: float) -> None:
        if self._lost_at is None:
            self.counters.gone = str(place)
            self._teller.note(Problem(str(place), "is gone", "it is read again when it is back", place))
            self._lost_at = now + LOST_SECONDS

    def turn(self, now: float) -> None:
        """Do what is due."""
        if self._is_stopping:
            return
        if self._lost_at is not None and self._lost_at <= now:
            self._look_for_lost(now)
        if self._reload_at is not None and self._reload_at <= now:
            self._look_at_file()
        if self._next is not None and not self.is_running:
            self._take_up(self._next)
        if self._poll_at is not None and self._poll_at <= now:
            self._look_at_all(now)
        undone, self._undone = self._undone, []
        for group, look, outcome in undone:
            self._act_when_free(group, look, outcome, now)
        self._waiting.go_on_walking(now)
        self._waiting.look_again(now)
        if self._next is None:
            self._runs.start(self._waiting, now)
        self._runs.end_idle_workers(now)
        self.counters.waiting = len(self._waiting) + len(self._runs.batch)
        self.counters.running = self._runs.is_reading

    def _look_at_all(self, now: float) -> None:
        for place in self._setup.files.places:
            if not is_there(place):
                self._lose(place, now)
        is_first = self._snapshot.is_empty  # all files are walked anyway
        for path in self._snapshot.changed():
            for group in () if is_first else self._setup.files.groups_of(path):
                self._waiting.take(group, now)
        self._poll_at = now + (self._setup.poll or 0.0)
        if self._origin.path is not None:
            self._reload_at = now
        self._runs.ask_others_again()

    def _look_for_lost(self, now: float) -> None:
        if all(is_there(place) for place in self._setup.files.places):
            self._change_to(self._origin)
        else:
            self._lost_at = now + LOST_SECONDS

    def _look_at_file(self) -> None:
        self._reload_at = None
        try:
            changed = self._origin.changed()
        except PenstockError as error:
            self._refuse(error)
            return
        self.counters.broken_file, self._refused = False, ""
        if changed is not None:
            self._change_to(changed)

    def _change_to(self, origin: Origin) -> None:
        """Take up a pipeline once no run goes on. Until then, no run begins."""
        self._next = origin
        self._runs.stop_others()

    def _refuse(self, error: PenstockError) -> None:
        self.counters.broken_file = True
        if str(error) != self._refused and self._origin.path is not None:
            self._refused = str(error)
            self._teller.refused(self._origin.path, error)

    def _take_up(self, origin: Origin) -> None:
        """Go on with another pipeline. If it cannot be watched, the old one goes on."""
        self._next = None
        try:
            made = self._made(origin)
            if made.configuration.state != self._setup.configuration.state and not self._ad_hoc:
                new_lock = lock(made.configuration.state)
                if self._lock is not None:
                    self._lock.close()
                self._lock = new_lock
        except (PenstockError, OSError) as error:
            origin.close()
            self._refuse(error if isinstance(error, PenstockError) else PenstockError(str(error)))
            return
        if origin is not self._origin:
            self._teller.note(Problem(str(origin.path), "has changed and is used from now on"))
        self._setup.close()
        self._setup, self._origin = made, origin
        self._begin()

    def run_ended(self, message: RunEnded, now: float) -> None:
        """Take the end of a run."""
        batch = self._runs.take_end(message, now)
        if message.source is None:
            self._end_batch(batch, message, now)

    def _end_batch(self, batch: dict[Group, Look], message: RunEnded, now: float) -> None:
        report, outcome = message.report, message.outcome
        tried = outcome.read | outcome.failed.keys()
        unfinished = report is None or report.stopped or report.interrupted
        open_files = self._open_files() if self._setup.actions.has_any else ()
        for group, look in batch.items():
            if unfinished and not tried.intersection(look.files):
                self._waiting.put_back([(group, look)])
                continue
            if look.seen(open_files).is_open:  # what is written now would be moved or deleted unread
                self._waiting.take(group, now)
                continue
            self._waiting.note_done(group, look)
            self._act_when_free(group, look, outcome, now)

    def _act_when_free(self, group: Group, look: Look, outcome: Outcome, now: float) -> None:
        if self._setup.files.look(group).fingerprint != look.fingerprint:
            self._waiting.take(group, now)
        elif any(each is not self and each.has_to_read(look.files) for each in self._pipelines()):
            self._undone.append((group, look, outcome))
        else:
            self._act(look, outcome)

    def _act(self, look: Look, outcome: Outcome) -> None:
        """Move or delete the files of a group that has not changed since it was whole."""
        reasons = {path: outcome.failed[path] for path in look.files if path in outcome.failed}
        for path, texts in reasons.items():
            self._setup.actions.after_failure(path, texts)
        if not reasons:
            self._setup.actions.after_success(path for path in look.files if path in outcome.read)

    def stop(self) -> None:
        """End the runs soon, and start no more."""
        self._is_stopping = True
        self._runs.stop()

    def leave_observers(self) -> None:
        """Leave the observers that serve all runs. One may wait for its network. On any thread."""
        self._origin.close()

    def close(self) -> None:
        """End the notices, and let other watches use the state folder."""
        self._runs.close()
        self._setup.close()
        if self._lock is not None:
            self._lock.close()
