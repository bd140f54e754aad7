"""What a run will read, known before it writes anything: for a run that may replace what is not its own."""

from __future__ import annotations

from penstock.engine.journal import Journal
from penstock.engine.journal.outputs import JournalOutputs
from penstock.engine.plan import Plan
from penstock.errors import NoSpace, StateError
from penstock.model import Document, Page
from penstock.pipeline import Pipeline, SourceStage
from penstock.spool import Spool


def note_inputs(plan: Plan, journal: Journal, spool: Spool) -> None:
    """Remember each file that the run is going to read.

    It learns of them as it meets them, and a document may be written long before the last one is met. The
    sources that are walked here are others than those of the run, which may give each thing only once.
    """
    if plan.options.write_only or plan.options.retry:
        _note_known(journal)
    if plan.options.write_only:
        return
    for source in Pipeline(plan.pipeline.configuration).sources:
        if source.fetches:
            continue
        try:
            _note_found(source, journal.outputs, spool)
        except (StateError, NoSpace):
            raise
        except (Exception, SystemExit):  # noqa: S112  a plugin may raise anything; the run meets and reports it
            continue


def _note_known(journal: Journal) -> None:
    """What is taken in as the journal has it."""
    for document, _ in journal.documents.iterate():
        number = 0
        while rows := journal.documents.pages_after(document, number):
            number = rows[-1].number
            for page in filter(None, (row.page() for row in rows)):
                journal.outputs.note_input(page.picture.path)


def _note_found(source: SourceStage, ledger: JournalOutputs, spool: Spool) -> None:
    for item in source.find_documents(spool, lambda _text: None):
        for page in item.pages if isinstance(item, Document) else (item,):
            path = page.picture.path if isinstance(page, Page) else page.path
            if path is not None and not ledger.is_no_scan(path):
                ledger.note_input(path)


__all__ = ["note_inputs"]
