"""Follows pages from their source to their result; main thread only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.engine.context import RunContext
from penstock.engine.delivery import PageCache
from penstock.engine.document_flow import DocumentFlow
from penstock.engine.jobs import (
    Amended,
    Failed,
    OpenDocument,
    PageJob,
    PageLost,
    Provisional,
    Recognized,
    Unread,
    page_key,
)
from penstock.engine.journal.answers import digest_of
from penstock.engine.journal.outcomes import Known, Refused, Unrecognized
from penstock.engine.keys import CORRECTION, ContentKey, RecognizerKey
from penstock.engine.scheduler import Scheduler
from penstock.engine.threads import Gate
from penstock.model import Problem, Recognition, RecognizedPage

_ASKED_AGAIN = "`penstock retry` asks again"
FROM_THE_SOURCE = RecognizerKey(b"source")
"""Key of results that the source had, such as the text of a born-digital PDF."""


class PageFlow:
    """The pages of a run.

    A picture that occurs several times is sent once. The first page with it is processed; the others, its
    twins, wait in `_twins` and share the outcome. A page that has its outcome leaves the gate, so that the
    intake may take another.
    """

    def __init__(
        self, context: RunContext, scheduler: Scheduler, documents: DocumentFlow, cache: PageCache, gate: Gate
    ) -> None:
        self._context, self._scheduler, self._documents = context, scheduler, documents
        self._journal, self._counters = context.journal, context.counters
        self._observers, self._cache, self._gate = context.observers, cache, gate
        self._twins: dict[ContentKey, list[PageJob]] = {}
        self._failed: dict[ContentKey, Problem] = {}
        self._kept: set[ContentKey] = set()  # pictures whose provisional result this run did not improve

    # What the intake finds

    def on_page_found(self, job: PageJob) -> None:
        """Use a page's earlier result, or have it recognized."""
        opened, page = job.document, job.page
        opened.pages += 1
        opened.outstanding += 1
        self._remove_skipped(opened, page.number)
        self._counters.pages_found += 1
        self._observers.emit_about(job, "page_found", page=page)
        if job.preparing:
            self._observers.emit_about(job, "stage_ended", page=page, timing=job.preparing)
        key = CORRECTION if page.existing_recognition else job.stored_key
        past = self._journal.answers.find(job.content_key, key, page=page)
        if job.earlier_problem is not None:
            self._fail(job, replace(job.earlier_problem, what=page.origin, path=page.picture.path))
        elif isinstance(past, Known):
            if past.is_provisional:
                job.provisional = Provisional(past, is_kept=True)
            self._use_earlier_result(job, past)
        elif page.existing_recognition is not None:
            self._use_existing_recognition(job, page.existing_recognition)
        elif isinstance(past, Refused):
            hint = "; ".join(filter(None, [past.hint, self._retry_hint(past.hint)]))
            self._fail(job, Problem(page.origin, past.why, hint, page.picture.path))
        elif past is None:
            self._withhold(job)
        elif past.provisional is not None:
            self._improve(job, past, past.provisional)
        elif not job.is_prepared:
            # Sent as it is, the page's result would be stored as that of the transformed page.
            why = "its result was removed from another state folder during the run"
            self._fail(job, Problem(page.origin, why, "run the same command again", page.picture.path))
        elif self._scheduler.is_stopping:
            self._journal.documents.note_found(opened.number, page, job.content_key)
            self._leave_unread(job)
        else:
            job.recognizer = past.recognizer
            if self._is_first(job):
                self._scheduler.start(job)

    def _improve(self, job: PageJob, past: Unrecognized, provisional: Known) -> None:
        """Ask a later recognizer for a better result, unless that is impossible in this run."""
        job.recognizer = past.recognizer
        job.provisional = Provisional(provisional, is_accepted=not provisional.is_provisional)
        must_keep = not job.is_prepared or self._scheduler.is_stopping or job.content_key in self._kept
        if must_keep:
            job.provisional.is_kept = job.provisional.for_now = True
            self._use_result(job, provisional)
        elif self._is_first(job):
            self._scheduler.start(job)

    def on_page_lost(self, message: PageLost) -> None:
        """Fail a page that could not be found or prepared."""
        opened, problem = message.document, message.problem
        opened.pages += 1
        self._remove_skipped(opened, message.number)
        self._counters.pages_found += 1
        self._counters.failed_pages += not message.before
        stored = problem
        if message.before:
            problem = replace(problem, why=problem.why.removeprefix(f"{problem.what}: "))
        elif message.page is None:
            # The journal has no page whose origin would name the file.
            stored = replace(problem, why=f"{problem.what}: {problem.why}")
        self._journal.documents.note_failed(
            opened.number, message.number, stored, message.page, message.content_key
        )
        self._note_missing(opened, message.number, stored.why)
        if message.preparing:
            self._emit(opened, message.number, "stage_ended", page=message.page, timing=message.preparing)
        self._report_failure(opened, message.number, problem)

    def _remove_skipped(self, opened: OpenDocument, number: int) -> None:
        """Remove pages of an earlier run that the document does not have any more."""
        if number > opened.last + 1:
            self._journal.documents.remove_pages(opened.number, opened.last + 1, number - 1)
        opened.last = max(opened.last, number)

    def _retry_hint(self, hint: str) -> str:
        """Return how a refused page is sent again; empty where that cannot help or is already said."""
        plan = self._context.plan
        again = "`penstock read --fresh` for its file" if plan.options.ad_hoc else "`penstock retry`"
        can_help = any(limits.remote for limits in plan.limits) and again not in hint
        return f"{again} asks again" if can_help else ""

    def _withhold(self, job: PageJob) -> None:
        """Report a page without a result in a run without recognizers; its state stays as it is."""
        job.document.withheld = True
        why, hint = "is not recognized yet", "use `penstock run`, or `penstock retry` if it had failed"
        problem = Problem(job.page.origin, why, hint, job.page.picture.path)
        self._report_failure(job.document, job.page.number, problem, job)
        self._end(job)

    def _use_existing_recognition(self, job: PageJob, existing: Recognition) -> None:
        """Use what the source had. It is stored once, and again only if it changes."""
        if existing.lines:
            self._counters.pages_born_digital += 1
        else:
            self._counters.pages_empty += 1
        past = self._journal.answers.peek(job.content_key, FROM_THE_SOURCE)
        if isinstance(past, Known) and past.digest == digest_of(existing):
            self._finish(job, past)
        else:
            self._finish(job, self._store(job, FROM_THE_SOURCE, existing), existing, is_new=True)

    def _use_earlier_result(self, job: PageJob, result: Known) -> None:
        """Use a result. An operation that is still open, of a fresh run, is polled first: it was paid for."""
        if result.recognizer_key == CORRECTION:
            self._journal.submissions.delete_all(job.content_key)
        elif not self._scheduler.is_stopping and self._scheduler.find_pollable(job, result.recognizer_key):
            job.earlier_result = result
            if self._is_first(job):
                self._scheduler.start(job)
            return
        self._use_result(job, result)

    def _use_result(self, job: PageJob, result: Known) -> None:
        """Finish a page with a stored result, or with its amended form."""
        amending = self._scheduler.amending
        self._name_recognizer(job, result)
        if (key := amending.key_for(result)) is None:
            self._finish(job, result)
        elif isinstance(amended := self._journal.answers.find(job.content_key, key), Known):
            self._finish(job, amended)
        elif self._is_first(job):
            amending.start(job, result)

    def _name_recognizer(self, job: PageJob, result: Known) -> None:
        keys = list(self._context.plan.recognizer_keys)
        if result.recognizer_key in keys:
            index = keys.index(result.recognizer_key)
            job.recognizer_name = self._context.plan.pipeline.recognizers[index].name

    def _is_first(self, job: PageJob) -> bool:
        """Return whether a page must be processed; otherwise it shares the outcome of a twin."""
        if problem := self._failed.get(job.content_key):
            self._fail_with_twins(job, problem)
            return False
        self._journal.documents.note_found(job.document.number, job.page, job.content_key)
        if job.content_key in self._twins:
            self._twins[job.content_key].append(job)
            return False
        self._twins[job.content_key] = []
        return True

    def _pop_twins(self, job: PageJob) -> list[PageJob]:
        return self._twins.pop(job.content_key, [])

    # What the scheduler reports

    def take_outcomes(self) -> None:
        """Carry out what the scheduler says became of pages."""
        outcomes = self._scheduler.outcomes
        while outcomes:
            match outcomes.popleft():
                case Recognized() as outcome:
                    self._on_recognized(outcome)
                case Amended(job, recognition):
                    self._on_amended(job, recognition)
                case Failed() as outcome:
                    self._on_failed(outcome)
                case Unread(job):
                    self._on_unread(job)

    def _on_recognized(self, outcome: Recognized) -> None:
        job = outcome.job
        recognition = self._without_raw(outcome.recognition)
        if recognition.note:
            warning = Problem(job.page.origin, recognition.note, path=job.page.picture.path)
            self._counters.warnings.add(warning)
        result = self._store(job, outcome.recognizer_key, recognition)
        if outcome.late:  # the page has failed in this run, and so has its document
            return
        if job.provisional and job.provisional.is_kept:
            job.provisional = None  # an operation that an earlier run left has brought a better result
        if (final := self._final(job, result, recognition)) is None:
            return
        result, recognition = final
        if self._scheduler.amending.key_for(result):
            # The recognizer's own result is stored first: whatever the amenders do, it was paid for.
            self._scheduler.amending.start(job, result, recognition)
        else:
            self._finish_with_twins(job, result, recognition, is_new=True)

    def _final(
        self, job: PageJob, result: Known, recognition: Recognition
    ) -> tuple[Known, Recognition] | None:
        """Let the rules judge a new result, and return the final one; None if the page goes on or has ended.

        A page that is polled although it had a result is not submitted again.
        """
        acceptance, answers = self._context.plan.acceptance, self._journal.answers
        has_rules = acceptance.has_rules(result.recognizer_key)
        is_accepted = not has_rules or answers.note_verdict(job.content_key, result, job.page, recognition)
        if job.earlier_result or (is_accepted and not acceptance.compares):
            return result, recognition
        if not is_accepted:
            self._observers.emit_about(job, "page_provisional", page=job.page, recognition=recognition)
        before, job.provisional = job.provisional, Provisional(result, recognition, is_accepted=is_accepted)
        # The next recognizer may have answered in an earlier run, in which this one had other options.
        match answers.find(job.content_key, page=job.page):
            case Unrecognized(recognizer, best):
                if before and best and best.recognizer_key == before.result.recognizer_key:
                    job.provisional = before  # a comparison: the better result came first
                self._note_provisional(job, job.provisional.result)
                self._scheduler.send_on(job, recognizer)
            case Known() as known if known == result:
                job.provisional = None
                return result, recognition
            case Known() as known if not known.is_provisional:
                job.provisional = None
                if before and before.recognition and before.result.recognizer_key == known.recognizer_key:
                    self._name_recognizer(job, known)
                    return known, before.recognition
                for each in [job, *self._pop_twins(job)]:
                    self._use_result(each, known)
            case _:
                self._keep(job, None)
        return None

    def _note_provisional(self, job: PageJob, result: Known) -> None:
        """Note the result that pages have for now, so that they can be written after a kill.

        With amenders, only the amended form may be written.
        """
        if self._context.plan.amenders_key:
            return
        for each in [job, *self._twins.get(job.content_key, ())]:
            number = each.document.number
            keys = (each.content_key, result.recognizer_key)
            self._journal.documents.note_recognized(number, each.page, *keys, is_provisional=True)

    def _keep(self, job: PageJob, problem: Problem | None, *, for_now: bool = False) -> None:
        """Use the result that no rule accepted, because there is no better one.

        ``problem`` says why, and ``for_now`` whether the next run asks again.
        """
        provisional = job.provisional
        if provisional is None:
            raise RuntimeError("a page keeps a result that it does not have")
        provisional.is_kept, provisional.for_now = True, for_now
        if problem is not None:
            hint = "; ".join(filter(None, [problem.hint, "" if for_now else _ASKED_AGAIN]))
            reading = (
                "is not compared" if provisional.is_accepted else "keeps the reading that was not accepted"
            )
            why = f"{reading}: {problem.why}"
            self._counters.warnings.add(replace(problem, what=job.page.origin, why=why, hint=hint))
        result, recognition, amending = provisional.result, provisional.recognition, self._scheduler.amending
        self._name_recognizer(job, result)
        if (key := amending.key_for(result)) is None:
            self._finish_with_twins(job, result, recognition, is_new=recognition is not None)
        elif isinstance(amended := self._journal.answers.find(job.content_key, key), Known):
            self._finish_with_twins(job, amended, None, is_new=False)
        else:
            amending.start(job, result, recognition)

    def _on_amended(self, job: PageJob, recognition: Recognition) -> None:
        key = self._scheduler.amending.key_for(job.unamended) if job.unamended else None
        if key is None:
            raise RuntimeError("a page was amended whose result must stay as it is")
        is_new, job.recognition = job.recognition is not None, None
        recognition = self._without_raw(recognition)
        self._finish_with_twins(job, self._store(job, key, recognition), recognition, is_new=is_new)

    def _on_failed(self, outcome: Failed) -> None:
        job, problem = outcome.job, outcome.problem
        if job.earlier_result:
            self._fall_back(job, job.earlier_result)
        elif _can_keep(job):
            self._kept.add(job.content_key)
            self._keep(job, problem, for_now=not outcome.is_answer)
        elif outcome.try_twin:
            self._fail_and_send_twin(job, problem)
        else:
            self._fail_with_twins(job, problem)

    def _on_unread(self, job: PageJob) -> None:
        if job.earlier_result:
            self._fall_back(job, job.earlier_result)
        elif _can_keep(job):
            self._keep(job, None, for_now=True)
        else:
            self._leave_unread(job)

    def _fall_back(self, job: PageJob, result: Known) -> None:
        """Use the earlier result after all, because the open operation brought no new one."""
        # Cleared first: if amending the earlier result fails, the page must fail.
        job.earlier_result = None
        for each in [job, *self._pop_twins(job)]:
            self._use_result(each, result)

    def _fail_and_send_twin(self, job: PageJob, problem: Problem) -> None:
        """Fail a page whose file cannot be sent, and send the same picture from another file."""
        twins = self._pop_twins(job)
        self._counters.failed_pages += 1
        self._fail(job, problem)
        if twins:
            twin, *self._twins[job.content_key] = twins
            twin.recognizer, twin.doubts = job.recognizer, job.doubts
            self._scheduler.submit(twin)

    def _fail_with_twins(self, job: PageJob, problem: Problem) -> None:
        """Fail a page and its twins, also those that are found later."""
        self._failed[job.content_key] = problem
        for each in [job, *self._pop_twins(job)]:
            self._counters.failed_pages += 1
            path = each.page.picture.path if problem.path else None
            self._fail(each, replace(problem, what=each.page.origin, path=path))

    def _leave_unread(self, job: PageJob) -> None:
        for each in [job, *self._pop_twins(job)]:
            each.document.unread += 1
            self._end(each)

    # Ends of pages

    def _without_raw(self, recognition: Recognition) -> Recognition:
        """Remove the service's own answer unless the pipeline keeps answers."""
        return recognition if self._context.engine.keep_answers else replace(recognition, raw=None)

    def _store(self, job: PageJob, key: RecognizerKey, recognition: Recognition) -> Known:
        return Known(key, self._journal.answers.note_recognition(job.content_key, key, recognition))

    def _finish_with_twins(
        self, job: PageJob, result: Known, recognition: Recognition | None, *, is_new: bool
    ) -> None:
        self._finish(job, result, recognition, is_new=is_new)
        for twin in self._pop_twins(job):
            twin.recognizer_name, twin.provisional = job.recognizer_name, job.provisional
            self._finish(twin, result)

    def _finish(
        self, job: PageJob, result: Known, recognition: Recognition | None = None, *, is_new: bool = False
    ) -> None:
        """Note that a page has its final result. ``is_new`` if this run had it recognized."""
        opened = job.document
        kept = job.provisional if job.provisional and job.provisional.is_kept else None
        is_provisional = kept is not None and not kept.is_accepted
        self._counters.pages_provisional += is_provisional
        self._counters.pages_to_improve += kept is not None and kept.for_now
        form = self._journal.documents.note_recognized(
            opened.number,
            job.page,
            job.content_key,
            result.recognizer_key,
            is_provisional=is_provisional,
        )
        opened.recognized += 1
        fingerprint = _fingerprint(form, job.file_key, result.digest)
        opened.fingerprint = (opened.fingerprint + fingerprint) % 2**128
        if recognition is not None:
            self._cache.put(opened.number, RecognizedPage(job.page, recognition))
        if is_new:
            self._counters.pages_read += 1
            self._observers.emit_about(job, "page_recognized", page=job.page, recognition=recognition)
        else:
            self._counters.pages_known += 1
            self._observers.emit_about(job, "page_known", page=job.page)
        self._end(job)

    def _fail(self, job: PageJob, problem: Problem) -> None:
        opened, page = job.document, job.page
        self._journal.documents.note_failed(opened.number, page.number, problem, page, job.content_key)
        self._note_missing(opened, page.number, problem.why)
        self._report_failure(opened, page.number, problem, job)
        self._end(job)

    def _note_missing(self, opened: OpenDocument, number: int, why: str) -> None:
        """Let a document that names its missing pages be written again when that changes."""
        if self._context.engine.on_failed_page == "placeholder":
            opened.fingerprint = (opened.fingerprint + _digest(f"{number} {why}".encode())) % 2**128

    def _report_failure(
        self, opened: OpenDocument, number: int, problem: Problem, job: PageJob | None = None
    ) -> None:
        opened.failed += 1
        self._counters.failures.add(problem)
        if job is not None:
            self._observers.emit_about(job, "page_failed", problem=problem)
        else:
            self._emit(opened, number, "page_failed", problem=problem)

    def _emit(self, opened: OpenDocument, number: int, event: str, **arguments: Any) -> None:
        """Emit an event about a page that has no job."""
        key = page_key(opened.number, number)
        document = opened.document
        self._observers.emit(event, page_key=key, document_key=opened.key, document=document, **arguments)

    def _end(self, job: PageJob) -> None:
        job.document.outstanding -= 1
        self._gate.leave()
        self._documents.settle(job.document)


def _can_keep(job: PageJob) -> bool:
    """Return whether a page has a result to keep. If amending that one fails, the page fails."""
    return job.provisional is not None and not job.provisional.is_kept


def _fingerprint(form: Mapping[str, Any], file_key: ContentKey, digest: bytes) -> int:
    """Return the digest of everything that outputs take from a page, so that changes are noticed.

    The page's name and the path, size and time of its file appear in no output.
    """
    unused = ("origin", "path", "size", "modified_ns", "url")
    text = json.dumps({name: value for name, value in form.items() if name not in unused})
    return _digest(text.encode() + file_key + digest)


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=16).digest())
