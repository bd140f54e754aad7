"""A pipeline as it is watched: its files, the system's notices, and what is done with files."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from penstock.config import Configuration
from penstock.engine.state_folder import NETWORK, file_system, opened_lock
from penstock.errors import StateBusy
from penstock.model import Problem
from penstock.protocols import WatchedSource
from penstock.watching.actions import Actions
from penstock.watching.groups import WatchedFiles, normal
from penstock.watching.notices import notices_of
from penstock.watching.own_outputs import OwnOutputs
from penstock.watching.presence import is_folder, is_there

LOCK = "watch.lock"
"""Locked in the state folder by the watch of its pipeline."""
QUIET, JOINED_QUIET = 1.0, 30.0
"""Default seconds of `WatchOptions.quiet`: for single files, and for documents of several files."""


class Setup:
    """The parts of a watch that depend on the pipeline's configuration.

    Parameters
    ----------
    notify
        Called with changed paths, on any thread. The pipeline file may be among them.
    poll
        Seconds between two looks at all files; None for the pipeline's own option.
    left_out
        Returns further folders whose files are not read.
    """

    def __init__(
        self,
        configuration: Configuration,
        file: Path | None,
        notify: Callable[[Iterable[Path]], None],
        warn: Callable[[Problem], None],
        poll: float | None,
        left_out: Callable[[], Iterable[Path]],
    ) -> None:
        self.configuration, options = configuration, configuration.watch
        sources = [each.component for each in configuration.of_kind("source")]
        watched = {
            index: source
            for index, source in enumerate(sources)
            if isinstance(source, WatchedSource) and source.watched_paths()
        }
        self.others = [index for index in range(len(sources)) if index not in watched]
        """The sources that cannot be watched."""
        self.poll = options.poll if poll is None else poll
        state = normal(configuration.state)
        self.outputs = OwnOutputs(configuration.state)
        self.files = WatchedFiles(
            watched,
            marker=options.marker,
            left_out=lambda: [*self.actions.folders, state, *left_out()],
            is_output=self.outputs.has,
            is_known=self.outputs.has_seen,
        )
        self.actions = Actions(configuration, self.files.relative, warn)
        is_joined = options.marker is None and any(source.joins_files for source in watched.values())
        default = JOINED_QUIET if is_joined else QUIET
        self.quiet = default if options.quiet is None else options.quiet
        self.lost = [place for place in self.files.places if not is_there(place)]
        """Watched places that do not exist."""
        self._open = ExitStack()
        self._open.callback(self.outputs.close)
        if self.poll is None:
            self._open_notices(file, notify, warn)

    def _open_notices(
        self, file: Path | None, notify: Callable[[Iterable[Path]], None], warn: Callable[[Problem], None]
    ) -> None:
        folders = [place for place in self.files.places if is_folder(place)]
        single = {
            place.parent for place in self.files.places if not is_folder(place) and is_folder(place.parent)
        }
        if file is not None:
            single.add(file.resolve().parent)
        self._open.callback(notices_of(folders, single, notify).close)
        for place in folders:
            if file_system(place) in NETWORK:
                what = "is on a network share, which gives no notice of changes by other machines"
                warn(Problem(str(place), what, "use --poll SECONDS, or poll in [watch]", place))

    def close(self) -> None:
        """End the notices."""
        self._open.close()


def lock(state: Path) -> IO[bytes]:
    """Lock a state folder for one watch. Raises StateBusy if another watch has it, or StateError.

    Runs use another lock, so that other commands may use the state folder between two runs.
    """
    file = opened_lock(state, LOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StateBusy(
            f"the state folder {state} is used by another `penstock watch`",
            "end that one, or give this pipeline a state folder of its own under [engine] state",
        ) from error
    return file
