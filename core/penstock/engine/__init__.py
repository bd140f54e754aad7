"""The run: intake, the submit/poll schedule, rates, what is remembered, delivery to sinks, the report.

::

    sources ──intake──▶ schedule ──submit/poll──▶ shelf ──delivery──▶ sinks
                           │                        │
                         pace (one per recognizer)  journal (what was written)

One thread schedules; a few make the calls; one takes documents in; one serves each sink; one tells the
observers. None of them waits inside a plugin.
"""

from penstock.engine.run import Run, RunOptions, run

__all__ = ["Run", "RunOptions", "run"]
