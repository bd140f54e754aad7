"""Sends penstock's log records to the collector."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opentelemetry._logs import SeverityNumber

if TYPE_CHECKING:
    from opentelemetry._logs import Logger

LOGGERS = ("penstock", "penstock_plugins")
_SEVERITIES = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


class Bridge(logging.Handler):
    """Passes the records of penstock's loggers on, while it is attached to them.

    A message can name files and quote what a service answered. So without ``content`` only its template is
    sent: ``%s: trying again in %.1f s: %s``. Tracebacks are never sent.
    """

    def __init__(self, logger: Logger, *, content: bool) -> None:
        super().__init__()
        self._logger, self._content = logger, content

    def attach(self) -> None:
        """Begin to receive records."""
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self)

    def detach(self) -> None:
        """Receive no more records."""
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        try:
            error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
            self._logger.emit(
                timestamp=int(record.created * 1e9),
                severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.UNSPECIFIED),
                severity_text=record.levelname,
                body=record.getMessage() if self._content else str(record.msg),
                attributes={"log.logger": record.name, **({"exception.type": error} if error else {})},
            )
        except Exception:
            self.handleError(record)
