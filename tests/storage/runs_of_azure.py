"""Runs of a pipeline whose pictures are on object storage, and go to a service of Azure by their URLs."""

from __future__ import annotations

from pathlib import Path

from penstock.model import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer
from processes import penstock

QUAD = Quad.from_box(5, 5, 40, 20)
RECOGNITION = Recognition((Line("Anna", QUAD, (Word("Anna", QUAD, 0.9),)),))

PIPELINE = """
[[sources]]
plugin = "files"
paths = ["{paths}"]
[[recognizers]]
plugin = "{plugin}"
endpoint = "{endpoint}"
key = "${{KEY}}"
by_url = true
[[sinks]]
plugin = "json"
[engine]
keep_answers = true
"""


def ran(folder: Path, paths: str, service: AzureReadServer, plugin: str, **variables: str) -> str:
    """Run a pipeline, and return all that it printed."""
    pipeline = PIPELINE.format(paths=paths, plugin=plugin, endpoint=service.endpoint)
    (folder / "letters.toml").write_text(pipeline)
    ended = penstock(folder, "run", "letters.toml", "--debug", KEY=service.key, **variables)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr
