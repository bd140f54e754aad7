"""Delivers notifications on a thread of its own, and joins those that follow each other quickly."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from penstock_plugins.observers.notify.message import Message, joined
from penstock_plugins.observers.notify.retrying import NotDelivered, deliver

LAST_SECONDS = 25.0
"""How long the end waits for notifications that are on their way, with their repetitions."""

_log = logging.getLogger(__name__)


class Channel(Protocol):
    """Where notifications go."""

    @property
    def title(self) -> str:
        """What takes them, for messages."""

    def send(self, message: Message, text: str, time: float) -> None:
        """Send one. Raises NotDelivered."""


class Delivery:
    """The thread that sends notifications to all channels.

    The first notification is sent at once. Those of the ``every`` seconds after it are joined into one.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        text: Callable[[Message], str],
        every: float,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._channels, self._text, self._every = channels, text, every
        self._now, self._wait = now, wait
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._failures: dict[str, str] = {}
        self._thread = threading.Thread(name="penstock-notify", target=self._serve, daemon=True)
        self._thread.start()

    def put(self, message: Message) -> None:
        """Send a message soon."""
        self._queue.put(message)

    def close(self) -> dict[str, str]:
        """Send what waits, and return why channels did not take notifications, by their titles."""
        self._queue.put(None)
        self._thread.join(LAST_SECONDS)
        late = {each.title: "it did not answer in time" for each in self._channels}
        return late if self._thread.is_alive() else self._failures

    def _serve(self) -> None:
        waiting: list[Message] = []
        free_at, is_open = self._now(), True
        while is_open:
            try:
                item = self._queue.get(timeout=max(0.0, free_at - self._now()) if waiting else None)
            except queue.Empty:
                pass
            else:
                is_open = item is not None
                waiting += [item] if item is not None else []
            if waiting and (self._now() >= free_at or not is_open):
                self._send(joined(waiting))
                waiting.clear()
                free_at = self._now() + self._every

    def _send(self, message: Message) -> None:
        text, sent_at = self._text(message), time.time()
        for channel in self._channels:
            try:
                deliver(partial(channel.send, message, text, sent_at), self._wait)
            except NotDelivered as error:
                self._note(channel, str(error))
            except Exception as error:  # its message could quote a secret
                self._note(channel, type(error).__name__)

    def _note(self, channel: Channel, why: str) -> None:
        self._failures[channel.title] = why
        _log.warning("a notification was not delivered: %s: %s", channel.title, why)
