"""The run: intake, the submit/poll schedule, rates, what is remembered, delivery to sinks, the report.

::

    sources ──intake──▶ schedule ──submit/poll──▶ shelf ──delivery──▶ sinks
                           │                        │
                         pace (one per recognizer)  journal (all that outlives the run)

One thread schedules; a few make the calls; one takes documents in; one serves each sink; one tells the
observers. None of them waits inside a plugin.
"""

from penstock.engine.journal.forgetting import Forgotten, forget
from penstock.engine.journal.status import RawAnswer, Status, raw_answers, status_of
from penstock.engine.run import Run, RunOptions, run
from penstock.engine.survey import Survey, survey

__all__ = [
    "Forgotten",
    "RawAnswer",
    "Run",
    "RunOptions",
    "Status",
    "Survey",
    "forget",
    "raw_answers",
    "run",
    "status_of",
    "survey",
]
