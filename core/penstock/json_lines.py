"""The lines that ``--log-format json`` prints on stderr: one JSON object for each event.

`penstock schema --events` prints their JSON Schema. Later versions of penstock may add events and keys
without changing `SCHEMA_VERSION`, so readers must ignore those that they do not know.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.model import EventContext

SCHEMA_VERSION = 1  # raised when an event or a key is removed, or changes its meaning


def utc(seconds: float) -> str:
    """Return a Unix time in ISO 8601, in UTC."""
    when = datetime.fromtimestamp(seconds, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_line(event: str, context: EventContext | None = None, *, run: str = "", **facts: Any) -> str:
    """Return an event as one line of ASCII, without the newline.

    Without a context, the time is now and the run is the given one. Facts that JSON has no form for, such as
    paths, become text.
    """
    line: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "time": utc(context.time if context else time.time()),
        "run": context.run if context else run,
        "event": event,
    }
    if context:
        where = {"page_key": context.page_key, "recognizer": context.recognizer, "attempt": context.attempt}
        line |= {key: value for key, value in where.items() if value}
    return json.dumps(line | facts, default=str)
