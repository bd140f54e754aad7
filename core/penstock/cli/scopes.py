"""Which journals a command looks into: that of a pipeline, or all of the user."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.api.inputs import state_of_read, user_result_index
from penstock.cli.where import known_state_folders
from penstock.engine.journal import pipeline_key
from penstock.search import Scope


def scopes_of(place: Path | None) -> list[Scope]:
    """Return the scope of a pipeline file, those of what lies in a folder, or those of everything.

    Raises click.BadParameter if there is no such place, and ConfigurationError for a pipeline file that
    cannot be loaded.
    """
    if place is not None and place.suffix == ".toml" and place.is_file():
        from penstock.cli.state_commands import journal_of

        state, name, folder = journal_of(place)
        return [Scope(state, pipeline_key(state, name, folder))]
    if place is not None and not place.exists():
        raise click.BadParameter(f"there is no file or folder {str(place)!r}", param_hint="FOLDER|FILE")
    inside = None if place is None else place.absolute()
    states = (state_of_read(), *known_state_folders(user_result_index()))
    return [Scope(state, inside=inside) for state in states]
