"""Write the outputs of one document again after its text was corrected."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.journal.outputs import WrittenFiles
from penstock.engine.journal.sinks import SinkTables, sinks_of
from penstock.engine.state_folder import holder
from penstock.errors import ConfigurationError, PenstockError, StateBusy
from penstock.report import RunReport, relative

NO_SINKS = (
    "it is not known what to write: repeat the command that read the document, which reads no page again and"
    " writes the corrected text"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the outputs of a document. All is empty if they were up to date."""

    paths: tuple[str, ...] = ()  # of the files that were written
    problems: tuple[str, ...] = ()  # why others were not
    notes: tuple[str, ...] = ()  # what the files do not hold


class OutputWriter:
    """Writes outputs from the journals. Any thread; one document at a time."""

    def __init__(self) -> None:
        # Two runs of this process would refuse each other the state folder of a pipeline.
        self._writing = threading.Lock()

    def write(self, state: Path, document: int) -> Written:
        """Write the outputs of a document that do not have its corrected text yet. Nothing is sent.

        Files that penstock did not write, and outputs that were edited by hand, are not replaced.

        Parameters
        ----------
        state
            The state folder.
        document
            The document's number in the journal there.
        """
        with self._writing:
            try:
                return _write(state, document)
            except StateBusy:
                return Written(problems=(_busy(state),))
            except ConfigurationError as error:
                return Written(problems=tuple(map(str, error.complaints)))
            except PenstockError as error:
                return Written(problems=("; ".join(filter(None, [error.message, error.hint])),))


def _write(state: Path, document: int) -> Written:
    sinks, left_out = None, []
    if (journal := Database.open_read_only(state)) is not None:
        with closing(journal):
            sinks = sinks_of(journal, state, document)
            left_out = WrittenFiles(journal, state).of_unknown_sinks(document)
    if sinks is None:
        return Written(problems=(NO_SINKS,))
    kept = [f"{relative(place)} was not written again: {NO_SINKS}" for place in left_out]
    written = _shown(_run(state, document, sinks))
    return replace(written, problems=(*written.problems, *kept))


def _run(state: Path, document: int, sinks: SinkTables) -> RunReport:
    # What a run needs takes longer to import than the first page of a review to be shown.
    from penstock.api.running import Running
    from penstock.api.writing import writing_configuration
    from penstock.engine import RunOptions

    configuration = writing_configuration(state, sinks)
    options = RunOptions(write_only=True, documents=frozenset([document]), ad_hoc=sinks.ad_hoc)
    return Running(configuration, options).wait()


def _shown(report: RunReport) -> Written:
    stopped = [report.stopped] if report.stopped else []
    problems = [str(problem) for problem in [*stopped, *report.failures]]
    if report.changed_outputs:
        problems.append(f"outputs that were edited by hand and are kept: {report.changed_outputs}")
    paths, notes = map(relative, report.outputs), map(str, report.warnings)
    return Written(tuple(paths), tuple(problems), tuple(notes))


def _busy(state: Path) -> str:
    command = (holder(state) or {}).get("command") or "another run"
    return (
        f"{command} uses the state folder {state} now. It writes the corrected text of documents that it has"
        " not written yet. For other documents, try again when its run has ended."
    )
