"""Tells systemd that the watch is ready, works and stops: sd_notify(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class ServiceManager:
    """Sends states to the socket that systemd names. Does nothing without one.

    ``environment`` has ``NOTIFY_SOCKET``, and ``WATCHDOG_USEC`` if the service has a watchdog.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        microseconds = environment.get("WATCHDOG_USEC", "")
        is_ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.beat_seconds: float | None = None
        """Time between two signs of life; None if no watchdog waits for them."""
        if self._address and microseconds.isdecimal() and is_ours:
            # Twice as often as needed, as sd_watchdog_enabled(3) recommends.
            self.beat_seconds = int(microseconds) / 2e6

    def ready(self) -> None:
        """Tell that the watch has begun."""
        self._send("READY=1")

    def beat(self) -> None:
        """Tell that the loop still works."""
        if self.beat_seconds is not None:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the watch ends."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        # An abstract address begins with a null byte, which is written as @.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
        ):
            channel.sendto(state.encode(), address)
