"""The engine runs pipelines: it waits, retries, remembers results, and never pays twice.

::

    sources ──intake──▶ page flow ──▶ scheduler ──submit/poll/amend──▶ page flow
                                                                          │
                      journal (all that outlives the run)          document flow ──▶ sinks

Threads, what they run, and what they own:

=======================  =====================================  ===========================================
thread                   runs                                   owns
=======================  =====================================  ===========================================
main                     `Execution.loop`                       all jobs, queues, counters and the
                                                                scheduler; the journal's pending changes
penstock-intake          `Intake.walk`: sources, transforms     the walk; the ``inputs`` and ``claims`` of
                                                                the journal's outputs
penstock-call-N (≤ 15)   `submit`, `poll` and `amend`           nothing: reads the job of its call, which
                                                                does not change meanwhile
penstock-sink-NAME       one sink's `write`                     the output files; loads pages from the
                                                                journal and `PageCache`
penstock-observer-NAME   one observer's events                  its observer
=======================  =====================================  ===========================================

- Other threads talk to the main thread by messages in one inbox (`penstock.engine.jobs`). The main
  thread never waits for a plugin. A plugin that hangs is given up after ``[engine] call_deadline`` seconds
  (`threads.Deadline`), and its thread is replaced. All threads are daemons and are never joined, except
  observers, which have `observers.PATIENCE` seconds at the end.
- Three locks guard what two threads share: `threads.Gate` (intake and main), the one in `PageCache` (main
  and sinks), and `SinkWorker`'s, which lets either the sink or the main thread end a document.
- The journal's database serializes its statements. Methods of the journal that may be called from any
  thread say so; all others belong to the main thread.
- The main loop commits the journal before it starts calls and sinks (`penstock.engine.execution`).

The constants that bound a run are in `penstock.engine.context`: 15 call threads, 30 seconds to finish after
Ctrl-C, 64 open documents.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.engine.computation import where_it_computes
    from penstock.engine.context import RunOptions
    from penstock.engine.journal.expenses import Costs, Expense, costs_of
    from penstock.engine.journal.maintenance import Forgotten, RawAnswer, forget, raw_answers
    from penstock.engine.journal.status import CurrentRun, Status, status_of
    from penstock.engine.page_sample import PageSample
    from penstock.engine.run import Run
    from penstock.engine.survey import Survey
else:
    _MODULES = {
        "Costs": "journal.expenses",
        "CurrentRun": "journal.status",
        "Expense": "journal.expenses",
        "Forgotten": "journal.maintenance",
        "PageSample": "page_sample",
        "RawAnswer": "journal.maintenance",
        "Run": "run",
        "RunOptions": "context",
        "Status": "journal.status",
        "Survey": "survey",
        "costs_of": "journal.expenses",
        "forget": "journal.maintenance",
        "raw_answers": "journal.maintenance",
        "status_of": "journal.status",
        "where_it_computes": "computation",
    }
    """Names that are imported when they are first used. Commands that read a journal need few of them."""

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


# Without a handler of the application, logging would print warnings to stderr.
logging.getLogger("penstock").addHandler(logging.NullHandler())

__all__ = [
    "Costs",
    "CurrentRun",
    "Expense",
    "Forgotten",
    "PageSample",
    "RawAnswer",
    "Run",
    "RunOptions",
    "Status",
    "Survey",
    "costs_of",
    "forget",
    "raw_answers",
    "status_of",
    "where_it_computes",
]
