"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import functools
import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from penstock.cli.file_list import is_picture
from penstock.cli.logs import configure_logging
from penstock.errors import StorageError
from penstock.storage import Address, Place, lacks_a_slash, scheme_of

Decorator = Callable[[Any], Any]

INPUTS = "Inputs"
LIMITS = "Limits"
OUTPUTS = "Outputs"
RECOGNIZING = "Recognition"
MESSAGES = "Messages"
TEAM = "For a team"


class Option(click.Option):
    """An option that the help lists under a heading of its own."""

    def __init__(self, *args: Any, heading: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading


class Command(click.Command):
    """A command whose help lists its options under their headings, in the order of declaration."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        headings: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            heading = param.heading if isinstance(param, Option) else "Options"
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)):
                headings.setdefault(heading, []).append(record)
        for heading, records in headings.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class Group(click.Group):
    """The root of the commands. An unknown command is explained: it may be an input, or misspelled."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of declaration, for the help."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}: {_instead_of(args[0], list(self.commands))}")
        return super().resolve_command(ctx, args)


def _instead_of(name: str, commands: list[str]) -> str:
    """Return what to write instead of an unknown command."""
    from penstock.plugins import nearest

    path = Path(name)
    if path.suffix.lower() == ".toml":
        return f"did you mean `penstock run {shlex.quote(name)}`?"
    if path.suffix or path.exists() or {"*", "/"} & set(name):
        return f"did you mean `penstock read {shlex.quote(name)}`?"
    meant = nearest(name, commands)
    return f"did you mean {meant!r}?" if meant else "`penstock --help` lists the commands"


def place(text: str) -> Place:
    """Return the path of a file or folder, or an address of object storage, for an option."""
    if lacks_a_slash(text):
        raise click.BadParameter(f"an address has two slashes after its scheme, got {text}")
    if scheme_of(text) is None:
        return Path(text)
    try:
        return Address.parse(text)
    except StorageError as error:
        raise click.BadParameter(str(error)) from error


command = functools.partial(click.command, cls=Command)
"""Like `click.command`, with options under headings in the help."""

option = functools.partial(click.option, cls=Option)
"""Like `click.option`, with ``heading``."""


def options(*decorators: Decorator) -> Decorator:
    """Combine options into one decorator that keeps their order."""

    def apply(function: Any) -> Any:
        # click lists the option that is applied last first.
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def pipeline_path(text: str) -> Path:
    """Return the path of a pipeline file. Raises BadParameter for a folder, a picture or a PDF.

    Whether there is such a file is checked when the pipeline is loaded.
    """
    path = Path(text)
    if path.is_dir():
        raise click.BadParameter(
            f"{text} is a folder: name a pipeline file in it, such as {path / 'penstock.toml'}"
        )
    # A pipe can be read only once, so nothing but a regular file is looked into.
    if path.is_file() and is_picture(path):
        raise click.BadParameter(f"{text} is a picture or a PDF: use `penstock read {text}`")
    return path


def optional_pipeline_path(text: str) -> Path:
    """Return the path of a pipeline file, for commands that show results of `penstock read` without one.

    Raises BadParameter for a folder, a picture or a PDF.
    """
    try:
        return pipeline_path(text)
    except click.BadParameter as error:
        raise click.BadParameter(
            f"must be a pipeline file, got {text}; leave it out for the results of `penstock read`"
        ) from error


def money(text: str) -> float:
    """Return a sum of 0 or more. Raises BadParameter for anything else, infinity included."""
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise click.BadParameter(f"must be a sum such as 1.50, got {text!r}")
    return amount


def seconds(text: str) -> float:
    """Return a time above 0. Raises BadParameter for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise click.BadParameter(f"must be a number of seconds above 0, got {text!r}")
    return value


def positive(text: str) -> int:
    """Return a whole number of 1 or more. Raises BadParameter for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def language_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a list with commas or, as for Tesseract, plus signs."""
    return tuple(tag.strip() for tag in text.replace("+", ",").split(",") if tag.strip())


def logged(function: Any) -> Any:
    """Turn ``--verbose`` and ``--debug`` of a command into the configuration of logging."""

    @functools.wraps(function)
    def run(*args: Any, verbose: bool, debug: bool, **kwargs: Any) -> Any:
        configure_logging(verbose=verbose, debug=debug, as_json=kwargs.get("log_format") == "json")
        return function(*args, **kwargs)

    return run


pipeline_file = click.argument("file", type=pipeline_path)
optional_pipeline_file = click.argument("file", type=optional_pipeline_path, required=False)

settings_option = option(
    "--set",
    "settings",
    multiple=True,
    metavar="PLACE=VALUE",
    help="Set any option of the pipeline, such as engine.max_failed=10, recognizers.0.in_flight=1 or"
    " sinks.0.path=out/{document}.pdf (components count from 0).",
)

poll_option = option(
    "--poll",
    metavar="SECONDS",
    type=seconds,
    heading=INPUTS,
    help="Look for new files every so many seconds. Network shares give no notice of them.",
)

workers_option = option(
    "--workers",
    metavar="WHERE",
    heading=RECOGNIZING,
    help="Where recognizers that compute read pages: local, a number of processes, or the scheduler of a Dask"
    " cluster, such as tcp://host:8786.",
)

run_options = options(
    option("--dry-run", is_flag=True, help="Print what a run would do. Send and write nothing."),
    option("--fresh", is_flag=True, help="Recognize all pages again. Services bill them again."),
    option("--max-pages", metavar="N", type=positive, heading=LIMITS, help="Stop after sending N pages."),
    option(
        "--budget",
        metavar="SUM",
        type=money,
        heading=LIMITS,
        help="Stop before spending more than SUM, at the recognizer's price_per_1000.",
    ),
    option("--rewrite", is_flag=True, heading=OUTPUTS, help="Replace outputs that were edited by hand."),
)

corrections_option = option(
    "--corrections",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the text of pages from an output that you edited: JSON, hOCR, ALTO or PAGE. Can be repeated.",
)

force_option = option(
    "--force",
    is_flag=True,
    heading=OUTPUTS,
    help="Replace files that penstock did not write, and outputs edited by hand.",
)

log_options = options(
    option("--verbose", "-v", is_flag=True, heading=MESSAGES, help="Print log messages from INFO on."),
    option(
        "--debug", is_flag=True, heading=MESSAGES, help="Print all log messages, and tracebacks of errors."
    ),
    logged,
)

message_options = options(
    option("--quiet", "-q", is_flag=True, heading=MESSAGES, help="Print only failures."),
    option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        heading=MESSAGES,
        help="json: one object per line on stderr (`penstock schema --events`).",
    ),
    log_options,
)
