"""The root of the command line, and the exit code of the process."""

from __future__ import annotations

import atexit
import gc
import itertools
import sys

import click

import penstock
from penstock.cli.command_options import Group
from penstock.cli.failures import report_failure, report_usage_error
from penstock.cli.logs import configure_logging
from penstock.cli.pipeline_commands import check, init, new, plugins, schema
from penstock.cli.result_commands import answers, compare, costs, find, forget, review, status, where
from penstock.cli.run_commands import convert, read, retry, run, service, watch, write
from penstock.cli.streams import flush, open_streams
from penstock.report import Exit

COMMANDS = (
    *(
        read,
        convert,
        compare,
        run,
        watch,
        service,
        retry,
        write,
        status,
        costs,
        find,
        review,
        answers,
        forget,
    ),
    *(where, check, plugins, init, new, schema),
)
"""In the order of the help."""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(penstock.__version__, "-V", "--version", prog_name="penstock")
def root() -> None:
    """Turn handwritten scans into searchable PDFs.

    Pages are recognized on this machine unless you name a recognizer that uses a service.
    """


for _command in COMMANDS:
    root.add_command(_command)


def main() -> None:
    """Run the command and exit with its exit code."""
    open_streams()
    as_json = _asks_for_json(sys.argv[1:])
    try:
        configure_logging()
        code = root.main(prog_name="penstock", standalone_mode=False)
    except click.ClickException as error:
        code = report_usage_error(error, as_json=as_json)
    except BrokenPipeError:
        code = Exit.SOMETHING_FAILED
    except (Exception, KeyboardInterrupt) as error:
        code = report_failure(error, as_json=as_json)
    try:
        flush()
    except OSError as error:
        code = code or report_failure(error, as_json=as_json)
    # To look for cycles among the objects of all modules takes a quarter of a second.
    atexit.register(gc.freeze)
    sys.exit(int(code or 0))


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether the command line asks for JSON lines. Needed when it cannot be parsed."""
    following = itertools.pairwise(arguments)
    return "--log-format=json" in arguments or ("--log-format", "json") in following
