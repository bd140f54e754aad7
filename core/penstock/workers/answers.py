"""What a worker says about a page, in a form that every process can load."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import dataclass

from penstock.errors import PenstockError, PluginError, raised_at
from penstock.model import Recognition


@dataclass(frozen=True, slots=True)
class Failure:
    """A recognizer raised; ``trace`` is the traceback as text, or empty."""

    error: BaseException
    trace: str = ""


Answer = Recognition | Failure | None
"""The result of a page in pixels of the given picture; None if the recognizer leaves it to the next one."""


def failure_of(error: BaseException, who: str) -> Failure:
    """Return an exception as an answer. One that another process may not be able to load is described."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, PenstockError) and _is_portable(error):
        return Failure(error.with_traceback(None), trace)
    hint = f"this is a fault of {who}{raised_at(error)}; tell its author"
    return Failure(PluginError(f"{type(error).__name__}: {error}", hint), trace)


def _is_portable(error: PenstockError) -> bool:
    """Return whether another process can load an exception: its class may be of a plugin's file."""
    if not type(error).__module__.startswith("penstock."):
        return False
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301  made here
    except Exception:
        return False
