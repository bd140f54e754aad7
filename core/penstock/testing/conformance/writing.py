"""A sink at work in a trial: what it wrote through outputs, and what it wrote past them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.model import RecognizedDocument
from penstock.outputs import file_digest
from penstock.pipeline import SinkStage
from penstock.testing.conformance.faults import ITS_FAULTS, PastOutputs
from penstock.testing.conformance.files import FileWatch, snapshot, watched_files
from penstock.testing.trial import GivenPages, TrialLedger, trial_outputs

__tracebackhide__ = True

THROUGH_OUTPUTS = (
    "open every file with outputs.open(self.path), which makes names safe and leaves whole files or none"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What one call of `write` left.

    Parameters
    ----------
    files
        Digests of what came through ``outputs``, by path below the trial's root.
    places
        Where they are.
    raised
        What the sink raised.
    """

    files: dict[Path, str]
    places: tuple[Path, ...]
    raised: BaseException | None


@dataclass(eq=False)
class SinkTrial:
    """A sink that is open, in an empty current folder, with an eye on all files.

    Parameters
    ----------
    root
        Where relative names of outputs start.
    """

    door: SinkStage
    root: Path
    ledger: TrialLedger
    watch: FileWatch

    def write(self, document: RecognizedDocument) -> Written:
        """Write one document."""
        outputs = trial_outputs(document, self.root, self.ledger)
        raised: BaseException | None = None
        try:
            self.door.write(document, outputs)
        except ITS_FAULTS as error:
            raised = error
        files = {Path(os.path.relpath(place, self.root)): file_digest(place) for place in outputs.written}
        return Written(files, tuple(outputs.written), raised)


@contextlib.contextmanager
def sink_trial(
    door: SinkStage, folder: Path, root: Path, ledger: TrialLedger, owner: str
) -> Iterator[SinkTrial]:
    """Let a sink write; complain at the end of files that came another way.

    Parameters
    ----------
    folder
        The test's, with the scans; nothing in it may change but for the outputs.
    owner
        The file of the sink's class.
    """
    here = folder / "current-folder"
    for each in (here, root):
        each.mkdir(parents=True, exist_ok=True)
    before = snapshot(folder)
    with contextlib.chdir(here), watched_files(owner) as watch:
        yield SinkTrial(door, root, ledger, watch)
    _refuse_strangers(folder, before, ledger, watch)


def _refuse_strangers(folder: Path, before: dict[Path, Any], ledger: TrialLedger, watch: FileWatch) -> None:
    known = {*ledger.parts, *ledger.digests}
    for touch in watch.touches:
        if touch.what == "write" and touch.path not in known and _is_left(touch.path, folder):
            raise PastOutputs(
                f"it opens {_shown(touch.path, folder)} for writing past outputs ({touch.where})",
                THROUGH_OUTPUTS,
            )
    after = snapshot(folder)
    for path in (path for path in after if path not in known and before.get(path) != after[path]):
        raise PastOutputs(f"it wrote {_shown(path, folder)} past outputs", THROUGH_OUTPUTS)
    for path in (path for path in before if path not in after):
        raise PastOutputs(f"it took {_shown(path, folder)} away", "leave the inputs as they are")


def _is_left(path: Path, folder: Path) -> bool:
    """Whether a file that was written matters: scratch files elsewhere that are gone again do not."""
    if path.suffix == ".pyc" or "__pycache__" in path.parts or _in_cache(path):
        return False
    return path.is_relative_to(folder) or path.is_file()


def _in_cache(path: Path) -> bool:
    """Whether it lies in the user's own folder of caches, where libraries keep fonts and models."""
    from platformdirs import user_cache_path

    return path.is_relative_to(user_cache_path())


def _shown(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)


def ledger_of(*documents: RecognizedDocument) -> TrialLedger:
    """A ledger that knows the documents' pictures for inputs."""
    return TrialLedger(frozenset(page.page.picture.path for each in documents for page in _pages_of(each)))


def _pages_of(document: RecognizedDocument) -> Sequence[Any]:
    return document.pages.pages if isinstance(document.pages, GivenPages) else list(document.pages)


__all__ = ["SinkTrial", "Written", "ledger_of", "sink_trial"]
