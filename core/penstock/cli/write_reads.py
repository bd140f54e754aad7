"""`penstock write` without a pipeline file: the outputs of `penstock read`, written again."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from penstock.api.writing import writing_configuration
from penstock.cli.execute import execute
from penstock.cli.failures import report_failure
from penstock.cli.state_commands import journal_of
from penstock.cli.streams import print_lines
from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.journal.sinks import documents_by_sinks
from penstock.errors import ConfigurationError, StateError
from penstock.report import Exit, counted


def write_reads(*, corrections: tuple[Path, ...], log_format: str, **options: Any) -> Exit:
    """Write the outputs of all documents that `penstock read` has read in the current folder.

    Documents that were read with the same outputs are written by one run. Raises StateError if there are no
    documents, or the journal cannot be used.
    """
    state, name, folder = journal_of(None)
    groups = []
    if (journal := Database.open_read_only(state)) is not None:
        with closing(journal):
            groups = documents_by_sinks(journal, state, pipeline_key(state, name, folder))
    if not groups:
        raise StateError(
            f"`penstock read` has read nothing in {folder} yet",
            "go to the folder in which you read the pictures, or repeat `penstock read`, which reads no page"
            " again",
        )
    codes = []
    for sinks, documents in groups:
        if sinks is None:
            which = f"{counted(len(documents), 'document')} cannot be written"
            print_lines(f"{which}: repeat the `penstock read` that read it; no page is read again")
            codes.append(Exit.SOMETHING_FAILED)
            continue
        try:
            code = execute(
                partial(writing_configuration, state, sinks),
                log_format=log_format,
                ad_hoc=True,
                write_only=True,
                documents=documents,
                corrections=corrections,
                **options,
            )
        except ConfigurationError as error:
            code = report_failure(error, as_json=log_format == "json")
        corrections = ()  # the first run has stored them
        codes.append(code)
    return max(codes)
