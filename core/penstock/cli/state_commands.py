"""The commands that look into a state folder and change it: `penstock answers` and `forget`."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import click

from penstock.api.inputs import state_of_read
from penstock.cli.streams import print_lines
from penstock.config import TABLES, load_file
from penstock.engine import forget, raw_answers
from penstock.errors import OutputError
from penstock.outputs import safe_name
from penstock.report import Exit, counted

SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


def journal_of(file: Path | None) -> tuple[Path, str, Path]:
    """Return a pipeline's state folder, name and folder; without a file, those of `penstock read`.

    Loads no plugin, and needs only those variables that ``[engine]`` names. Raises ConfigurationError for a
    file that cannot be loaded.
    """
    if file is None:
        return state_of_read(), "read", Path.cwd()
    only_engine = load_file(file, without=TABLES)
    return only_engine.state, only_engine.name, only_engine.folder


def save_answers(file: Path, folder: Path) -> Exit:
    """Save a service's raw answers, one file per page. Existing files are kept."""
    saved = kept = 0
    for answer in raw_answers(*journal_of(file)):
        path = folder / f"{safe_name(answer.document)}.{answer.number:03d}.answer.json"
        if _write_new(path, answer.content):
            saved += 1
        else:
            kept += 1
            print_lines(f"kept {path}: the file exists already")
    if saved or kept:
        print_lines(f"saved {counted(saved, 'answer')} in {folder}")
    else:
        print_lines("no answers are stored: set keep_answers = true in [engine] before a run")
    return Exit.DONE


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file unless it exists. Raises OutputError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            out.write(content)
    except FileExistsError:
        if path.is_file():
            return False
        raise OutputError(f"cannot write into {path.parent}: it is not a folder", "name a folder") from None
    except OSError as error:
        raise OutputError(
            f"cannot write {path} ({error.strerror})", "name another folder, or make room"
        ) from error
    return True


def forget_results(
    file: Path | None, older_than: str | None, documents: tuple[str, ...], *, everything: bool
) -> Exit:
    """Delete results, and print what was deleted. Raises PenstockError if that is impossible."""
    if [older_than is not None, bool(documents), everything].count(True) != 1:
        # With two of them, it would be unclear whether both or either must hold.
        raise click.UsageError("name what to forget with one of --older-than, --document and --all")
    age = _seconds(older_than) if older_than is not None else None
    state, name, folder = journal_of(file)
    if not state.is_dir():
        print_lines(f"{name}: has never run; there is nothing to forget in {state}")
        return Exit.DONE
    # Results of `penstock read` may also lie in the state folders of others that ran at the same time.
    delete = partial(forget, state, name, folder)
    # One document at a time, to see which names do not exist.
    named = {name: delete(documents=[name]) for name in documents}
    forgotten = list(named.values()) or [delete(older_than=age, everything=everything)]
    unknown = [name for name, each in named.items() if not each.documents]
    for name in unknown:
        print_lines(
            f"there is no document {name!r} (a document's name has no suffix: letter, not letter.pdf)"
        )
    print_lines(
        f"forgot {counted(sum(each.results for each in forgotten), 'result')} and "
        f"{counted(sum(each.documents for each in forgotten), 'document')}; "
        f"removed {counted(sum(each.files for each in forgotten), 'stored picture')} "
        f"({sum(each.freed for each in forgotten) / 1e6:.1f} MB)"
    )
    if in_flight := sum(each.submissions for each in forgotten):
        were = "was" if in_flight == 1 else "were"
        print_lines(f"       {counted(in_flight, 'page')} {were} in flight and will not be polled any more")
    return Exit.SOMETHING_FAILED if unknown else Exit.DONE


def _seconds(age: str) -> float:
    match = re.fullmatch(r"(\d+)([mhdw])", age.strip())
    if match is None:
        what = f"must be a number with m, h, d or w, such as 90d, got {age!r}"
        raise click.BadParameter(what, param_hint="--older-than")
    return int(match[1]) * SECONDS[match[2]]
