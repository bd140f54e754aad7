"""What `penstock status` shows, and what `penstock forget` drops."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import partial
from pathlib import Path

import click

from penstock.api.inputs import state_of_read
from penstock.cli.show import say
from penstock.config import TABLES, load_file
from penstock.engine import Status, forget, raw_answers, status_of
from penstock.errors import OutputError
from penstock.model import Problem
from penstock.outputs import safe_name
from penstock.report import Exit, counted, printable

SHOWN = 20
SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGE = re.compile(r"(\d+)([mhdw])")


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Whose journal it is: the state folder, and the pipeline's name and folder."""

    state: Path
    name: str
    folder: Path


def place_of(file: Path | None) -> Place:
    """Where a pipeline remembers: no plugin is loaded, and no variable needed but [engine]'s own.

    Raises ConfigurationError for a file that cannot be read.
    """
    if file is None:
        return Place(state_of_read(), "read", Path.cwd())
    engine_alone = load_file(file, without=TABLES)
    return Place(engine_alone.state, engine_alone.name, engine_alone.folder)


def show_status(file: Path | None, *, as_json: bool) -> Exit:
    """Print how far a pipeline is. Raises StateError if its journal cannot be looked at."""
    place = place_of(file)
    status = status_of(place.state, place.name, place.folder)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(status) if status else None, default=str))
    elif status is None:
        click.echo(f"{place.name}: has never run (there is no journal in {place.state})")
    else:
        _show(place, status)
    return Exit.DONE


def _show(place: Place, status: Status) -> None:
    out = printable
    who = status.running
    running = f"running since {who.get('since')}, process {who.get('pid')}" if who else "not running"
    click.echo(f"{place.name}: {running}")
    pages = status.pages
    click.echo(
        f"documents  {status.documents} found, {status.complete} of them whole, {status.delivered} written"
    )
    if status.gone:
        click.echo(
            f"gone       {counted(status.gone, 'document')} more, not met any more; what was read is kept"
        )
    click.echo(
        f"pages      {sum(pages.values())} found: {pages['read']} read, {pages['failed']} failed, "
        f"{pages['found']} not read yet"
    )
    if status.submitted:
        click.echo(f"in flight  {counted(status.submitted, 'page')} at a service, to be asked for")
    if status.in_doubt:
        doubt = "being sent" if who else "in doubt: sent, perhaps, when the last run ended"
        click.echo(f"           {counted(status.in_doubt, 'page')} {doubt}")
    failures = [*status.failures, *_of_no_page(status)]
    for problem in failures[:SHOWN]:
        click.echo(out(f"failed     {problem.what}: {problem.why}"))
        if problem.hint:
            click.echo(out(f"           {problem.hint}"))
    if len(failures) > SHOWN:
        of_no_page = len(failures) - len(status.failures)
        click.echo(f"failed     … {pages['failed'] + of_no_page} in all; --json has the first thousand")
    if status.last_run and (stopped := status.last_run.get("stopped")):
        click.echo(out(f"stopped    {stopped['what']}: {stopped['why']}"))


def _of_no_page(status: Status) -> list[Problem]:
    """What the last run could not even take in, as it reported: the journal has pages alone.

    While another one is under way, it may have what the last one had not.
    """
    if status.running or not status.last_run:
        return []
    told = {problem.what for problem in status.failures}
    lost = [each for each in status.last_run.get("failures", ()) if each["what"] not in told]
    return [Problem(each["what"], each["why"], each["hint"]) for each in lost]


def save_answers(file: Path | None, folder: Path) -> Exit:
    """Write what a service said of each page into a folder, a file a page; none that is there is touched."""
    place = place_of(file)
    written = left = 0
    for answer in raw_answers(place.state, place.name, place.folder):
        path = folder / f"{safe_name(answer.document)}.{answer.number:03d}.answer.json"
        if _is_new(path, answer.content):
            written += 1
        else:
            left += 1
            say(f"left {path}: it is there already")
    say(f"wrote {counted(written, 'answer')} into {folder}")
    if not written and not left:
        say("       the journal keeps them where [engine] says keep_answers = true")
    return Exit.DONE


def _is_new(path: Path, content: bytes) -> bool:
    """Write a file, unless there is one. Raises OutputError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"{path.parent} cannot be written into ({error.strerror})"
        raise OutputError(why, "name another folder") from error
    try:
        with path.open("xb") as out:
            out.write(content)
    except FileExistsError:
        return False
    return True


def forget_results(
    file: Path | None, older_than: str | None, documents: tuple[str, ...], *, everything: bool
) -> Exit:
    """Drop results, and say what was dropped. Raises PenstockError if nothing could be."""
    if [older_than is not None, bool(documents), everything].count(True) != 1:
        # Two together would drop what either names, and somebody may well have meant what both do.
        raise click.UsageError("say one of --older-than, --document and --all: what is to be forgotten")
    age = _seconds(older_than) if older_than is not None else None
    place = place_of(file)
    if not place.state.is_dir():
        say(f"{place.name}: has never run; there is nothing to forget in {place.state}")
        return Exit.DONE
    drop = partial(forget, place.state, place.name, place.folder)
    # One by one, so that a name that is nobody's is known.
    named = {name: drop(documents=[name]) for name in documents}
    gone = list(named.values()) or [drop(older_than=age, everything=everything)]
    for name, each in named.items():
        if not each.documents:
            say(f"there is no document called {name}; letter.pdf is of one called letter")
    say(
        f"forgot {counted(sum(each.results for each in gone), 'result')} and "
        f"{counted(sum(each.documents for each in gone), 'document')}; "
        f"removed {counted(sum(each.files for each in gone), 'kept picture')} "
        f"({sum(each.freed for each in gone) / 1e6:.1f} MB)"
    )
    if out := sum(each.submissions for each in gone):
        say(f"       {counted(out, 'page')} had been sent and will not be asked for any more")
    return Exit.DONE if all(each.documents for each in named.values()) else Exit.SOMETHING_FAILED


def _seconds(age: str) -> float:
    match = _AGE.fullmatch(age.strip())
    if match is None:
        raise click.BadParameter("is an age: 90d, 12h, 2w, 30m", param_hint="--older-than")
    return int(match[1]) * SECONDS[match[2]]
