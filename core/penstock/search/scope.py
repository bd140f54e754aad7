"""What of all that was recognized a command looks into."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched: the journal in a state folder.

    ``pipeline`` is the `pipeline_key` of the pipeline whose documents are searched; None for all. ``inside``
    is an absolute path: only pictures in this folder, or this file itself, are searched; None for all.
    Symbolic links may lead there, or to the pictures.
    """

    state: Path
    pipeline: str | None = None
    inside: Path | None = None

    def has(self, path: Path) -> bool:
        """Return whether a picture is searched."""
        if self.inside is None:
            return True
        places = dict.fromkeys((self.inside, Path(os.path.realpath(self.inside))))
        paths = dict.fromkeys((path, Path(os.path.realpath(path))))
        return any(place == each or place in each.parents for place in places for each in paths)
