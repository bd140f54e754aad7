"""Where in a plugin something was done: the nearest line that is neither Python's own nor penstock's."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path
from types import FrameType

import penstock

PENSTOCK = str(Path(penstock.__file__).parent)


@cache
def _standard_library() -> tuple[str, ...]:
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return tuple(folder for folder in folders if folder)


def _is_foreign(path: str) -> bool:
    """Whether a file belongs to a plugin or a library it uses."""
    if "site-packages" in path or "dist-packages" in path:
        return not path.startswith(PENSTOCK)
    return not path.startswith(("<frozen", PENSTOCK, *_standard_library()))


def place_of(frame: FrameType | None, owner: str = "") -> str:
    """The line, as ``shout.py, line 12``, with the owner's own where that is another one.

    Parameters
    ----------
    owner
        The file that the plugin's class stands in.
    """
    nearest = own = ""
    while frame is not None and not own:
        path = frame.f_code.co_filename
        here = f"{Path(path).name}, line {frame.f_lineno}"
        if not nearest and _is_foreign(path):
            nearest = here
        if path == owner:
            own = here
        frame = frame.f_back
    if own and own != nearest:
        return f"{nearest}, called from {own}" if nearest else own
    return nearest or "a place that is not known"


__all__ = ["place_of"]
