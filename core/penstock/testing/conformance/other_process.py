"""Polls a durable operation in another process: ``python -m penstock.testing.conformance.other_process``.

The job comes as JSON on stdin, and the result goes as JSON into a file. Secrets are passed in environment
variables, to which the options refer.
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
from penstock.testing.conformance.errors import ConformanceError, skip

__tracebackhide__ = True

VARIABLE = "PENSTOCK_TRIAL_SECRET_"
SHOWN_CHARACTERS = 1500  # how much of the other process's stderr is shown


def poll_in_other_process(component: Any, operation: Operation, folder: Path, patience: float) -> Recognition:
    """Poll a durable operation in a new process, with a component made from the same options."""
    secrets: dict[str, str] = {}
    answer = folder / "answer.json"
    job = {
        "module": type(component).__module__,
        "name": type(component).__qualname__,
        "file": getattr(sys.modules[type(component).__module__], "__file__", ""),
        "path": sys.path,
        "options": _options_of(component, secrets),
        "operation": {**dataclasses.asdict(operation), "data": dict(operation.data)},
        "folder": str(folder),
        "answer": str(answer),
        "patience": patience,
    }
    process = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(job),
        env={**os.environ, **secrets, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * patience + 60,
    )
    if process.returncode != 0:
        raise ConformanceError(
            "another process must be able to poll a durable operation, got "
            + process.stderr.strip()[-SHOWN_CHARACTERS:],
            "put all that poll needs into the operation's data, or return Operation(data, durable=False)",
        )
    return recognition_from_json(json.loads(answer.read_text(encoding="utf-8")))


def _options_of(component: Any, secrets: dict[str, str]) -> dict[str, Any]:
    """Return options that make the component again, as in a pipeline file; secrets are put aside."""
    options = {}
    for option in dataclasses.fields(component):
        value = getattr(component, option.name)
        if option.init and value is not None:
            options[option.name] = _plain(value, secrets)
    try:
        json.dumps(options)
    except TypeError as error:
        skip(f"its options cannot be passed to another process: {error}")
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


def _class_of(job: dict[str, Any]) -> type:
    """Import the class by its module's name, or from its file if that fails."""
    from penstock.plugins import find

    sys.path[:] = job["path"]
    try:
        found = importlib.import_module(job["module"])
        for name in job["name"].split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return find("recognizer", f"{job['file']}:{job['name']}", Path(job["folder"]))
    return found  # type: ignore[return-value]  # the class that the job names


def main() -> None:
    """Do the job that stdin describes."""
    from penstock.testing.conformance.base import Conformance
    from penstock.testing.conformance.driver import Driver

    job = json.load(sys.stdin)
    members = {"kind": "recognizer", "component": _class_of(job), "options": job["options"]}
    test = type("OtherProcess", (Conformance,), members)()
    with test.opened(Path(job["folder"])) as stage:
        recognition = Driver(stage, "", job["patience"], watch=False).finish(Operation(**job["operation"]))
    Path(job["answer"]).write_text(json.dumps(recognition_to_json(recognition)), encoding="utf-8")


if __name__ == "__main__":
    main()
