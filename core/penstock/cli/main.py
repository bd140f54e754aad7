"""The command's root, its subcommands, and how errors become exit codes."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

import penstock
from penstock.cli.amounts import money, pages
from penstock.cli.show import complain, say
from penstock.cli.streams import cut_short_is_well, flush, open_streams
from penstock.errors import PenstockError, is_disk_full
from penstock.report import Exit

DEBUG = "PENSTOCK_DEBUG"
"""Environment variable that lets a fault of penstock's own show its traceback."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(penstock.__version__, "-V", "--version", prog_name="penstock")
def root() -> None:
    """Turn handwritten scans into searchable PDFs.

    Everything is read on this machine unless a recognizer is named that is a service.
    """


def main() -> None:
    """Run the command; the process ends with the exit code that the design promises."""
    open_streams()
    try:
        code = root.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = Exit.NOT_STARTED
    except PenstockError as error:
        complain(error)
        code = Exit.NOT_STARTED
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("stopped at once; what was written is whole, and the same command does the rest")
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        code = Exit.SOMETHING_FAILED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        code = _unforeseen(error)
    try:
        flush()
    except OSError as error:
        code = code or _unforeseen(error)
    sys.exit(int(code or 0))


def _unforeseen(error: Exception) -> Exit:
    """Say what nobody translated: what the system refuses is its word, all else a fault of penstock's."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        say(f"error: {error.filename}: {error.strerror}")
        return Exit.NOT_STARTED
    if isinstance(error, OSError) and is_disk_full(error):
        say(f"error: what is printed cannot be written ({error.strerror})")
        return Exit.SOMETHING_FAILED
    say(f"error: a fault of penstock itself: {type(error).__name__}: {error}")
    say(f"       please report it, with what {DEBUG}=1 prints")
    return Exit.SOMETHING_FAILED


output_options = [
    click.option("--quiet", "-q", is_flag=True, help="Print nothing but failures and results."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json: one object a line on stderr, for machines.",
    ),
    click.option("--force", is_flag=True, help="Replace files that penstock did not write."),
]


run_options = [
    click.option("--fresh", is_flag=True, help="Read again what was read before (services bill it again)."),
    click.option("--rewrite", is_flag=True, help="Write again what somebody changed by hand since."),
    click.option("--dry-run", is_flag=True, help="Say what would be done; send nothing, write nothing."),
    click.option("--max-pages", metavar="N", type=pages, help="Send no more than so many pages."),
    click.option("--budget", metavar="SUM", type=money, help="Spend no more, at price_per_1000."),
]


@root.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option(
    "--files-from",
    metavar="LIST",
    help="Read what this file names, one a line, each line a name as it is; - for standard input.",
)
@click.option("--include", multiple=True, metavar="PATTERN", help="Of folders, read only this: '*.jpg'.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Of folders, do not read this: drafts.")
@click.option("--with", "recognizer", default="rapidocr", show_default=True, help="The recognizer.")
@click.option("--to", default="pdf", show_default=True, help="Outputs, with commas: pdf,text,json,overlay.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the outputs; else beside each input.")
@click.option("--merge", metavar="NAME", help="Make one document of all inputs, with this name.")
@click.option(
    "--set", "settings", multiple=True, metavar="PLACE=VALUE", help="As for run: recognizers.0.in_flight=1"
)
def read(
    inputs: tuple[str, ...],
    files_from: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    recognizer: str,
    to: str,
    out: Path | None,
    merge: str | None,
    settings: tuple[str, ...],
    quiet: bool,
    log_format: str,
    dry_run: bool,
    **options: Any,
) -> Exit:
    """Read files, folders, globs or URLs without a pipeline file; "-" is a picture from standard input.

    Each input gets a searchable PDF beside it. Nothing is overwritten that penstock did not write.
    """
    if not inputs and files_from is None:
        raise click.MissingParameter(param_type="argument", param_hint="'INPUT...'")
    from penstock.cli.adhoc import Inputs, read_configuration
    from penstock.cli.execute import execute
    from penstock.engine import RunOptions

    named = Inputs(inputs, files_from, include, exclude, merge)
    configure = partial(read_configuration, named, recognizer, to, out, settings)
    asked = RunOptions(ad_hoc=True, **options)
    return execute(configure, asked, quiet=quiet, log_format=log_format, dry_run=dry_run)


@root.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PLACE=VALUE",
    help="For example sinks.0.path=x/{document}.pdf",
)
def run(
    file: Path, settings: tuple[str, ...], quiet: bool, log_format: str, dry_run: bool, **options: Any
) -> Exit:
    """Run a pipeline file; run again, it goes on where it stopped."""
    from penstock.cli.execute import execute
    from penstock.config import load_file
    from penstock.engine import RunOptions

    configure = partial(load_file, file, settings)
    return execute(configure, RunOptions(**options), quiet=quiet, log_format=log_format, dry_run=dry_run)


@root.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="As for run.")
def retry(file: Path, settings: tuple[str, ...], quiet: bool, log_format: str, **options: Any) -> Exit:
    """Try the pages again that failed, those that were refused too, and nothing else."""
    from penstock.cli.execute import execute
    from penstock.config import load_file
    from penstock.engine import RunOptions

    asked = RunOptions(retry=True, **options)
    return execute(partial(load_file, file, settings), asked, quiet=quiet, log_format=log_format)


@root.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="As for run.")
@click.option("--again", "write_again", is_flag=True, help="Write everything, also what is there already.")
@click.option("--rewrite", is_flag=True, help="Write again what somebody changed by hand since.")
@click.option(
    "--corrections",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="Take what was read from this output of the json sink, mended by hand.",
)
def write(
    file: Path,
    settings: tuple[str, ...],
    corrections: tuple[Path, ...],
    quiet: bool,
    log_format: str,
    **options: Any,
) -> Exit:
    """Make outputs from what was read before; no recognizer is loaded, nothing is sent."""
    from penstock.cli.execute import execute
    from penstock.config import load_file
    from penstock.engine import RunOptions

    configure = partial(load_file, file, settings, without=("sources", "recognizers"))
    asked = RunOptions(write_only=True, corrections=corrections, **options)
    return execute(configure, asked, quiet=quiet, log_format=log_format)


@root.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(file: Path | None, as_json: bool) -> Exit:
    """Show how far a pipeline's pages are, also while it runs; without FILE, those of `penstock read`."""
    from penstock.cli.looking import show_status

    with cut_short_is_well():
        return show_status(file, as_json=as_json)
    return Exit.DONE


