"""The root of the command line, its commands, and the exit code of the process."""

from __future__ import annotations

import atexit
import gc
import itertools
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

import penstock
from penstock.cli.command_options import (
    MESSAGES,
    OUTPUTS,
    RECOGNIZING,
    Group,
    corrections_option,
    force_option,
    language_tags,
    log_options,
    message_options,
    option,
    optional_pipeline_file,
    pipeline_file,
    pipeline_path,
    place,
    positive,
    run_options,
    settings_option,
    workers_option,
)
from penstock.cli.failures import report_failure, report_usage_error
from penstock.cli.logs import configure_logging
from penstock.cli.streams import flush, may_be_cut_short, open_streams, print_lines
from penstock.report import Exit
from penstock.storage import Place

INPUTS = "Inputs"
WRITE_AFTER_READ = (
    "Name a pipeline file. After `penstock read`, repeat that command instead, with --corrections JSON if "
    "you edited its JSON output: it reads no page again."
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(penstock.__version__, "-V", "--version", prog_name="penstock")
def root() -> None:
    """Turn handwritten scans into searchable PDFs.

    Pages are recognized on this machine unless you name a recognizer that uses a service.
    """


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


@root.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@option(
    "--files-from",
    metavar="LIST",
    heading=INPUTS,
    help="Read names of inputs from this file, one per line; - for standard input.",
)
@option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    heading=INPUTS,
    help="In folders, take only files like '*.jpg'.",
)
@option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    heading=INPUTS,
    help="In folders, leave out files or folders.",
)
@option(
    "--pages",
    default="",
    metavar="PAGES",
    heading=INPUTS,
    help="Take only these pages of each file, such as 1-3,7,10- (from 10 to the last).",
)
@option(
    "--with",
    "recognizer",
    metavar="PLUGIN",
    show_default="rapidocr",
    heading=RECOGNIZING,
    help="The recognizer. With --readings: for pages without a transcription; default: none.",
)
@option(
    "--readings",
    metavar="FILES",
    heading=RECOGNIZING,
    help="Take the text from hOCR, ALTO, PAGE or JSON files: a file, a folder, a glob, a METS file, or a"
    " pattern such as '{beside}/page/{picture}.xml'.",
)
@option(
    "--jobs",
    "-j",
    type=positive,
    metavar="N",
    heading=RECOGNIZING,
    help="Recognize N pages at a time. Default: one for each processor core.",
)
@option(
    "--language",
    "-l",
    "languages",
    type=language_tags,
    default="",
    metavar="TAGS",
    heading=RECOGNIZING,
    help="The languages of the pages, such as en,fr. Default: whatever the recognizer finds.",
)
@option(
    "--vocabulary",
    metavar="FILE",
    heading=RECOGNIZING,
    help="Favour the names and places in a text file, one per line.",
)
@workers_option
@option("--deskew", is_flag=True, heading=RECOGNIZING, help="Turn tilted lines level before recognition.")
@option(
    "--crop",
    is_flag=True,
    heading=RECOGNIZING,
    help="Find the sheet of paper in photos, and recognize only it.",
)
@settings_option
@option(
    "--to",
    metavar="PLUGINS",
    heading=OUTPUTS,
    help="The outputs, separated by commas: pdf,text,json,hocr,html,alto,page,overlay,transcript."
    " Default: pdf.",
)
@option(
    "--out",
    type=place,
    metavar="FOLDER",
    heading=OUTPUTS,
    help="The folder for outputs, or s3://bucket/folder; - for standard output. Default: beside each input.",
)
@option(
    "--output",
    "-o",
    type=place,
    metavar="FILE",
    heading=OUTPUTS,
    help="The file to write, for one input; - for standard output.",
)
@option("--merge", metavar="NAME", heading=OUTPUTS, help="Make one document of all inputs, with this name.")
@option(
    "--on-bad-page",
    type=click.Choice(["placeholder", "skip", "fail"]),
    default="placeholder",
    show_default=True,
    heading=OUTPUTS,
    help="Write a note in place of a page that fails, leave it out, or do not write its document.",
)
@option("--title", metavar="TEXT", heading=OUTPUTS, help="Title of PDFs. Default: their own, or their name.")
@option("--author", metavar="NAME", heading=OUTPUTS, help="Author of PDFs.")
@corrections_option
@run_options
@force_option
@message_options
def read(
    inputs: tuple[str, ...],
    files_from: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    pages: str,
    recognizer: str | None,
    readings: str | None,
    jobs: int | None,
    languages: tuple[str, ...],
    vocabulary: str | None,
    workers: str | None,
    deskew: bool,
    crop: bool,
    settings: tuple[str, ...],
    to: str | None,
    out: Place | None,
    output: Place | None,
    merge: str | None,
    on_bad_page: str,
    title: str | None,
    author: str | None,
    **options: Any,
) -> Exit:
    """Recognize files, folders or URLs without a pipeline file.

    INPUT is a file, a folder, a glob such as 'box/*.jpg', an http or https URL, or - for a picture from
    standard input. A searchable PDF is written beside each input. Files that penstock did not write are
    not replaced.

    Pages that were read before are not read again. After editing JSON outputs, repeat the command with
    --corrections to write all outputs from the corrected text.
    """
    if not inputs and files_from is None:
        raise click.MissingParameter(param_type="argument", param_hint="'INPUT...'")
    from penstock.cli.execute import execute
    from penstock.cli.read_outputs import OutputNames
    from penstock.cli.read_pipeline import Inputs, Recognizing, read_configuration
    from penstock.cli.standard_output import is_standard_output, read_to_standard_output

    named = Inputs(inputs, files_from, include, exclude, merge, pages)
    transforms = tuple(name for name, is_asked in (("crop", crop), ("deskew", deskew)) if is_asked)
    facts = {"title": title, "author": author}
    outputs = OutputNames(to, out, output, on_bad_page=on_bad_page, facts=facts)
    recognizing = Recognizing(recognizer, jobs, transforms, languages, vocabulary, readings)
    configure = partial(read_configuration, named, recognizing, settings=_with_workers(settings, workers))
    if is_standard_output(outputs):
        return read_to_standard_output(configure, outputs, **options)
    return execute(partial(configure, outputs), ad_hoc=True, **options)


