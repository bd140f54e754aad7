"""Shows a notification on the desktop of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass

from penstock_plugins.observers.notify.message import Message
from penstock_plugins.observers.notify.retrying import NotDelivered

TIMEOUT = 10.0
_APPLE_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


@dataclass(frozen=True, slots=True)
class Desktop:
    """The program that shows notifications: ``notify-send``, or ``osascript`` on macOS."""

    title: str = "the desktop"

    def send(self, message: Message, text: str, time: float) -> None:  # noqa: ARG002  as `Webhook.send`
        """Show a notification. Raises NotDelivered."""
        command = command_for(f"penstock: {message.pipeline}", text, platform=sys.platform)
        if shutil.which(command[0]) is None:
            raise NotDelivered(f"{command[0]} is not installed", is_temporary=False)
        try:
            subprocess.run(
                command, check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NotDelivered(f"{command[0]} failed: {type(error).__name__}", is_temporary=False) from None


def command_for(title: str, text: str, *, platform: str) -> list[str]:
    """Return the command that shows a text."""
    if platform == "darwin":
        lines = [word for line in _APPLE_SCRIPT for word in ("-e", line)]
        return ["osascript", *lines, title, text]
    return ["notify-send", "--app-name=penstock", "--", title, text]
