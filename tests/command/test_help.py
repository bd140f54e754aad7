"""The help of the commands."""

from __future__ import annotations

from importlib.metadata import entry_points

import click
import pytest

from penstock.cli import root

COMMANDS = list(root.commands)


def test_summaries_are_complete_at_80_columns(command):
    shown = command("--help", COLUMNS="80").stdout
    summaries = shown.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in summaries] == COMMANDS
    assert all(line.endswith(".") and not line.endswith("..") for line in summaries)


def test_read_names_every_output():
    (to,) = (param for param in root.commands["read"].params if param.name == "to")
    named = to.help.partition(": ")[2].partition(".")[0].split(",")
    assert set(named) == {point.name for point in entry_points(group="penstock.sinks")}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    for param in root.commands[name].params:
        if isinstance(param, click.Option):
            assert param.help, param.name
            assert param.help.endswith(("]", ".")) or "(" in param.help, param.help


def options_in_help(shown: str) -> list[str]:
    lines = [line.strip() for line in shown.splitlines()]
    return [line.split()[0].rstrip(",") for line in lines if line.startswith("-")]


def test_options_are_listed_in_the_order_of_declaration_under_their_headings(command):
    shown = command("read", "--help").stdout
    headings = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Inputs:", "Recognition:", "Options:", "Outputs:", "Limits:", "Messages:"]
    assert options_in_help(shown) == [
        *("--files-from", "--include", "--exclude", "--pages", "--watch", "--poll"),
        *("--with", "--readings", "-j", "-l", "--vocabulary", "--workers", "--deskew", "--crop"),
        *("--set", "--corrections", "--dry-run", "--fresh", "-h"),
        *("--to", "--out", "-o", "--merge", "--on-bad-page", "--title", "--author", "--rewrite", "--force"),
        *("--max-pages", "--budget"),
        *("-q", "--log-format", "-v", "--debug"),
    ]


@pytest.mark.parametrize("name", ["read", "run", "retry", "write", "check"])
def test_commands_share_the_declaration_of_set(name):
    (option,) = [param for param in root.commands[name].params if param.name == "settings"]
    assert option.opts == ["--set"]
    assert "recognizers.0.in_flight=1" in option.help


@pytest.mark.parametrize("name", ["read", "run", "retry", "write", "check", "plugins"])
def test_commands_that_run_plugins_can_be_verbose(name):
    names = {option for param in root.commands[name].params for option in param.opts}
    assert {"-v", "--verbose", "--debug"} <= names
