"""The groups of a pipeline that are not known to be whole, and those that are ready to be read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from penstock.watching.groups import Group, Look, WatchedFiles
from penstock.watching.wholeness import Verdict, Waiting, after_look
from penstock.watching.writers import FileId

MOST_WAITING = 10_000
"""Groups that wait at a time. If more files change at once, all files are looked at again later."""
BATCH = 500
"""Groups that one run reads, fewer than `MOST_WAITING`. A walk over all files goes on if there are fewer."""
WALKED = 1000
"""Files that a walk passes over before other work is done."""
REMEMBERED = 4096
"""Groups whose last reading is remembered, so that a late notice does not start a run."""


@dataclass(slots=True)
class WaitingGroups:
    """What a pipeline waits for. Its memory is bounded, however many files there are.

    Parameters
    ----------
    open_files
        Returns the files that are open for writing. Called only when a group would else be whole.
    """

    files: WatchedFiles
    quiet: float
    open_files: Callable[[], Collection[FileId]]
    ready: OrderedDict[Group, Look] = field(default_factory=OrderedDict)
    _waiting: dict[Group, Waiting] = field(default_factory=dict)
    _done: OrderedDict[Group, bytes] = field(default_factory=OrderedDict)
    _walk: Iterator[Group | None] | None = None
    _walks_again: bool = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self.ready)

    def has(self, group: Group) -> bool:
        """Return whether a group waits."""
        return group in self._waiting or group in self.ready

    @property
    def next_due(self) -> float | None:
        """The time of the next look; None if none is due without a notice."""
        return min((each.due for each in self._waiting.values() if each.due is not None), default=None)

    @property
    def is_walking(self) -> bool:
        """Whether a walk over all files may go on now."""
        return (self._walk is not None or self._walks_again) and len(self) < BATCH

    def walk(self) -> None:
        """Look at all files again, from the beginning. New files come first."""
        self._walks_again = True

    def go_on_walking(self, now: float) -> None:
        """Take some more groups of the walk over all files."""
        if not self.is_walking:
            return
        if self._walk is None:
            self._walk, self._walks_again = self.files.new_first(), False
        last: Group | None = None
        for passed, group in enumerate(self._walk, 1):
            if group is not None and group != last:
                self.take(group, now)
                last = group
            if len(self) >= BATCH or passed >= WALKED:
                return
        self._walk = None

    def take(self, group: Group, now: float) -> None:
        """Take a group that may have changed."""
        if group in self._waiting or len(self._waiting) < MOST_WAITING:
            self.ready.pop(group, None)
            self._look([group], now)
        else:
            self._walks_again = True

    def look_again(self, now: float) -> None:
        """Look at all groups that are due."""
        due = [group for group, each in self._waiting.items() if each.due is not None and each.due <= now]
        self._look(due, now)

    def _look(self, groups: Iterable[Group], now: float) -> None:
        open_files: Collection[FileId] | None = None
        for group in groups:
            look, before = self.files.look(group), self._waiting.get(group)
            if look.fingerprint is not None and self._done.get(group) == look.fingerprint:
                self._waiting.pop(group, None)
                continue
            state = after_look(before, look.seen(()), now, self.quiet)
            if state is Verdict.WHOLE:
                open_files = self.open_files() if open_files is None else open_files
                state = after_look(before, look.seen(open_files), now, self.quiet)
            if isinstance(state, Waiting):
                self._waiting[group] = state
                continue
            self._waiting.pop(group, None)
            if state is Verdict.WHOLE:
                self.ready[group] = look

    def next_batch(self) -> dict[Group, Look]:
        """Take out the groups that the next run reads, those that came first."""
        batch: dict[Group, Look] = {}
        while self.ready and len(batch) < BATCH:
            group, look = self.ready.popitem(last=False)
            batch[group] = look
        return batch

    def put_back(self, batch: Iterable[tuple[Group, Look]]) -> None:
        """Let groups be read again that a run did not come to."""
        for group, look in batch:
            if group not in self._waiting:
                self.ready.setdefault(group, look)

    def note_done(self, group: Group, look: Look) -> None:
        """Remember what was read, so that the same content is not read again."""
        if look.fingerprint is not None:
            self._done[group] = look.fingerprint
            self._done.move_to_end(group)
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
