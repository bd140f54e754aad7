"""Plugins that raise before the first page, or declare how they work."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

import penstock
from pipelines import tables
from processes import penstock as run_command

RAISING = """
from dataclasses import dataclass
from penstock import Limits, Recognition, hookimpl

class Base:
    @hookimpl
    def submit(self, page): return Recognition()

@dataclass(eq=False)
class Key(Base):
    @hookimpl
    def cache_key(self): raise KeyError("model")

@dataclass(eq=False)
class Lists(Base):
    @hookimpl
    def cache_key(self): return ["model"]

@dataclass(eq=False)
class Rates(Base):
    @hookimpl
    def limits(self): return Limits(attempts=0)
"""

PIPELINE = """
[[sources]]
plugin = "files"
paths = ["in"]
[[recognizers]]
plugin = "{recognizer}"
[[sinks]]
plugin = "text"
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Key", "cache_key raised KeyError: 'model'"),
        ("Lists", "cache_key must return a Mapping, got a list"),
        ("Rates", "limits raised ValueError: attempts must be at least 1, got 0"),
    ],
)
def test_a_hook_that_raises_is_named(draw, name, expected):
    draw("in/a.png")
    Path("raising.py").write_text(RAISING)
    plugin = f"./raising.py:{name}"
    with pytest.raises(penstock.PluginError) as error:
        penstock.read("in", plugin)
    assert error.value.message == f"the recognizer {plugin!r}: {expected}"
    Path("penstock.toml").write_text(PIPELINE.format(recognizer=plugin))
    ended = run_command(Path.cwd(), "run", "penstock.toml")
    assert ended.returncode == 2
    assert expected in ended.stderr
    assert "please report" not in ended.stderr


def test_missing_rapidocr_is_a_plugin_error(draw, monkeypatch):
    draw("in/a.png")

    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("penstock_plugins.recognizers.rapidocr.version", version)
    with pytest.raises(penstock.PluginError, match=r"the recognizer 'rapidocr': cache_key raised .*rapidocr"):
        penstock.read("in", "rapidocr")


SOURCES = """
from dataclasses import dataclass
from pathlib import Path
from penstock import Document, find_pages, hookimpl

@dataclass(eq=False)
class WithSpool:
    @hookimpl
    def find_documents(self, spool):
        path = Path("in/a.png").absolute()
        yield Document("a", "a.png", find_pages(path, "a.png"))

@dataclass(eq=False)
class Fetching(WithSpool):
    fetches = True
    @hookimpl
    def find_documents(self, spool):
        raise AssertionError("must not be walked")
"""


def survey_of(plugin: str, folder: Path):
    from penstock.config import check
    from penstock.engine.survey import survey
    from penstock.pipeline import Pipeline

    configuration = check(tables([], sources=[{"plugin": plugin}]), folder, where="test.toml", name="test")
    return survey(Pipeline(configuration))


def test_check_walks_a_source_that_takes_a_spool(draw, tmp_path):
    draw("in/a.png")
    Path("sources.py").write_text(SOURCES)
    assert survey_of("./sources.py:WithSpool", tmp_path).pages == 1


def test_check_does_not_walk_a_source_that_fetches(draw, tmp_path):
    draw("in/a.png")
    Path("sources.py").write_text(SOURCES)
    assert survey_of("./sources.py:Fetching", tmp_path).pages == 0
