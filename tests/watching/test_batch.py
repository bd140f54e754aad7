"""What became of the files of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.model import Document, Problem
from penstock.report import RunReport
from penstock.watching.batch import BatchSource, outcome_of

LETTER = Path("/scans/letter.png")


class OneLetter:
    """Finds a letter without pages."""

    joins_files = False

    def watched_paths(self):
        return [LETTER.parent]

    def group_of(self, path):
        return path

    def find_changed(self, files, show_status):
        yield Document("letter", "scans/letter.png", (), beside=LETTER.parent)


@pytest.fixture
def source() -> BatchSource:
    source = BatchSource(OneLetter(), [LETTER])
    list(source.find_documents(show_status=print))
    return source


@pytest.fixture
def letter() -> Document:
    return Document("letter", "scans/letter.png", ())


STOPPED = RunReport("test", stopped=Problem("the service", "is down"), failed=1)


def test_a_document_that_a_stopped_run_did_not_write_has_not_failed(source) -> None:
    source.document_failed(Problem("scans/letter.png", "not written"))
    assert outcome_of([source], STOPPED).failed == {}
    assert outcome_of([source], RunReport("test", failed=1)).failed == {
        LETTER: ("scans/letter.png: not written",)
    }


def test_a_failed_page_of_a_stopped_run_has_failed(source, letter) -> None:
    source.page_failed(letter, Problem("scans/letter.png", "is broken", "scan it again"))
    assert outcome_of([source], STOPPED).failed == {LETTER: ("scans/letter.png: is broken (scan it again)",)}


def test_nothing_counts_as_read_if_a_failure_was_not_heard(source, letter) -> None:
    source.document_written(letter)
    assert outcome_of([source], RunReport("test")).read == {LETTER}
    assert outcome_of([source], RunReport("test", failed=1)).read == set()
