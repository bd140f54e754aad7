"""All exceptions that penstock raises on purpose.

::

    PenstockError
    ├── ConfigurationError      a pipeline is invalid; lists every complaint
    ├── PluginError             a plugin cannot be found, loaded or used
    ├── CorrectionError         a corrected output cannot be imported
    ├── InvalidTranscription    a file with text (hOCR, ALTO, PAGE, JSON) cannot be read
    ├── PictureError            a picture cannot be read
    │   ├── PictureTooLarge         more pixels than the limit
    │   └── PictureChanged          the file changed since it was found
    ├── OutputError             an output cannot be written
    │   ├── OutputExists            penstock did not write the file that is there
    │   ├── OutputClash             another document of this run writes the same file
    │   ├── NoSpace                 the disk is full; stops the run
    │   └── StateError              the state folder cannot be used
    │       ├── StateBusy               another run uses it
    │       └── JournalDamaged          its journal cannot be read; never replaced automatically
    ├── StorageError            an address of object storage cannot be used
    │   ├── ObjectMissing           there is no such object
    │   ├── ObjectChanged           another program wrote or removed the object meanwhile
    │   ├── StorageForbidden        the service does not allow this with the given credentials
    │   └── StorageUnreachable      the service does not answer now
    └── RecognizerError         raised by `submit` and `poll`
        ├── TryAgain                the call failed and may be repeated
        │   └── Unreachable             no connection to the service; no fault of the page
        ├── InDoubt                 a submit was sent, and its response was lost
        ├── OperationLost           the service does not know the operation any more
        ├── NotAnswered             the recognizer leaves the page to the next one, and says why
        ├── PageRefused             this page can never be recognized
        └── StopRun                 no page can be recognized: invalid key, exhausted quota

A submit ends in one of four ways. *Not sent*: nothing arrived (`TryAgain`, `Unreachable`). *Answered*:
`submit` returns, or the service refused the page or the run (`PageRefused`, `StopRun`). *In doubt*: the
response was lost (`InDoubt`). *Unknown*: any other exception, which is a fault of the plugin; the page
fails and is in doubt for the next run.
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
    """Return a noun with its indefinite article: ``a sink``, ``an observer``."""
    return ("an " if re.match(r"[aeio]|u(?!n[io]|s)", noun, re.IGNORECASE) else "a ") + noun


def sort_of(value: object) -> str:
    """Return a value's type with its article, for messages: ``an int``; ``None`` for None."""
    return "None" if value is None else with_article(type(value).__name__)


def raised_at(error: BaseException) -> str:
    """Return where a plugin raised an exception: `` (shout.py, line 7)``; empty without a traceback.

    The first frame outside penstock and pluggy is the plugin's hook. The location is the last frame in the
    same package as that hook, because the plugin's author can do nothing about the libraries it calls.
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
    """Return the folder of the top-level package of a file; the file itself if it is not in a package."""
    path = Path(file)
    while (path.parent / "__init__.py").exists():
        path = path.parent
    return str(path)


class PenstockError(Exception):
    """Base class of all exceptions that penstock raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in one sentence.
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
    """One mistake in a pipeline: where it is, what is wrong, and what to write instead."""

    place: str
    what: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f"; {self.instead}" if self.instead else "")


class ConfigurationError(PenstockError):
    """A pipeline is invalid. Carries a complaint for each mistake."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__("\n".join(str(complaint) for complaint in complaints))
        self.complaints = complaints


class PluginError(PenstockError):
    """A plugin cannot be found, loaded or used."""


class CorrectionError(PenstockError):
    """An output that was corrected by hand cannot be imported."""


class InvalidTranscription(PenstockError):
    """A file with the text of pages (hOCR, ALTO, PAGE, JSON) cannot be read.

    Parameters
    ----------
    file
        Path of the file.
    reason
        The reason, as a clause: "is cut off".
    hint
        What to do about it; may be empty.
    """

    def __init__(self, file: str | os.PathLike[str], reason: str, hint: str = "") -> None:
        super().__init__(f"{os.fspath(file)}: {reason}", hint)
        self.file = Path(file)
        self.reason = reason


class PictureError(PenstockError):
    """A picture cannot be read."""


class PictureTooLarge(PictureError):
    """A picture has more pixels than the limit. It is not decoded."""


class PictureChanged(PictureError):
    """A picture's file changed since it was found or recognized."""


class OutputError(PenstockError):
    """An output cannot be written."""


class OutputExists(OutputError):
    """A file has the output's name, and penstock did not write it, or it was changed since."""


class OutputClash(OutputError):
    """Another document of this run writes the same file."""


def is_disk_full(error: OSError) -> bool:
    """Return whether an error means that the disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class NoSpace(OutputError):
    """The disk is full. The run stops; stored results are kept."""


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
    """Another run uses the state folder."""


class JournalDamaged(StateError):
    """The journal cannot be read. It is left unchanged."""


class StorageError(PenstockError):
    """An address of object storage cannot be used: no such bucket, no permission, no credentials."""


class ObjectMissing(StorageError):
    """There is no object with this address."""


class ObjectChanged(StorageError):
    """Another program wrote or removed the object while it was read, or before it was to be replaced."""


class StorageForbidden(StorageError):
    """The service does not allow this with the given credentials."""


class StorageUnreachable(StorageError):
    """The service does not answer now: no connection, a timeout, an error of the server. Try again later."""


THROTTLED = "429"
"""The code of a `TryAgain` for too many calls, as HTTP has it. Such a call is no sign of an outage."""

UNAUTHORIZED = "401"
"""The code of a `StopRun` for a key that the service does not accept, as HTTP has it. If the key is in a
file, the file is read again, and the call is repeated with another key."""


class RecognizerError(PenstockError):
    """Base class of the exceptions that a recognizer's `submit` and `poll` raise.

    Parameters
    ----------
    code
        The service's error code, for reports. `THROTTLED` with TryAgain: the service works, and is called
        too often. `UNAUTHORIZED` with StopRun: the key is not accepted.
    retry_after
        Seconds that the service asked to wait before any further call; None if it did not.
    """

    def __init__(
        self, message: str, hint: str = "", *, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        if retry_after is not None and not (math.isfinite(retry_after) and retry_after >= 0):
            raise ValueError(f"retry_after must be a finite number of seconds, at least 0, got {retry_after}")
        self.retry_after = retry_after


class TryAgain(RecognizerError):
    """The call failed and may be repeated: throttled, a server error.

    Calls for several pages in a row that raise it with another code than `THROTTLED` are taken for an outage:
    the run then waits for the service, and fails no page.
    """


class Unreachable(TryAgain):
    """The service cannot be reached: no connection, no such host. Nothing was sent.

    Such calls are no attempts of their page. Several in a row are taken for an outage, also for one page.
    """


class InDoubt(RecognizerError):
    """A submit was sent and its response was lost. The page may have been billed."""


class OperationLost(RecognizerError):
    """The operation cannot be polled any more: the service deleted it, or its process ended."""


class NotAnswered(RecognizerError):
    """The recognizer leaves the page to the next one. If there is no next one, the page fails with this."""


class PageRefused(RecognizerError):
    """The recognizer can never recognize this page."""


class StopRun(RecognizerError):
    """No page can be recognized: invalid key, exhausted quota, wrong endpoint."""
