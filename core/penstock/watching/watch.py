"""The loop of a watch: takes messages, and lets each pipeline do what is due."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from penstock.engine.threads import soonest, start_daemon
from penstock.watching.followed import FollowedPipeline
from penstock.watching.messages import Message, PathsChanged, Ping, RunEnded, StopAsked, Teller
from penstock.watching.origin import Origin
from penstock.watching.service_manager import ServiceManager
from penstock.watching.status import WatchStatus
from penstock.watching.writers import FileId, open_for_writing

MOST_MESSAGES = 1000
"""Messages that are taken before the pipelines do what is due."""


class Clock(Protocol):
    """The time of a watch."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment; they never decrease."""

    def receive(self, inbox: queue.SimpleQueue[Message], timeout: float | None) -> Message | None:
        """Return the next message, or None after ``timeout`` seconds; None as timeout waits without limit."""


class SystemClock:
    """The system's monotonic clock."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment."""
        return time.monotonic()

    def receive(self, inbox: queue.SimpleQueue[Message], timeout: float | None) -> Message | None:
        """Sleep until a message comes or the time is over."""
        try:
            return inbox.get(timeout=timeout)
        except queue.Empty:
            return None


class Watch:
    """Watches the files of pipelines until it is stopped. Call `run` once; other methods from any thread.

    Parameters
    ----------
    origins
        The pipelines. Each has its own state folder, batches and runs.
    poll
        Seconds between two looks at all files, for all pipelines; None for each one's own option.
    ad_hoc
        Whether the pipelines are those of a command line, which share a state folder.
    """

    def __init__(
        self,
        origins: Sequence[Origin],
        teller: Teller,
        *,
        poll: float | None = None,
        ad_hoc: bool = False,
        clock: Clock | None = None,
        open_files: Callable[[], Collection[FileId]] = open_for_writing,
        manager: ServiceManager | None = None,
    ) -> None:
        self._origins, self._teller, self._poll, self._ad_hoc = origins, teller, poll, ad_hoc
        self._clock: Clock = clock or SystemClock()
        self._open_files = open_files
        self._manager = manager or ServiceManager()
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._pipelines: list[FollowedPipeline] = []
        self._beat_at = self._clock.now()
        self.status = WatchStatus()

    def stop(self) -> None:
        """End in good order: runs send nothing more, and write the documents that are complete."""
        self._inbox.put(StopAsked())

    def answers(self, seconds: float) -> bool:
        """Return whether the loop answers within some seconds."""
        answered = threading.Event()
        self._inbox.put(Ping(answered))
        return answered.wait(seconds)

    def run(self) -> None:
        """Watch until `stop` is called. Raises PenstockError if nothing was started."""
        try:
            self._open()
            self.status.is_ready = True
            self._manager.ready()
            while not self._is_over():
                self._turn()
        finally:
            self._close()

    def _close(self) -> None:
        # Observers of several pipelines may wait for one server, so they are left side by side.
        leaving = [start_daemon("penstock-watch-end", each.leave_observers) for each in self._pipelines]
        for pipeline in self._pipelines:
            pipeline.close()
        for thread in leaving:
            thread.join()

    def _open(self) -> None:
        for index, origin in enumerate(self._origins):
            pipeline = FollowedPipeline(
                index,
                origin,
                self._inbox.put,
                self._teller,
                open_files=self._open_files,
                pipelines=lambda: self._pipelines,
                poll=self._poll,
                ad_hoc=self._ad_hoc,
            )
            self._pipelines.append(pipeline)
            # Two pipelines may have one name.
            name = (
                pipeline.name
                if pipeline.name not in self.status.pipelines
                else f"{pipeline.name} ({index + 1})"
            )
            self.status.pipelines[name] = pipeline.counters

    def _is_over(self) -> bool:
        return self.status.is_stopping and not any(each.is_running for each in self._pipelines)

    def _turn(self) -> None:
        now = self._clock.now()
        for pipeline in self._pipelines:
            pipeline.turn(now)
        if self._manager.beat_seconds is not None and self._beat_at <= now:
            self._manager.beat()
            self._beat_at = now + self._manager.beat_seconds
        if self._is_over():
            return
        beat = None if self._manager.beat_seconds is None else self._beat_at
        due = soonest(beat, *(pipeline.next_due(now) for pipeline in self._pipelines))
        message = self._clock.receive(self._inbox, None if due is None else max(0.0, due - now))
        for _ in range(MOST_MESSAGES):
            if message is None:
                return
            self._take(message)
            message = self._waiting_message()

    def _waiting_message(self) -> Message | None:
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _take(self, message: Message) -> None:
        now = self._clock.now()
        match message:
            case PathsChanged(index, paths):
                self._pipelines[index].take(paths, now)
            case RunEnded(index):
                self._pipelines[index].run_ended(message, now)
            case Ping(answered):
                answered.set()
            case StopAsked():
                self.status.is_stopping = True
                self._manager.stopping()
                for pipeline in self._pipelines:
                    pipeline.stop()
