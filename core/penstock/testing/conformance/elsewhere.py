"""Another process that polls an operation to its end: ``python -m penstock.testing.conformance.elsewhere``.

What it needs to know comes as JSON on stdin, and what it found goes as JSON into a file. Secrets travel in
the environment, under names that the options refer to.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from penstock.json_form import recognition_from_json, recognition_to_json
from penstock.model import Operation, Recognition
from penstock.options import literal
from penstock.secret import Secret
from penstock.testing.conformance.faults import NotConforming, not_applicable

__tracebackhide__ = True

VARIABLE = "PENSTOCK_TRIAL_SECRET_"
LAST_WORDS = 1500


def polled_elsewhere(component: Any, operation: Operation, folder: Path, patience: float) -> Recognition:
    """Poll a durable operation in a new process, with a component made from the same options."""
    secrets: dict[str, str] = {}
    place = folder / "answer.json"
    job = {
        "module": type(component).__module__,
        "name": type(component).__qualname__,
        "file": getattr(sys.modules[type(component).__module__], "__file__", ""),
        "path": sys.path,
        "options": _described(component, secrets),
        "operation": {**dataclasses.asdict(operation), "data": dict(operation.data)},
        "folder": str(folder),
        "answer": str(place),
        "patience": patience,
    }
    ended = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(job),
        env={**os.environ, **secrets, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * patience + 60,
    )
    if ended.returncode != 0:
        raise NotConforming(
            f"another process cannot poll its durable operation: {ended.stderr.strip()[-LAST_WORDS:]}",
            "put all that poll needs into the operation's data, or make it durable=False",
        )
    return recognition_from_json(json.loads(place.read_text(encoding="utf-8")))


def _described(component: Any, secrets: dict[str, str]) -> dict[str, Any]:
    """The options that make the component again, as a pipeline file would give them."""
    options = {}
    for option in dataclasses.fields(component):
        value = getattr(component, option.name)
        if option.init and value is not None:
            options[option.name] = _plain(value, secrets)
    try:
        json.dumps(options)
    except TypeError as error:
        not_applicable(f"its options cannot be given to another process: {error}")
    return options


def _plain(value: Any, secrets: dict[str, str]) -> Any:
    if isinstance(value, Secret):
        name = f"{VARIABLE}{len(secrets)}"
        secrets[name] = value.reveal()
        return f"${{{name}}}"
    if isinstance(value, (list, tuple)):
        return [_plain(each, secrets) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each, secrets) for key, each in value.items()}
    return literal(str(value)) if isinstance(value, (str, Path)) else value


def _loaded(job: dict[str, Any]) -> type:
    """The class: by the module's name, or from its file where that cannot be imported."""
    from penstock.plugins import find

    sys.path[:] = job["path"]
    try:
        found = importlib.import_module(job["module"])
        for name in job["name"].split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return find("recognizer", f"{job['file']}:{job['name']}", Path(job["folder"]))
    return found  # type: ignore[return-value]  # the class that the other process named


def main() -> None:
    """Do the job that stdin tells of."""
    from penstock.testing.conformance.base import Conformance
    from penstock.testing.conformance.reading import Reading

    job = json.load(sys.stdin)
    described = {"kind": "recognizer", "component": _loaded(job), "options": job["options"]}
    test = type("Elsewhere", (Conformance,), described)()
    with test.opened(Path(job["folder"])) as door:
        reading = Reading(door, "", job["patience"], watch=False)
        recognition = reading.finish(Operation(**job["operation"]))
    Path(job["answer"]).write_text(json.dumps(recognition_to_json(recognition)), encoding="utf-8")


if __name__ == "__main__":
    main()