@root.command()
@click.argument("names", nargs=-1, required=True, metavar="INPUT... [OUTPUT]")
@option(
    "--to",
    metavar="PLUGINS",
    heading=OUTPUTS,
    help="The outputs, separated by commas: hocr,alto,page,json,text,pdf. Default: by the end of OUTPUT.",
)
@force_option
@option("--quiet", "-q", is_flag=True, heading=MESSAGES, help="Print only failures.")
@log_options
def convert(names: tuple[str, ...], to: str | None, *, force: bool, quiet: bool) -> Exit:
    """Convert between hOCR, ALTO, PAGE XML, JSON and text.

    Answers of Azure, Google Vision and Amazon Textract are read, too. INPUT is a file, a folder, or - for
    standard input. Its format is detected from its content. OUTPUT is a file, a folder, or - for standard
    output; without it, outputs lie beside each input. No picture is needed, except for a PDF: the picture is
    then found beside INPUT or in the folder above it.
    """
    from penstock.cli.convert import conversion_of
    from penstock.cli.convert import convert as convert_files

    return convert_files(conversion_of(names, to, force=force, quiet=quiet))


@root.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE | FIRST SECOND")
@option(
    "--recognizers", metavar="NAMES", help="Two of the pipeline's recognizers, such as rapidocr,azure-read."
)
@option("--json", "form", flag_value="json", help="Print a line of JSON for each page, and one for all.")
@option("--html", "form", flag_value="html", help="Print a page for a browser.")
def compare(inputs: tuple[str, ...], recognizers: str | None, form: str | None) -> Exit:
    """Show where two recognizers differ, word by word.

    FILE is a pipeline: pages that two of its recognizers have read are compared. FIRST and SECOND are files
    with text in any format that penstock reads, or folders with files of the same names. Lines are matched by
    their places, so their order does not matter. Nothing is sent or written.
    """
    from penstock.cli.compare import compare as compare_all

    with may_be_cut_short():
        return compare_all(inputs, recognizers, form or "text")
    return Exit.DONE


@root.command()
@pipeline_file
@workers_option
@settings_option
@run_options
@force_option
@message_options
def run(file: Path, workers: str | None, settings: tuple[str, ...], **options: Any) -> Exit:
    """Run a pipeline file, or continue where its last run stopped."""
    return _execute(file, _with_workers(settings, workers), **options)


@root.command()
@pipeline_file
@settings_option
@force_option
@message_options
def retry(file: Path, settings: tuple[str, ...], **options: Any) -> Exit:
    """Recognize only the failed pages of a pipeline again.

    Pages that a service refused are sent again, too.
    """
    return _execute(file, settings, retry=True, **options)


@root.command()
@click.argument("file", type=pipeline_path, required=False)
@settings_option
@corrections_option
@option(
    "--again", "write_again", is_flag=True, heading=OUTPUTS, help="Write all outputs, also those up to date."
)
@option("--rewrite", is_flag=True, heading=OUTPUTS, help="Replace outputs that were edited by hand.")
@force_option
@message_options
def write(file: Path | None, settings: tuple[str, ...], **options: Any) -> Exit:
    """Write outputs from stored results. Nothing is sent.

    Recognizers are not loaded, so no key is needed. FILE is a pipeline file. After `penstock read`, repeat
    that command instead: it reads no page again.
    """
    if file is None:
        raise click.MissingParameter(WRITE_AFTER_READ, param_type="argument", param_hint="'FILE'")
    return _execute(file, settings, without=("sources", "recognizers"), write_only=True, **options)


def _with_workers(settings: tuple[str, ...], workers: str | None) -> tuple[str, ...]:
    return settings if workers is None else (*settings, f"engine.workers={workers}")


