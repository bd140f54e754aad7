"""The reference of the command: every subcommand with its options, exit codes, environment variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from inspect import cleandoc

import click
from markdown_text import cell, rows

from penstock.cli.main import DEBUG, LEVELS, root
from penstock.plugins import KINDS, component_class, load, offers
from penstock.report import Exit

MEANINGS = {
    Exit.DONE: (
        "everything was read and written; also: nothing was left to do, or its user ended a sitting",
        "nothing",
    ),
    Exit.SOMETHING_FAILED: (
        "something failed; all the rest is written, and the report names each failure",
        "mend what the report names, then the same command, or `penstock retry FILE`",
    ),
    Exit.NOT_STARTED: (
        "nothing was started: the command or the pipeline is wrong, or another run holds the state folder",
        "mend what was named",
    ),
    Exit.STOPPED: (
        "stopped early: key refused, quota or budget used up, too many failures, no space",
        "mend it, then the same command: it goes on where it stopped",
    ),
    Exit.INTERRUPTED: ("interrupted by Ctrl-C or SIGTERM", "the same command goes on"),
}
"""What each exit code means, and what to do then. One without a meaning here stops the build."""

VARIABLES = {
    "PENSTOCK_PDF_PASSWORD": "opens encrypted PDFs",
    DEBUG: "set to anything: the same as `--debug`, for every command",
    LEVELS: "levels of single loggers, such as `penstock.engine=DEBUG,penstock.plugins=INFO`",
    "SOURCE_DATE_EPOCH": "the date that PDFs carry, in seconds since 1970",
    "HTTPS_PROXY": "and `HTTP_PROXY`, `NO_PROXY`: the proxy that services and addresses are reached through",
    "REQUESTS_CA_BUNDLE": "certificates to trust, where a company's proxy has its own",
}


def commands_page() -> str:
    """Every command with its arguments and options."""
    parts = ["# Commands\n\n", "`penstock --help` and `penstock COMMAND --help` say the same.\n"]
    for name, command in sorted(root.commands.items()):
        parts += ["\n", _command(name, command)]
    return "".join(parts)


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"penstock {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    text = f"## penstock {name}\n\n```text\npenstock {name} {usage}\n```\n\n{cleandoc(command.help or '')}\n"
    table = [_option(each) for each in command.params if isinstance(each, click.Option)]
    return text + ("\n" + rows(("option", "does"), table) if table else "")


def _option(option: click.Option) -> tuple[str, str]:
    names = ", ".join(f"`{each}`" for each in option.opts)
    if not option.is_flag:
        names += f" `{_value_of(option)}`"
    about = (option.help or "").strip()
    if isinstance(option.type, click.Choice):
        about += f" One of {', '.join(f'`{each}`' for each in option.type.choices)}."
    if option.default not in (None, False, ()) and not option.is_flag and option.show_default:
        about += f" Default: `{option.default}`."
    return names, cell(about + (" May be given several times." if option.multiple else ""))


def _value_of(option: click.Option) -> str:
    return option.metavar or option.name.upper() if option.name else ""


def exit_codes_page() -> str:
    """Every exit code, what it means, and what to do."""
    table = [(str(int(code)), *MEANINGS[code]) for code in Exit]
    return (
        "# Exit codes\n\nFor scripts and timers. Python programs find them as `penstock.report.Exit`.\n\n"
        + rows(("code", "means", "what to do"), table)
    )


def variables_page() -> str:
    """Every environment variable that penstock looks at."""
    table = [(f"`{name}`", about) for name, about in [*VARIABLES.items(), *_of_options()]]
    return (
        "# Environment variables\n\nSecrets come from here alone: a key that stands in a pipeline file is "
        "refused. Any option may name one of yours as `${NAME}`.\n\n" + rows(("variable", "does"), table)
    )


def _of_options() -> Iterable[tuple[str, str]]:
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution != "penstock":
                continue
            for option in fields(component_class(load(offer), offer.name)):
                if variable := option.metadata.get("env"):
                    yield variable, f"the option `{option.name}` of `{offer.name}`, where it is not given"


__all__ = ["commands_page", "exit_codes_page", "variables_page"]
