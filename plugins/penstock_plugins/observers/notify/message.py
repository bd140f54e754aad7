"""What a notification says: its facts, and the text that a template makes of them."""

from __future__ import annotations

import string
from dataclasses import asdict, dataclass
from typing import Literal

from penstock.report import RunReport, counted, money, printable

Event = Literal["finished", "failed", "stopped", "outage"]

DEFAULT_TEXT = "{pipeline}: {message}"


@dataclass(frozen=True, slots=True)
class Message:
    """One notification. It names no scan, and has no recognized text.

    Parameters
    ----------
    event
        The most severe of what is told.
    message
        The same in words.
    pages_read, pages_known, failed, documents_written
        Sums over the runs that it is about; 0 for an outage.
    """

    event: Event
    pipeline: str
    run: str
    message: str
    pages_read: int = 0
    pages_known: int = 0
    failed: int = 0
    documents_written: int = 0
    cost: float = 0.0
    runs: int = 0


FIELDS = tuple(Message.__dataclass_fields__)

_SEVERITY: tuple[Event, ...] = ("finished", "failed", "outage", "stopped")


def of_report(report: RunReport, run: str) -> Message:
    """Return the notification about the end of a run."""
    counts = (
        report.pages_read,
        report.pages_known,
        report.failed,
        report.documents_written,
        report.cost or 0.0,
    )
    text = _counted(*counts)
    event: Event = "failed" if report.failed else "finished"
    if report.stopped:
        event, text = "stopped", f"stopped, because {report.stopped.why}; {text}"
    return Message(event, report.pipeline, run, text, *counts, runs=1)


def joined(messages: list[Message]) -> Message:
    """Return several notifications as one."""
    if len(messages) == 1:
        return messages[0]
    last = messages[-1]
    ends = [each for each in messages if each.runs]
    read, known = sum(each.pages_read for each in ends), sum(each.pages_known for each in ends)
    failed, written = sum(each.failed for each in ends), sum(each.documents_written for each in ends)
    cost, runs = sum(each.cost for each in ends), sum(each.runs for each in ends)
    told = [each.message for each in messages if each.event in ("outage", "stopped")][-3:]
    if runs:
        told.append(f"{counted(runs, 'run')}: {_counted(read, known, failed, written, cost)}")
    event = max((each.event for each in messages), key=_SEVERITY.index)
    text = "; ".join(told)
    return Message(event, last.pipeline, last.run, text, read, known, failed, written, cost, runs)


def check_template(text: str) -> None:
    """Raise ValueError for a template with other fields than those of a message."""
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        unknown = [name for name in names if name not in FIELDS]
        if not unknown:
            text.format(**asdict(Message("failed", "", "", "")))
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"text is no template: {error}; write {{{{ and }}}} for braces") from None
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        raise ValueError(f"text must have only the fields {known}, got {{{unknown[0]}}}")


def text_of(message: Message, template: str) -> str:
    """Return the text of a message, on one line unless the template has several."""
    facts = {
        name: printable(value) if isinstance(value, str) else value for name, value in asdict(message).items()
    }
    return template.format(**facts)


def _counted(read: int, known: int, failed: int, written: int, cost: float) -> str:
    parts = [f"{counted(read, 'page')} read"]
    parts += [f"{known} known"] if known else []
    parts += [counted(failed, "failure")] if failed else []
    parts += [f"{counted(written, 'document')} written"]
    parts += [f"cost {money(cost)}"] if cost else []
    return ", ".join(parts)
