"""`penstock where`: what penstock stores on this machine, where, and how large it is."""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import click

from penstock.api.inputs import state_of_read, user_result_index
from penstock.engine.state_folder import SPOOL
from penstock.report import Exit, printable


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    what: str
    path: Path
    size: int  # in bytes; 0 if there is nothing


def show_places(file: Path | None, *, as_json: bool) -> Exit:
    """Print what is stored for a pipeline file; without one, for `penstock read` and for all pipelines."""
    if file is not None:
        # Other commands use this module to find journals, and need no pipeline file.
        from penstock.cli.state_commands import journal_of

        found = list(_state_folder(journal_of(file)[0], f"of {file}"))
    else:
        index = user_result_index()
        found = [*_state_folder(state_of_read(), "of `penstock read`")]
        found.append(Place("index of the results of all pipelines", index, _size([index])))
        for state in known_state_folders(index):
            found += _state_folder(state, "of a pipeline")
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(place) for place in found], default=str))
    else:
        for place in found:
            size = f"{place.size / 1e6:.1f} MB" if place.size else "nothing yet"
            click.echo(printable(str(place.path)))
            click.echo(printable(f"    {place.what}: {size}"))
    return Exit.DONE


def _state_folder(state: Path, whose: str) -> Iterator[Place]:
    spool = state / SPOOL
    journal = (path for path in _files(state) if spool not in path.parents)
    yield Place(
        f"state folder {whose}: recognized texts, names of files, reports of runs", state, _size(journal)
    )
    yield Place(f"pictures {whose}: downloads, standard input, prepared pages", spool, _size(_files(spool)))


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _size(files: Iterable[Path]) -> int:
    size = 0
    for path in files:
        try:
            size += path.lstat().st_size
        except OSError:
            continue  # removed meanwhile, or not there yet
    return size


def known_state_folders(index: Path) -> list[Path]:
    """Return the state folders of pipelines that the index names and that still exist."""
    if not index.is_file():
        return []
    try:
        with closing(sqlite3.connect(index.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT path FROM folders ORDER BY path").fetchall()
    except sqlite3.Error:
        return []
    own = os.path.realpath(state_of_read())
    folders = [Path(os.fsdecode(path)) for (path,) in rows]
    return [folder for folder in folders if folder.is_dir() and os.path.realpath(folder) != own]
