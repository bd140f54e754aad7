"""Where log records go: ``--verbose``, ``--debug`` and ``PENSTOCK_LOG``.

Penstock logs on loggers named after its modules, below ``penstock`` and ``penstock_plugins``. A plugin
should log below ``penstock.plugins``, for example on ``penstock.plugins.my-sink``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from penstock.cli.streams import print_event, print_lines
from penstock.errors import Complaint, ConfigurationError
from penstock.secret import MASK, Secret, secrets_in

DEBUG = "PENSTOCK_DEBUG"  # environment variable that has the effect of ``--debug``, for every command
LEVELS = "PENSTOCK_LOG"
"""Environment variable with levels of single loggers: ``penstock.engine=DEBUG,penstock.plugins=INFO``."""
ROOTS = ("penstock", "penstock_plugins")


class StderrHandler(logging.Handler):
    """Prints log records on stderr, as text or as JSON lines, without the secrets that it is given."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._secrets: list[Secret] = []
        self.run = ""
        """The id of the run that the records belong to; empty outside of a run."""
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Mask secrets from now on. An exception of a library may quote a key."""
        self._secrets += secrets

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._as_json:
                print_event("log", run=self.run, **self._facts(record))
            else:
                print_lines(*self._masked(self.format(record)).splitlines())
        except Exception:
            self.handleError(record)

    def _facts(self, record: logging.LogRecord) -> dict[str, Any]:
        facts = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._masked(record.getMessage()),
        }
        if record.exc_info:
            facts["traceback"] = self._masked(logging.Formatter().formatException(record.exc_info))
        return facts

    def _masked(self, text: str) -> str:
        # Asked each time, because a file with a key may have been read again.
        hidden = {text for secret in self._secrets for text in secret.texts()}
        for secret in sorted(hidden, key=len, reverse=True):  # a secret may contain another one
            text = text.replace(secret, MASK)
        return text


def configure_logging(*, verbose: bool = False, debug: bool = False, as_json: bool = False) -> None:
    """Print log records from INFO (``verbose``) or DEBUG (``debug``) on; without either, print none.

    Of libraries, only warnings are printed, and these too only with one of the two.

    Raises ConfigurationError if ``PENSTOCK_LOG`` is not a list of loggers and levels.
    """
    levels = _levels(os.environ.get(LEVELS, ""))
    if debug or os.environ.get(DEBUG):
        levels = dict.fromkeys(ROOTS, logging.DEBUG) | levels
    elif verbose:
        levels = dict.fromkeys(ROOTS, logging.INFO) | levels
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, StderrHandler)]:
        root.removeHandler(old)
    # Without any handler, Python would print the warnings of libraries on stderr: through the live bar, and
    # among the JSON lines.
    root.addHandler(StderrHandler(as_json=as_json) if levels else logging.NullHandler())
    logging.captureWarnings(capture=True)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@contextmanager
def logged_run(run: str) -> Iterator[None]:
    """Mark log records that are printed meanwhile with the id of a run."""
    handlers = [each for each in logging.getLogger().handlers if isinstance(each, StderrHandler)]
    for handler in handlers:
        handler.run = run
    try:
        yield
    finally:
        for handler in handlers:
            handler.run = ""


def hide_secrets(options: Iterable[Mapping[str, Any]]) -> None:
    """Keep the secrets among components' options out of the log."""
    secrets = [secret for each in options for value in each.values() for secret in secrets_in(value)]
    for handler in logging.getLogger().handlers:
        if isinstance(handler, StderrHandler):
            handler.hide(secrets)


def _levels(text: str) -> dict[str, int]:
    known = logging.getLevelNamesMapping()
    levels = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, level = part.partition("=")
        if not name or level.upper() not in known:
            what = f"must be LOGGER=LEVEL,..., got {part!r}"
            raise ConfigurationError([Complaint(LEVELS, what, "for example penstock.engine=DEBUG")])
        levels[name] = known[level.upper()]
    return levels
