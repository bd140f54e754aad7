"""How an exception is reported, and the exit code that it leads to."""

from __future__ import annotations

import logging

import click

from penstock.cli.streams import print_event, print_lines
from penstock.errors import Complaint, ConfigurationError, PenstockError, is_disk_full
from penstock.report import Exit, counted

logger = logging.getLogger(__name__)


def report_failure(
    error: BaseException, *, as_json: bool = False, run: str = "", goes_on: bool = False
) -> Exit:
    """Report an exception that ended the command on stderr, and return the exit code.

    ``run`` is the id of the run in which pages may have been sent or outputs written before; else empty.
    ``goes_on`` if the command, a watch, does not end.
    """
    # Only --debug shows it.
    logger.debug("traceback of the error below", exc_info=error)
    if isinstance(error, (click.exceptions.Abort, KeyboardInterrupt)):
        _report_interrupt(as_json=as_json, run=run)
        return Exit.INTERRUPTED
    code, complaints = _explained(error)
    for each in complaints:
        if as_json:
            print_event("error", run=run, place=each.place, what=each.what, hint=each.instead)
        elif each.place:
            print_lines(f"error: {each}")
        else:
            print_lines(f"error: {each.what}", *([f"       {each.instead}"] if each.instead else []))
    if run:
        return Exit.SOMETHING_FAILED
    if isinstance(error, ConfigurationError) and not (as_json or goes_on):
        print_lines(f"{counted(len(complaints), 'error')}; nothing was started")
    return code


def report_usage_error(error: click.ClickException, *, as_json: bool = False) -> Exit:
    """Report a command line that cannot be parsed on stderr, and return the exit code."""
    if as_json:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"see {context.command_path} --help" if context else ""
        print_event("error", place="", what=error.format_message(), hint=hint)
    else:
        error.show()
    return Exit.NOT_STARTED


def _report_interrupt(*, as_json: bool, run: str) -> None:
    what, hint = "stopped at once; the files that were written are complete", "run the same command again"
    if as_json:
        print_event("interrupted", run=run, what=what, hint=hint)
    else:
        print_lines(f"{what}; {hint} to continue")


def _explained(error: BaseException) -> tuple[Exit, list[Complaint]]:
    if isinstance(error, ConfigurationError):
        return Exit.NOT_STARTED, error.complaints
    if isinstance(error, PenstockError):
        return Exit.NOT_STARTED, [Complaint("", error.message, error.hint)]
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return Exit.NOT_STARTED, [Complaint("", f"{error.filename}: {error.strerror}")]
    if isinstance(error, OSError) and is_disk_full(error):
        return Exit.SOMETHING_FAILED, [Complaint("", f"cannot write the output ({error.strerror})")]
    what = f"internal error: {type(error).__name__}: {error}"
    hint = "this is a bug in penstock: run the command again with --debug and report what it prints"
    return Exit.SOMETHING_FAILED, [Complaint("", what, hint)]
