"""Lets a sink write, and finds the files that it writes outside its outputs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.model import RecognizedDocument
from penstock.outputs import file_digest
from penstock.stages import SinkStage
from penstock.testing.conformance.errors import PLUGIN_ERRORS, WroteOutsideOutputs
from penstock.testing.conformance.watching import FileWatch, snapshot, watched_files
from penstock.testing.outputs import RecordingRegistry, make_outputs

__tracebackhide__ = True

USE_OUTPUTS = "open every file with outputs.open(self.path): it makes names safe, and leaves no partial files"


@dataclass(frozen=True, slots=True)
class Written:
    """The files that one call of `write` left, and the exception that it raised."""

    digests: dict[Path, str]  # by path relative to the root
    paths: tuple[Path, ...]
    raised: BaseException | None


@dataclass(eq=False)
class Writer:
    """An open sink."""

    stage: SinkStage
    root: Path  # where relative names of outputs start
    registry: RecordingRegistry

    def write(self, document: RecognizedDocument) -> Written:
        """Write one document."""
        outputs = make_outputs(document, self.root, self.registry)
        raised: BaseException | None = None
        try:
            self.stage.write(document, outputs)
        except PLUGIN_ERRORS as error:
            raised = error
        # A kit's sink writes to a folder of its own.
        paths = tuple(path for path in outputs.written if isinstance(path, Path))
        digests = {Path(os.path.relpath(path, self.root)): file_digest(path) for path in paths}
        return Written(digests, paths, raised)


@contextlib.contextmanager
def watched_writer(
    stage: SinkStage, folder: Path, root: Path, registry: RecordingRegistry, owner: str
) -> Iterator[Writer]:
    """Let a sink write; raise WroteOutsideOutputs at the end if it wrote or changed other files.

    Nothing but outputs may change in ``folder``, which has the scans. ``owner`` is the file of the class.
    """
    # The current folder is an empty one of its own, so that a relative path written there is found.
    current = folder / "current-folder"
    for each in (current, root):
        each.mkdir(parents=True, exist_ok=True)
    before = snapshot(folder)
    with contextlib.chdir(current), watched_files(owner) as watch:
        yield Writer(stage, root, registry)
    _check_other_files(folder, before, registry, watch)


def _check_other_files(
    folder: Path, before: dict[Path, Any], registry: RecordingRegistry, watch: FileWatch
) -> None:
    allowed = {*registry.parts, *registry.digests}
    for access in watch.accesses:
        if access.what == "write" and access.path not in allowed and _matters(access.path, folder):
            raise WroteOutsideOutputs(
                f"a sink must write only through outputs, but opens {_shown(access.path, folder)} "
                f"for writing ({access.line})",
                USE_OUTPUTS,
            )
    after = snapshot(folder)
    for path in (path for path in after if path not in allowed and before.get(path) != after[path]):
        raise WroteOutsideOutputs(
            f"a sink must write only through outputs, but wrote {_shown(path, folder)}", USE_OUTPUTS
        )
    for path in (path for path in before if path not in after):
        raise WroteOutsideOutputs(
            f"a sink must not change its inputs, but deleted {_shown(path, folder)}", "leave inputs unchanged"
        )


def _matters(path: Path, folder: Path) -> bool:
    """Whether a written file counts: not caches, and not temporary files elsewhere that are gone again."""
    from platformdirs import user_cache_path

    if path.suffix == ".pyc" or "__pycache__" in path.parts or path.is_relative_to(user_cache_path()):
        return False
    return path.is_relative_to(folder) or path.is_file()


def _shown(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)


def registry_of(*documents: RecognizedDocument) -> RecordingRegistry:
    """Return a registry that has the documents' pictures as inputs."""
    # `fail_at` of a PageList would raise here, so its tuple is read directly.
    pages = (page for each in documents for page in getattr(each.pages, "pages", each.pages))
    return RecordingRegistry(frozenset(page.page.picture.path for page in pages))
