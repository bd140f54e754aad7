"""The commands that help to write pipelines and plugins."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.command_options import (
    command,
    log_options,
    option,
    pipeline_file,
    settings_option,
)
from penstock.cli.streams import may_be_cut_short, print_lines
from penstock.report import Exit


@command()
@pipeline_file
@settings_option
@option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="PAGES",
    help="Also read so many random pages with the first recognizer, and say which share would go on to the"
    " next one.",
)
@log_options
def check(file: Path, settings: tuple[str, ...], sample: int | None) -> Exit:
    """Check a pipeline file and print it with all defaults.

    The pipeline is printed as TOML on stdout, ready to be used as a pipeline file. Secrets stay references
    to environment variables. What a run would do, and where pages are read, is printed on stderr. If it would
    fail to read a file, the exit code is 1. The workers of a Dask cluster are checked, too.

    With --sample, the first recognizer, which must not be a service, reads random pages. For several limits
    of confidence, a table says how many of all pages would go on to the next recognizer, what that would
    cost, and how many words of the other pages are expected to be wrong. A run does not read these pages
    again.
    """
    from penstock.api.inputs import user_result_index
    from penstock.api.sampling import check_recognizers
    from penstock.cli.check_sample import check_sample
    from penstock.cli.logs import hide_secrets
    from penstock.cli.pipeline_toml import pipeline_toml, read_tables
    from penstock.cli.report_text import show_survey
    from penstock.config import load_file
    from penstock.engine import PageSample, RunOptions, where_it_computes
    from penstock.engine.survey import survey
    from penstock.pipeline import Pipeline

    configuration = load_file(file, settings)
    hide_secrets(each.options for each in configuration.components)
    pipeline = Pipeline(configuration)
    if sample:
        check_recognizers(pipeline)
    pages = PageSample(sample or 0)
    with may_be_cut_short():
        click.echo(pipeline_toml(configuration, read_tables(file, settings)), nl=False)
        found = survey(pipeline, RunOptions(result_index=user_result_index()), sample=pages)
        show_survey(found)
        print_lines(*where_it_computes(pipeline))
        return max(found.exit_code, check_sample(pipeline, pages)) if sample else found.exit_code
    return Exit.DONE


@command()
@click.argument("name", required=False)
@option("--json", "as_json", is_flag=True, help="Print JSON.")
@option(
    "--check", is_flag=True, help="Test whether the plugin NAME, or ./file.py:Class, follows the contract."
)
@option(
    "--live",
    is_flag=True,
    help="With --check, also run the tests that send pages to the plugin's service, which may bill them.",
)
@option(
    "--set",
    "settings",
    multiple=True,
    metavar="OPTION=VALUE",
    help="An option of the plugin for --check, such as paths=['.']",
)
@log_options
def plugins(name: str | None, as_json: bool, check: bool, live: bool, settings: tuple[str, ...]) -> Exit:
    """List plugins, show one plugin's options, or check a plugin."""
    if check and not name:
        raise click.UsageError("--check needs the name of a plugin, or ./file.py:Class")
    if settings and not check:
        raise click.UsageError("--set goes with --check")
    if live and not check:
        raise click.UsageError("--live goes with --check")
    with may_be_cut_short():
        if check:
            from penstock.cli.plugin_check import check_plugin

            return check_plugin(name or "", settings, live=live)
        from penstock.cli.catalogue import show_one, show_plugins

        return show_one(name, as_json=as_json) if name else show_plugins(as_json=as_json)
    return Exit.DONE


@command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
def init(directory: Path) -> Exit:
    """Write a commented pipeline file to start from."""
    from penstock.cli.scaffold import write_pipeline

    path = write_pipeline(directory)
    click.echo(f"wrote {path}; edit it, then: penstock run {path}", err=True)
    return Exit.DONE


@command()
@click.argument(
    "kind", type=click.Choice(["source", "transform", "recognizer", "rule", "amender", "sink", "observer"])
)
@click.argument("name")
@option("--service", is_flag=True, help="For a recognizer: a client of a service, with submit and poll.")
@option("--at-once", is_flag=True, help="With --service: it returns results in its responses, without poll.")
@option("--in", "parent", type=click.Path(path_type=Path), default=Path(), help="The folder to create it in.")
def new(kind: str, name: str, service: bool, at_once: bool, parent: Path) -> Exit:
    """Write a package for a new plugin, with a test that passes."""
    from penstock.cli.scaffold import new_plugin, next_steps, write_plugin

    made = new_plugin(kind, name, service=service, at_once=at_once)
    click.echo(next_steps(made, write_plugin(made, parent)), err=True)
    return Exit.DONE


@command()
@option("--events", is_flag=True, help="Print the schema of the lines of --log-format json instead.")
def schema(events: bool) -> Exit:
    """Print the JSON Schema of pipeline files, or of JSON events."""
    import json

    from penstock.cli.event_schema import event_schema
    from penstock.schema import pipeline_schema

    with may_be_cut_short():
        click.echo(json.dumps(event_schema() if events else pipeline_schema(), indent=2))
    return Exit.DONE