def _execute(file: Path, settings: tuple[str, ...], without: tuple[str, ...] = (), **options: Any) -> Exit:
    from penstock.cli.execute import execute
    from penstock.config import load_file

    return execute(partial(load_file, file, settings, without=without), **options)


@root.command()
@optional_pipeline_file
@option("--follow", "-f", is_flag=True, help="Show the progress again and again, until the run ends.")
@option("--all", "everywhere", is_flag=True, help="Without FILE: of `penstock read` in all folders.")
@option("--json", "as_json", is_flag=True, help="Print a JSON object on one line.")
def status(file: Path | None, follow: bool, everywhere: bool, as_json: bool) -> Exit:
    """Show the progress and failures of a pipeline, also while it runs.

    Without FILE, show those of `penstock read` in the current folder.
    """
    from penstock.cli.status import show_status

    with may_be_cut_short():
        return show_status(file, as_json=as_json, everywhere=everywhere, follow=follow)
    return Exit.DONE


@root.command()
@optional_pipeline_file
@option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="From this day on, as 2026-11-01.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def costs(file: Path | None, since: datetime | None, as_json: bool) -> Exit:
    """Show what was sent to services, and what it cost.

    Pages are listed by day, pipeline and recognizer, with the prices that the recognizers had when the pages
    were sent (price_per_1000). Runs that were killed are counted. Without FILE, the pages of `penstock read`
    are counted; with FILE, those of all pipelines that share its state folder. Only the service's bill is
    authoritative.
    """
    from penstock.cli.costs import show_costs

    with may_be_cut_short():
        return show_costs(file, since.date() if since else None, as_json=as_json)
    return Exit.DONE


@root.command()
@click.argument("words")
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[FOLDER|FILE]")
@option("--exact", is_flag=True, help="Find only the very words, and no misread ones.")
@option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Hits to show at most.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each hit.")
def find(words: str, place: Path | None, exact: bool, limit: int, as_json: bool) -> Exit:
    """Find words in everything that was recognized, also misread ones.

    WORDS are words that stand near each other, as in "anna stanford". A star ends the beginning of a word:
    stan*. Words in double quotes follow each other: '"dear anna" paris'. Case and accents do not count.

    Everything is searched that `penstock read` and the pipelines of the user have recognized. FOLDER limits
    this to the pictures in a folder, FILE to one picture, or to the documents of a pipeline file. The nearest
    words come first. The exit code is 1 if nothing was found.
    """
    from penstock.cli.find import find_words

    with may_be_cut_short():
        return find_words(words, place, limit=limit, exact=exact, as_json=as_json)
    return Exit.DONE


@root.command()
@pipeline_file
@click.argument("directory", type=click.Path(path_type=Path))
def answers(file: Path, directory: Path) -> Exit:
    """Save the raw answers of a service, one file per page.

    A run stores them in the state folder if the pipeline says keep_answers = true in [engine].
    """
    from penstock.cli.state_commands import save_answers

    return save_answers(file, directory)


@root.command()
@optional_pipeline_file
@option(
    "--older-than",
    metavar="AGE",
    help="Results older than 90d, 12h or 2w, of all pipelines that share the state folder.",
)
@option("--document", "documents", multiple=True, metavar="NAME", help="Results of this document.")
@option(
    "--all", "everything", is_flag=True, help="All results, of all pipelines that share the state folder."
)
def forget(file: Path | None, older_than: str | None, documents: tuple[str, ...], everything: bool) -> Exit:
    """Delete stored results. Outputs are kept.

    The next run that finds the pages sends them again, and services bill them again. Without FILE, the
    results of `penstock read` are deleted.
    """
    from penstock.cli.state_commands import forget_results

    return forget_results(file, older_than, documents, everything=everything)


@root.command()
@optional_pipeline_file
@option("--json", "as_json", is_flag=True, help="Print JSON.")
def where(file: Path | None, as_json: bool) -> Exit:
    """List the folders in which penstock stores something.

    Without FILE, list those of `penstock read`, and the state folders of all pipelines that the user ran.
    """
    from penstock.cli.where import show_places

    with may_be_cut_short():
        return show_places(file, as_json=as_json)
    return Exit.DONE


@root.command()
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
    from penstock.engine import PageSample, RunOptions, survey, where_it_computes
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


@root.command()
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


@root.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
def init(directory: Path) -> Exit:
    """Write a commented pipeline file to start from."""
    from penstock.cli.scaffold import write_pipeline

    path = write_pipeline(directory)
    click.echo(f"wrote {path}; edit it, then: penstock run {path}", err=True)
    return Exit.DONE


@root.command()
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


@root.command()
@option("--events", is_flag=True, help="Print the schema of the lines of --log-format json instead.")
def schema(events: bool) -> Exit:
    """Print the JSON Schema of pipeline files, or of JSON events."""
    import json

    from penstock.cli.event_schema import event_schema
    from penstock.schema import pipeline_schema

    with may_be_cut_short():
        click.echo(json.dumps(event_schema() if events else pipeline_schema(), indent=2))
    return Exit.DONE
