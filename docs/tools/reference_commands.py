"""The reference of the command line: commands with their options, exit codes, environment variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from inspect import cleandoc

import click
from markdown_text import cell, required, rows

from penstock.cli.logs import DEBUG, LEVELS
from penstock.cli.main import root
from penstock.plugins import KINDS, component_class, load, offers
from penstock.report import Exit

MEANINGS = {
    Exit.DONE: ("Everything is recognized and written, or there was nothing to do.", "nothing"),
    Exit.SOMETHING_FAILED: (
        "Something failed. The rest is written, and the report names each failure.",
        "Fix what the report names and run the same command again, or run `penstock retry FILE`.",
    ),
    Exit.NOT_STARTED: (
        "Nothing was started: the command line or the pipeline is wrong, or another run uses the state folder.",
        "Fix what the message names.",
    ),
    Exit.STOPPED: (
        "The run stopped early: key refused, quota or budget used up, too many failures, or no disk space.",
        "Fix the cause and run the same command again: it continues where it stopped.",
    ),
    Exit.INTERRUPTED: ("The run was interrupted by Ctrl-C or SIGTERM.", "Run the same command to continue."),
}
"""The meaning of each exit code, and what to do. A code that is missing here fails the build."""

VARIABLES = {
    "PENSTOCK_PDF_PASSWORD": "The password of encrypted PDFs.",
    "PENSTOCK_REVIEW_PASSWORD": "The password of `penstock review --host`.",
    DEBUG: "Any value has the same effect as `--debug`.",
    LEVELS: "Levels of single loggers, such as `penstock.engine=DEBUG,penstock.plugins=INFO`.",
    "SOURCE_DATE_EPOCH": "The date of written PDFs, in seconds since 1970.",
    "HTTPS_PROXY": "The proxy for services and web addresses; also `HTTP_PROXY` and `NO_PROXY`.",
    "REQUESTS_CA_BUNDLE": "A file with the certificates to trust, for example those of a company's proxy.",
}


def commands_page() -> str:
    """Return the page with every command, its arguments and its options."""
    parts = ["# Commands\n\n`penstock --help` and `penstock COMMAND --help` print the same.\n"]
    for name, command in sorted(root.commands.items()):
        parts += ["\n", _command(name, command)]
    return "".join(parts)


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"penstock {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    about = cleandoc(required(command.help, f"penstock {name}"))
    text = f"## penstock {name}\n\n```text\npenstock {name} {usage}\n```\n\n{about}\n"
    table = [_option(name, each) for each in command.params if isinstance(each, click.Option)]
    return text + ("\n" + rows(("option", "meaning"), table) if table else "")


def _option(command: str, option: click.Option) -> tuple[str, str]:
    names = ", ".join(f"`{each}`" for each in option.opts)
    if not option.is_flag:
        names += f" `{option.metavar or (option.name or '').upper()}`"
    about = required(option.help, f"penstock {command} {option.opts[0]}").strip()
    if isinstance(option.type, click.Choice):
        about += f" One of {', '.join(f'`{each}`' for each in option.type.choices)}."
    if option.default not in (None, False, ()) and not option.is_flag and option.show_default:
        about += f" Default: `{option.default}`."
    return names, cell(about + (" Can be given several times." if option.multiple else ""))


def exit_codes_page() -> str:
    """Return the page with every exit code."""
    table = [(str(int(code)), *MEANINGS[code]) for code in Exit]
    return "# Exit codes\n\nFor scripts and timers. In Python they are `penstock.report.Exit`.\n\n" + rows(
        ("code", "meaning", "what to do"), table
    )


def variables_page() -> str:
    """Return the page with every environment variable that penstock reads."""
    table = [(f"`{name}`", about) for name, about in [*VARIABLES.items(), *_of_options()]]
    return (
        "# Environment variables\n\nSecrets are read from the environment or from a file: a key in a pipeline file "
        "is refused. Any option can refer to a variable as `${NAME}`.\n\n"
        + rows(("variable", "meaning"), table)
    )


def _of_options() -> Iterable[tuple[str, str]]:
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution != "penstock":
                continue
            for option in fields(component_class(load(offer), offer.name)):
                if variable := option.metadata.get("env"):
                    yield variable, f"Default of the option `{option.name}` of `{offer.name}`."


__all__ = ["commands_page", "exit_codes_page", "variables_page"]
