"""The commands that recognize pages and write outputs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from penstock.cli.command_options import (
    INPUTS,
    MESSAGES,
    OUTPUTS,
    RECOGNIZING,
    command,
    corrections_option,
    force_option,
    language_tags,
    log_options,
    message_options,
    option,
    pipeline_file,
    pipeline_path,
    place,
    poll_option,
    positive,
    run_options,
    settings_option,
    workers_option,
)
from penstock.report import Exit
from penstock.storage import Place


@command()
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
@option(
    "--watch",
    "is_watch",
    is_flag=True,
    heading=INPUTS,
    help="Go on, and read files as they come into folders.",
)
@poll_option
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
    is_watch: bool,
    poll: float | None,
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
    if is_watch or poll is not None:
        from penstock.cli.watch import watch_read

        return watch_read(
            partial(configure, outputs), named, outputs, is_watch=is_watch, poll=poll, **options
        )
    if is_standard_output(outputs):
        return read_to_standard_output(configure, outputs, **options)
    return execute(partial(configure, outputs), ad_hoc=True, **options)


@command()
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


@command()
@pipeline_file
@workers_option
@settings_option
@run_options
@force_option
@message_options
def run(file: Path, workers: str | None, settings: tuple[str, ...], **options: Any) -> Exit:
    """Run a pipeline file, or continue where its last run stopped."""
    return _execute(file, _with_workers(settings, workers), **options)


@command()
@click.argument("files", nargs=-1, required=True, type=pipeline_path, metavar="FILE...")
@poll_option
@option(
    "--metrics-port",
    metavar="[ADDRESS:]PORT",
    heading=MESSAGES,
    help="Serve /metrics for Prometheus and /healthz, on this machine only unless ADDRESS is given.",
)
@message_options
def watch(
    files: tuple[Path, ...], *, poll: float | None, metrics_port: str | None, quiet: bool, log_format: str
) -> Exit:
    """Read files as they come into the folders of pipeline files.

    First what is there, then each file once it is complete. The table [watch] of a pipeline file says when a
    file is complete and what is done with it afterwards. SIGTERM and Ctrl-C end the watch in good order.
    """
    from penstock.cli.watch import watch_files

    return watch_files(files, poll=poll, metrics_port=metrics_port, quiet=quiet, log_format=log_format)


@command()
@click.argument("action", type=click.Choice(["install"]))
@click.argument("files", nargs=-1, required=True, type=pipeline_path, metavar="FILE...")
@option("--name", metavar="NAME", help="The name of the service. Default: that of the pipeline file.")
@option("--force", is_flag=True, help="Replace another service of this name.")
@log_options
def service(action: str, files: tuple[Path, ...], name: str | None, *, force: bool) -> Exit:  # noqa: ARG001
    """Let the system run `penstock watch` as a service.

    `penstock service install FILE...` writes a systemd unit for your user, on macOS a launchd agent, and
    prints the commands that start, show and remove it. It starts nothing.
    """
    from penstock.cli.service import install

    return install(files, name, force=force)


@command()
@pipeline_file
@settings_option
@force_option
@message_options
def retry(file: Path, settings: tuple[str, ...], **options: Any) -> Exit:
    """Recognize only the failed pages of a pipeline again.

    Pages that a service refused are sent again, too.
    """
    return _execute(file, settings, retry=True, **options)


@command()
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

    Recognizers are not loaded, so no key is needed. FILE is a pipeline file. Without FILE, write the outputs
    of all `penstock read` in the current folder, to the same places as before.
    """
    if file is None:
        from penstock.cli.write_reads import write_reads

        if settings:
            raise click.UsageError("--set needs a pipeline file; to change an output, repeat `penstock read`")
        return write_reads(**options)
    return _execute(file, settings, without=("sources", "recognizers"), write_only=True, **options)


def _with_workers(settings: tuple[str, ...], workers: str | None) -> tuple[str, ...]:
    return settings if workers is None else (*settings, f"engine.workers={workers}")


def _execute(file: Path, settings: tuple[str, ...], without: tuple[str, ...] = (), **options: Any) -> Exit:
    from penstock.cli.execute import execute
    from penstock.config import load_file

    return execute(partial(load_file, file, settings, without=without), **options)
