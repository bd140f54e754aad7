"""Everything that penstock raises on purpose.

::

    PenstockError
    ├── ConfigurationError      the pipeline is wrong; carries every complaint
    ├── PluginError             a plugin cannot be found, loaded or used
    ├── CorrectionError         a mended output cannot be taken back
    ├── PictureError            a picture cannot be read
    │   ├── PictureTooLarge         more pixels than we decode
    │   └── PictureChanged          not the file any more that was found or read
    ├── OutputError             an output cannot be written
    │   ├── OutputExists            a file is there that penstock did not write
    │   ├── OutputClash             another document of this run writes it already
    │   ├── NoSpace                 the disk is full: stops the run
    │   └── StateError              the state folder cannot be used
    │       ├── StateBusy               another run holds it
    │       └── JournalDamaged          its journal cannot be read any more; never replaced in silence
    └── RecognizerError         raised by `submit` and `poll`
        ├── TryAgain                nothing came of the call, and it may be repeated
        ├── InDoubt                 a submit left, and its answer was lost
        ├── OperationLost           the service does not know the operation any more
        ├── PageRefused             this page will never be read
        └── StopRun                 no page will be read: wrong key, used-up quota

A recognizer's `submit` thus has three ends: *not sent* (`TryAgain`, `PageRefused` or `StopRun` is
raised), *answered* (it returns) and *in doubt* (`InDoubt`). Any other exception is a fault of the plugin
and fails the page.
"""

from __future__ import annotations

import errno
import math
import os
import re
import traceback
from dataclasses import dataclass
from pathlib import Path


def with_article(noun: str) -> str:
    """A noun as a sentence needs it: ``a sink``, ``an observer``."""
    return ("an " if re.match(r"[aeio]|u(?!n[io]|s)", noun, re.IGNORECASE) else "a ") + noun


def sort_of(value: object) -> str:
    """What a plugin gave instead of what it should have: ``an int``, ``None``."""
    return "None" if value is None else with_article(type(value).__name__)


def raised_at(error: BaseException) -> str:
    """Where in the plugin an exception was raised: `` (shout.py, line 7)``; empty without a traceback.

    The first frame outside penstock and pluggy is the plugin's hook. The location is the last frame in the
    same package as that hook: a library that the plugin called is not what its author has to look at.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.lineno]
    foreign = [frame for frame in frames if not _is_machinery(frame.filename)]
    if not frames:
        return ""
    home = _package_of(foreign[0].filename) if foreign else ""
    last = [frame for frame in foreign if frame.filename.startswith(home)][-1] if foreign else frames[-1]
    return f" ({Path(last.filename).name}, line {last.lineno})"


def _is_machinery(file: str) -> bool:
    return Path(__file__).parent in Path(file).parents or f"{os.sep}pluggy{os.sep}" in file


def _package_of(file: str) -> str:
    """The folder of the top-level package that a file belongs to; the file itself if it is in none."""
    place = Path(file)
    while (place.parent / "__init__.py").exists():
        place = place.parent
    return str(place)


class PenstockError(Exception):
    """The root: catch it to catch all of ours.

    Parameters
    ----------
    message
        What is wrong with what, in one sentence.
    hint
        What to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong in a pipeline: where, what, and what to write instead."""

    place: str
    what: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f"; {self.instead}" if self.instead else "")


class ConfigurationError(PenstockError):
    """A pipeline that cannot be run as it is written; says everything that is wrong with it at once."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__("\n".join(str(complaint) for complaint in complaints))
        self.complaints = complaints


class PluginError(PenstockError):
    """A plugin that cannot be found, loaded or used as what it was named for."""


class CorrectionError(PenstockError):
    """A JSON output, mended by hand, that cannot be taken back as what was read."""


class PictureError(PenstockError):
    """A picture that cannot be read."""


class PictureTooLarge(PictureError):
    """A picture with more pixels than we decode; refused before it is decoded."""


class PictureChanged(PictureError):
    """A file that is not any more what it was when it was found or read."""


class OutputError(PenstockError):
    """An output that cannot be written."""


class OutputExists(OutputError):
    """There is a file in the output's place that penstock did not write, or that was changed since."""


class OutputClash(OutputError):
    """Another document of this run writes the same file."""


def is_disk_full(error: OSError) -> bool:
    """Whether the system said that there is no room, on the disk or in a quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class NoSpace(OutputError):
    """The disk is full. The run stops; nothing that was read is lost."""


def raise_if_disk_full(error: Exception, name: object) -> None:
    """Raise NoSpace if an error of the operating system or of SQLite says that a disk or quota is full.

    ``name`` says what was being written, for the message.
    """
    is_full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    if is_full or (isinstance(error, OSError) and is_disk_full(error)):
        raise NoSpace(f"{name}: the disk is full", "make room and run the same command again") from error


class StateError(OutputError):
    """The state folder, or the journal in it, cannot be used."""


class StateBusy(StateError):
    """Another run holds the state folder; says which."""


class JournalDamaged(StateError):
    """The journal cannot be read any more. It is left as it is."""


class RecognizerError(PenstockError):
    """Raised by a recognizer's `submit` and `poll`.

    Parameters
    ----------
    code
        The service's own code, for reports.
    retry_after
        Seconds that the service asked everybody to wait, where it did.
    """

    def __init__(
        self, message: str, hint: str = "", *, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        if retry_after is not None and not (math.isfinite(retry_after) and retry_after >= 0):
            raise ValueError(f"retry_after is a number of seconds, not {retry_after}")
        self.retry_after = retry_after


class TryAgain(RecognizerError):
    """The call came to nothing and may be repeated: a throttle, a server's hiccup, no connection."""


class InDoubt(RecognizerError):
    """A submit left this machine and its answer was lost: it may have been billed."""


class OperationLost(RecognizerError):
    """The service has forgotten the operation, or it died with its process."""


class PageRefused(RecognizerError):
    """This page will not be read however often it is sent."""


class StopRun(RecognizerError):
    """No page will be read: a refused key, a used-up quota, a wrong endpoint."""
