"""The JSON Schema of the lines that ``--log-format json`` prints: `penstock schema --events`."""

from __future__ import annotations

from typing import Any

from penstock.json_lines import SCHEMA_VERSION
from penstock.schema import DIALECT, schema_of

TEXT: dict[str, Any] = {"type": "string"}
TIME: dict[str, Any] = {"type": "string", "format": "date-time", "description": "UTC."}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
SECONDS: dict[str, Any] = {"type": "number", "minimum": 0, "description": "Seconds."}
MONEY: dict[str, Any] = {"type": "number", "minimum": 0, "description": "In the currency of the prices."}

PATHS: dict[str, Any] = {"type": "array", "items": TEXT, "description": "Paths of the files."}

DOCUMENT = {"document": {"type": "string", "description": "The document as its source names it."}}
PAGE = DOCUMENT | {"page": {"type": "integer", "minimum": 1, "description": "Number within the document."}}
REASON = {"why": TEXT, "hint": {"type": "string", "description": "What to do; may be empty."}}
PROBLEM = {"what": TEXT} | REASON
MESSAGE = {"what": TEXT, "hint": REASON["hint"]}

COMMON: dict[str, Any] = {
    "schema": {"const": SCHEMA_VERSION},
    "time": TIME,
    "run": {"type": "string", "description": "Identifies the run; empty outside of a run."},
}
"""Keys of every line, besides ``event``."""

CONTEXT: dict[str, Any] = {
    "page_key": {"type": "string", "description": "Identifies the page in all runs of its pipeline."},
    "recognizer": {"type": "string", "description": "The recognizer that has or had the page."},
    "attempt": {"type": "integer", "minimum": 1, "description": "Number of the submit or poll."},
}
"""Keys that lines have if they apply."""

EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "run_started": ("A run began.", {"pipeline": TEXT}),
    "source_status": (
        "A source asks people for something; an empty text ends it.",
        {"source": TEXT, "text": TEXT},
    ),
    "document_found": ("A source found a document.", DOCUMENT),
    "page_found": ("A source found a page.", PAGE),
    "pages_known": (
        "Pages that already had a result: one line for all of them. They have no other lines.",
        {"pages": COUNT},
    ),
    "page_submitted": ("A recognizer accepted the page.", PAGE),
    "page_polled": ("A recognizer was asked for the result and did not have it yet.", PAGE),
    "page_retried": ("A call failed and will be repeated.", PAGE | REASON | {"wait": SECONDS}),
    "recognizer_throttled": ("A service asked for a pause.", {"wait": SECONDS}),
    "recognizer_down": (
        "A service is down; the next call is made after the wait. Repeated after each failed call.",
        PROBLEM | {"since": TIME, "wait": SECONDS},
    ),
    "recognizer_up": ("A service that was down for so many seconds answers again.", {"seconds": SECONDS}),
    "budget_warning": (
        "At least 80% of a budget is spent. Once for each budget in a run.",
        {"budget": TEXT, "spent": MONEY, "limit": MONEY},
    ),
    "recognizer_stopped": (
        "A recognizer gets no more pages; the run goes on with those before it.",
        PROBLEM,
    ),
    "page_provisional": ("A rule did not accept the result; the page goes on.", PAGE | {"words": COUNT}),
    "disk_full": (
        "A disk is full; the next try is made after the wait. Repeated after each failed try.",
        PROBLEM | {"since": TIME, "wait": SECONDS},
    ),
    "disk_freed": ("There is room again on a disk that was full for so many seconds.", {"seconds": SECONDS}),
    "page_recognized": ("The page has a result.", PAGE | {"words": COUNT}),
    "page_failed": ("A page could not be read or recognized.", DOCUMENT | PROBLEM),
    "document_failed": ("A document could not be read, recognized or written.", PROBLEM),
    "document_written": ("The outputs of a document are written.", DOCUMENT | {"outputs": PATHS}),
    "run_finished": ("The run ended.", {"exit_code": COUNT, "pages_read": COUNT, "failed": COUNT}),
    "watch": ("`penstock watch` tells about a watched folder, a file of it, or its pipeline file.", PROBLEM),
    "ending": ("Ctrl-C stopped the sources, or a watch; what was begun is processed.", MESSAGE),
    "stopping": ("Ctrl-C stopped the run, which waits for pages in flight.", MESSAGE),
    "interrupted": ("Ctrl-C stopped the command at once.", MESSAGE),
    "error": ("Nothing was started, or the command failed.", {"place": TEXT} | MESSAGE),
    "log": ("A log record (--verbose, --debug).", {"level": TEXT, "logger": TEXT, "message": TEXT}),
}
"""The meaning of each event, and its own keys. ``report`` and ``dry_run`` are added from their classes."""

OWN_TEXT: dict[str, Any] = {
    "enum": ["empty", "born-digital"],
    "description": "Why the page is not sent: it shows no writing, or its own text is used.",
}
OPTIONAL: dict[str, dict[str, Any]] = {"log": {"traceback": TEXT}, "page_found": {"own_text": OWN_TEXT}}
"""Keys that not every line of an event has."""


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line. Readers should ignore events and keys that it does not name."""
    from penstock.engine import Survey
    from penstock.report import RunReport

    definitions: dict[str, Any] = {}
    report = schema_of(RunReport, definitions, "serialization")["properties"] | {"exit_code": COUNT}
    dry_run = schema_of(Survey, definitions, "serialization")["properties"]
    events = EVENTS | {
        "report": ("The end of a run, in full; the last line of `run`, `read`, `retry` and `write`.", report),
        "dry_run": ("What a run would do.", dry_run),
    }
    return {
        "$schema": DIALECT,
        "title": f"penstock events, schema {SCHEMA_VERSION}",
        "oneOf": [_variant(event, about, keys) for event, (about, keys) in events.items()],
        "$defs": definitions,
    }


def _variant(event: str, about: str, keys: dict[str, Any]) -> dict[str, Any]:
    common = COMMON | {"event": {"const": event}}
    return {
        "title": event,
        "description": about,
        "type": "object",
        "properties": common | CONTEXT | OPTIONAL.get(event, {}) | keys,
        "required": [*common, *keys],
    }