@root.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path))
def answers(file: Path, directory: Path) -> Exit:
    """Write the service's own answers into a folder, where [engine] keep_answers kept them."""
    from penstock.cli.looking import save_answers

    return save_answers(file, directory)


@root.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--older-than",
    metavar="AGE",
    help="Results of before that: 90d, 12h, 2w; of every pipeline that shares the state folder.",
)
@click.option("--document", "documents", multiple=True, metavar="NAME", help="Results of this document.")
@click.option(
    "--all", "everything", is_flag=True, help="All results, of every pipeline that shares the state folder."
)
def forget(file: Path | None, older_than: str | None, documents: tuple[str, ...], everything: bool) -> Exit:
    """Drop results from the journal: their pages are sent, and billed, again when they are next met.

    Outputs stay. One of the options says what is dropped.
    """
    from penstock.cli.looking import forget_results

    return forget_results(file, older_than, documents, everything=everything)


for command in (read, run):
    for option in reversed(run_options):
        option(command)
for command in (read, run, retry, write):
    for option in reversed(output_options):
        option(command)


@root.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="As for run.")
def check(file: Path, settings: tuple[str, ...]) -> Exit:
    """Show a pipeline as it is understood, or everything that is wrong with it.

    Says what a run would send, and what it could not have: then the exit code is 1, as the run's would be.
    """
    from penstock.cli.show import show_pipeline, show_survey
    from penstock.config import load_file
    from penstock.engine import survey
    from penstock.pipeline import Pipeline

    configuration = load_file(file, settings)
    pipeline = Pipeline(configuration)
    with cut_short_is_well():
        show_pipeline(configuration)
        click.echo()
        found = survey(pipeline)
        show_survey(found)
        return found.exit_code
    return Exit.DONE


@root.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--check", is_flag=True, help="Try out whether NAME, or ./file.py:Class, keeps its promises.")
@click.option(
    "--set", "settings", multiple=True, metavar="OPTION=VALUE", help="An option for --check: paths=['.']"
)
def plugins(name: str | None, as_json: bool, check: bool, settings: tuple[str, ...]) -> Exit:
    """List every plugin, show one plugin's options, or check what one does."""
    if check and not name:
        raise click.UsageError("--check needs the name of a plugin, or ./file.py:Class")
    if settings and not check:
        raise click.UsageError("--set goes with --check")
    with cut_short_is_well():
        if check:
            from penstock.cli.plugin_check import check_plugin

            return check_plugin(name or "", settings)
        from penstock.cli.catalogue import show_one, show_plugins

        return show_one(name, as_json=as_json) if name else show_plugins(as_json=as_json)
    return Exit.DONE


@root.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
def init(directory: Path) -> Exit:
    """Write a commented pipeline file to start from."""
    from penstock.cli.starter import FILE_NAME, write_starter

    place = write_starter(directory)
    click.echo(
        f"wrote {place}; edit it, then: penstock run {place if directory != Path() else FILE_NAME}", err=True
    )
    return Exit.DONE


@root.command()
@click.argument(
    "kind", type=click.Choice(["source", "transform", "recognizer", "amender", "sink", "observer"])
)
@click.argument("name")
@click.option(
    "--service", is_flag=True, help="For a recognizer: a client of a service, with submit and poll."
)
@click.option(
    "--in", "parent", type=click.Path(path_type=Path), default=Path(), help="Where to put its folder."
)
def new(kind: str, name: str, service: bool, parent: Path) -> Exit:
    """Write a plugin of your own to start from: a small package with a test that passes."""
    from penstock.cli.scaffold import new_plugin, next_steps, write_plugin

    made = new_plugin(kind, name, service=service)
    click.echo(next_steps(made, write_plugin(made, parent)), err=True)
    return Exit.DONE


@root.command()
def schema() -> Exit:
    """Print the JSON Schema of pipeline files, for editors."""
    import json

    from penstock.schema import pipeline_schema

    with cut_short_is_well():
        click.echo(json.dumps(pipeline_schema(), indent=2))
    return Exit.DONE


__all__ = ["main", "root"]
