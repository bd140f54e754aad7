"""Runs of a pipeline in one line."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from penstock.report import RunReport
from penstock.testing.drawing import draw_page


def reference_to(cls: type) -> str:
    """Return a pipeline's reference to a class in a file: ``/folder/shout.py:Shout``."""
    return f"{inspect.getfile(cls)}:{cls.__name__}"


def run_tables(folder: Path, **tables: Any) -> RunReport:
    """Run a pipeline in a folder.

    Tables that are left out have defaults: ``sources`` has one drawn page, ``letter.png``; ``recognizers``
    is `Scripted`; ``sinks`` writes ``letter.txt``::

        report = run_tables(tmp_path, sinks=[{"plugin": "shout"}])

    Raises
    ------
    penstock.errors.ConfigurationError
        The tables are wrong; it has every complaint.
    """
    from penstock.config import check
    from penstock.engine.run import run
    from penstock.pipeline import Pipeline

    configuration = check({**_defaults(folder, tables), **tables}, folder, where="the test", name="trial")
    return run(Pipeline(configuration))


def _defaults(folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    from penstock.testing.scripted import Scripted

    if "sources" not in given:
        draw_page(folder / "scans" / "letter.png")
    return {
        "sources": [{"plugin": "files", "paths": ["scans"]}],
        "recognizers": [{"plugin": reference_to(Scripted), "first_poll": 0}],
        "sinks": [{"plugin": "text"}],
    }
