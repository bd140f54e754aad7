"""What the journal keeps of an answer, in time or late."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from penstock.engine.announcer import Announcer
from penstock.engine.bookkeeping import Books
from penstock.engine.messages import OpenDocument, PageJob
from penstock.engine.page_flow import PageFlow
from penstock.engine.shelf import Shelf
from penstock.model import Document, Line, Page, Picture, Quad, Recognition
from pipelines import opened_journal

PAGE = Page(1, "a.png", Picture(Path("/a.png")), 10, 10)
ANSWER = Recognition((Line("read", Quad.from_box(0, 0, 9, 9)),), raw=b"what the service said")


@pytest.mark.parametrize("keep_raw", [False, True])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_services_own_answer_is_kept_only_on_request(tmp_path, keep_raw, is_late):
    with opened_journal(tmp_path / "state") as journal:
        flow = PageFlow(
            journal=journal,
            shelf=Shelf(journal),
            books=Books("test", 0.0),
            announcer=Announcer([], queue.SimpleQueue()),
            keep_raw=keep_raw,
            asks_again="",
            left=lambda: None,
            settle=lambda _: None,
            stop=lambda _: None,
        )
        job = PageJob(OpenDocument(1, Document("a", "a", ()), 1), PAGE, PAGE, b"content")
        (flow.read_late if is_late else flow.read)(job, b"reading", ANSWER)
        journal.commit()
        assert journal.answers.load(b"content", b"reading").lines == ANSWER.lines
        ((has_raw,),) = journal.database.rows("SELECT raw IS NOT NULL FROM answers")
        assert bool(has_raw) == keep_raw
