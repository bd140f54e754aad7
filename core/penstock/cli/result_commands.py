"""The commands that show, search and delete what was recognized."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from penstock.cli.command_options import (
    TEAM,
    command,
    log_options,
    option,
    optional_pipeline_file,
    pipeline_file,
)
from penstock.cli.streams import may_be_cut_short
from penstock.report import Exit


@command()
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


@command()
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


@command()
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


@command()
@click.argument("words")
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[FOLDER|FILE]")
@option("--exact", is_flag=True, help="Find only the very words, and no misread ones.")
@option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Hits to show at most.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each hit.")
@option("--open", "opens", is_flag=True, help="Show the first hit in a browser, as `penstock review` does.")
def find(words: str, place: Path | None, exact: bool, limit: int, as_json: bool, opens: bool) -> Exit:
    """Find words in everything that was recognized, also misread ones.

    WORDS are words that stand near each other, as in "anna stanford". A star ends the beginning of a word:
    stan*. Words in double quotes follow each other: '"dear anna" paris'. Case and accents do not count.

    Everything is searched that `penstock read` and the pipelines of the user have recognized. FOLDER limits
    this to the pictures in a folder, FILE to one picture, or to the documents of a pipeline file. The nearest
    words come first. The exit code is 1 if nothing was found.
    """
    from penstock.cli.find import find_words

    with may_be_cut_short():
        return find_words(words, place, limit=limit, exact=exact, as_json=as_json, opens=opens)
    return Exit.DONE


@command()
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[FOLDER|FILE]")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port to listen on; 27573 by default, or a free one if it is taken.",
)
@option("--no-browser", is_flag=True, help="Only print the address, and open no browser.")
@option(
    "--host",
    metavar="ADDRESS",
    heading=TEAM,
    help="Listen on this address of the machine, or on all with 0.0.0.0.",
)
@option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    heading=TEAM,
    help="Reviewers sign in with the password on the first line of FILE.",
)
@log_options
def review(
    place: Path | None, port: int, no_browser: bool, host: str | None, password_file: Path | None
) -> Exit:
    """Look through what was recognized in a browser, and correct it.

    All documents are shown that `penstock read` and the pipelines of the user have recognized. FOLDER limits
    this to the pictures in a folder, FILE to one picture, or to the documents of a pipeline file. This
    machine serves the page until Ctrl-C ends it. Only a browser that opens the printed address can use it.

    A team uses --host. Reviewers then sign in with their names, and with a password if there is one in
    PENSTOCK_REVIEW_PASSWORD or --password-file. The connection is not encrypted.
    """
    from penstock.cli.review import review as serve_review

    return serve_review(
        place, host=host, port=port, opens_browser=not no_browser, password_file=password_file
    )


@command()
@pipeline_file
@click.argument("directory", type=click.Path(path_type=Path))
def answers(file: Path, directory: Path) -> Exit:
    """Save the raw answers of a service, one file per page.

    A run stores them in the state folder if the pipeline says keep_answers = true in [engine].
    """
    from penstock.cli.state_commands import save_answers

    return save_answers(file, directory)


@command()
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


@command()
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
