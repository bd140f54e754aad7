"""What the journal stores of a result, in time or late."""

from __future__ import annotations

import queue
import random
from pathlib import Path

import pytest

from penstock.config import check
from penstock.engine.context import OpenedWorkers, RunContext, RunOptions, planned
from penstock.engine.counters import RunCounters
from penstock.engine.delivery import Delivery, PageCache
from penstock.engine.document_flow import DocumentFlow
from penstock.engine.jobs import OpenDocument, PageJob, Recognized
from penstock.engine.observers import Observers
from penstock.engine.page_flow import PageFlow
from penstock.engine.scheduler import Scheduler
from penstock.engine.threads import Gate
from penstock.model import Document, Line, Page, Picture, Quad, Recognition
from penstock.outputs import OutputRules
from penstock.pipeline import Pipeline
from penstock.spool import Spool
from pipelines import opened_journal, tables

PAGE = Page(1, "a.png", Picture(Path("/a.png")), 10, 10)
RESULT = Recognition((Line("read", Quad.from_box(0, 0, 9, 9)),), raw=b"the service's own answer")


@pytest.mark.parametrize("keep_answers", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_services_own_answer_is_kept_only_on_request(tmp_path, keep_answers, late):
    told = tables(["a.png"], engine={"keep_answers": keep_answers})
    pipeline = Pipeline(check(told, tmp_path, where="test.toml", name="test"))
    with opened_journal(tmp_path / "state") as journal:
        inbox = queue.SimpleQueue()
        context = RunContext(
            plan=planned(pipeline, RunOptions()),
            engine=pipeline.configuration.engine,
            workers=OpenedWorkers([None]),
            journal=journal,
            spool=Spool(tmp_path / "spool"),
            inbox=inbox,
            counters=RunCounters("test", 0.0),
            observers=Observers([], inbox),
            now=lambda: 0.0,
            random=random.Random(0),
            stop=lambda problem: None,
        )
        cache, gate = PageCache(journal), Gate(1)
        rules = OutputRules(root=tmp_path, name="test", date="2026-01-01", registry=journal.outputs)
        delivery, scheduler = Delivery(context, rules, cache), Scheduler(context)
        documents = DocumentFlow(context, delivery, cache, gate)
        flow = PageFlow(context, scheduler, documents, cache, gate)
        job = PageJob(OpenDocument(1, Document("a", "a", ()), 1), PAGE, PAGE, b"content")
        scheduler.outcomes.append(Recognized(job, b"recognizer", RESULT, late=late))
        flow.take_outcomes()
        journal.commit()
        assert journal.answers.load(b"content", b"recognizer").lines == RESULT.lines
        ((has_raw,),) = journal.database.rows("SELECT raw IS NOT NULL FROM answers")
        assert bool(has_raw) == keep_answers
        delivery.close()
