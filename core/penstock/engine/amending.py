"""Runs the pipeline's amenders over recognizers' results, on the call threads."""

from __future__ import annotations

from collections import deque

from penstock.engine.calls import CallQueue
from penstock.engine.context import RunContext
from penstock.engine.jobs import Amended, Failed, Outcome, PageJob, PageState
from penstock.engine.journal.answers import Known
from penstock.engine.keys import RecognizerKey, amended_key
from penstock.engine.messages import CallEnded
from penstock.engine.problems import HANGING_HINT, ends_the_run, problem_of
from penstock.errors import PluginError
from penstock.model import Problem, Recognition


class AmenderError(Exception):
    """An amender raised; ``__cause__`` is its exception. The argument names the amender."""


class Amending:
    """The pages whose results are being amended; used on the main thread.

    Amending sends nothing: no rate and no budget applies, and a run that stops still does it.
    """

    def __init__(self, context: RunContext, calls: CallQueue, outcomes: deque[Outcome]) -> None:
        self._context, self._calls, self._outcomes = context, calls, outcomes
        self.pages = 0
        """Pages that are being amended."""

    def key_for(self, result: Known) -> RecognizerKey | None:
        """Return the key of a result's amended form; None if the result must stay as it is.

        Only results of the pipeline's recognizers are amended, not corrections by hand and not text that
        the source had. A run without recognizers uses the results that the documents table names.
        """
        plan = self._context.plan
        if not plan.amenders_key or result.recognizer_key not in plan.recognizer_keys:
            return None
        return amended_key(result.recognizer_key, plan.amenders_key, result.digest)

    def start(self, job: PageJob, unamended: Known, recognition: Recognition | None = None) -> None:
        """Amend a result; it is loaded from the journal if ``recognition`` is None."""
        job.go(PageState.AMENDING)
        job.unamended, job.recognition = unamended, recognition
        self.pages += 1
        self._calls.add(job, "amend")

    def on_call_ended(self, message: CallEnded) -> None:
        """Decide what follows from a call that returned or raised."""
        job, error = message.call.job, message.error
        if isinstance(message.answer, Recognition):
            self.pages -= 1
            job.go(PageState.RECOGNIZED)
            self._outcomes.append(Amended(job, message.answer))
            return
        who = "an amender"
        if isinstance(error, AmenderError):
            who, error = str(error), error.__cause__
        error = error or PluginError("amend returned nothing")
        problem = problem_of(error, job.page.origin, job.page.picture.path, who)
        if ends_the_run(error):
            self._context.stop(problem)
        self._fail(job, problem)

    def on_call_hung(self, job: PageJob) -> None:
        """Give up a page whose call does not return."""
        why = f"an amender has not come back for {self._context.engine.call_deadline:g} s"
        self._fail(job, Problem(job.page.origin, why, HANGING_HINT, job.page.picture.path))

    def _fail(self, job: PageJob, problem: Problem) -> None:
        """Fail a page. The recognizer's result stays in the journal, and the next run amends it."""
        self.pages -= 1
        job.go(PageState.FAILED)
        self._outcomes.append(Failed(job, problem))


def amend(context: RunContext, job: PageJob) -> Recognition:
    """Return the amended result of a page. Called on a call thread.

    Raises
    ------
    AmenderError
        An amender raised.
    StateError
        The recognizer's result cannot be loaded.
    """
    if job.unamended is None:
        raise RuntimeError("a page is amended that has no result")
    # A result of this run is still in memory, and may not be committed yet.
    answers = context.journal.answers
    recognition = job.recognition or answers.load(job.content_key, job.unamended.recognizer_key)
    for stage in context.plan.pipeline.amenders:
        try:
            recognition = stage.amend(job.page, recognition)
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            raise AmenderError(stage.title) from error
    return recognition


__all__ = ["AmenderError", "Amending", "amend"]
