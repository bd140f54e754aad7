"""What changes a key, and so sends or writes pages again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import keys
from penstock.engine.keys import content_key, ordered_key, recognizer_key, sink_key, sources_key
from penstock.pipeline import Pipeline
from penstock.plugins.finding import find

FILE = '''
"""A plugin file."""

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import Recognition


@dataclass(eq=False)
class Recognizer:
    """A recognizer."""

    color: str = "red"
    {attribute}

    @hookimpl
    def submit(self, page):
        """Return nothing."""
        return Recognition((), 0.0)  {comment}

    {hook}


@dataclass(eq=False)
class Sink:
    {attribute}

    @hookimpl
    def write(self, document, outputs):
        pass
'''
CACHE_KEY = "@hookimpl\n    def cache_key(self):\n        return {'model': 1}"


@pytest.fixture
def built_in(tmp_path, monkeypatch) -> Pipeline:
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", "https://example.com/")
    monkeypatch.setenv("AZURE_VISION_KEY", "0" * 32)
    tables = {
        "sources": [{"plugin": "files", "paths": ["a.png"]}],
        "transforms": [{"plugin": "crop"}, {"plugin": "deskew"}],
        "recognizers": [{"plugin": "azure-read"}],
        "sinks": [{"plugin": kind, "path": f"out/{{document}}.{kind}"} for kind in ("txt", "json", "pdf")],
    }
    tables["sinks"][0]["plugin"] = "text"  # type: ignore[index]
    return Pipeline(check(tables, tmp_path, where="test.toml", name="test"))


def test_keys_of_built_in_plugins_never_change(built_in, tmp_path):
    """Recorded with the first version: another key bills every page, or writes every output, again."""
    assert ordered_key(built_in.transforms, tmp_path).hex() == "51431894574c1eb9392f73099942b15d"
    assert recognizer_key(built_in.recognizers[0], tmp_path).hex() == "e929d596cd239bab5684b63dc57ac768"
    assert [sink_key(sink, tmp_path).hex() for sink in built_in.sinks] == [
        "9ff93d57ab88fe120a8d2769f382449f",
        "e81f20cfca96b813c230268071ea5497",
        "05281f37df1dbe14d8ad70fe5f55a3d0",
    ]
    assert content_key(bytes(32), 3, b"").hex() == "ed9c717362169ba7640d308c1431ce2d"


@pytest.fixture
def keys_of(tmp_path) -> Callable[..., tuple[bytes, bytes]]:
    """The keys of a recognizer and a sink in a plugin file with this text."""

    def made(*, name: str = "plugin", color: str = "red", **parts: str) -> tuple[bytes, bytes]:
        text = FILE.format(**{"attribute": "", "comment": "", "hook": ""} | parts)
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / f"{name}.py").write_text(parts.get("before", "") + text)
        tables: dict[str, Any] = {
            "sources": [{"plugin": "files", "paths": ["a.png"]}],
            "recognizers": [{"plugin": f"./{name}.py:Recognizer", "color": color}],
            "sinks": [{"plugin": f"./{name}.py:Sink"}],
        }
        pipeline = Pipeline(check(tables, folder, where="test.toml", name="test"))
        return recognizer_key(pipeline.recognizers[0], folder), sink_key(pipeline.sinks[0], folder)

    return made


@pytest.mark.parametrize(
    "parts",
    [
        {"comment": "# a comment"},
        {"before": "# another one\n\n\n"},
        {"attribute": '"""What the color means."""'},
    ],
)
def test_comments_and_docstrings_change_no_key(keys_of, parts):
    assert keys_of(**parts) == keys_of()


def test_code_changes_both_keys(keys_of):
    before, after = keys_of(), keys_of(before="LIMIT = 3\n")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_file_that_changes_during_a_process_is_loaded_again(tmp_path):
    """Otherwise a notebook would store results of the old code under the key of the new code."""
    file = tmp_path / "plugin.py"
    text = FILE.format(attribute="", comment="", hook="")
    file.write_text(text)
    before = find("recognizer", "./plugin.py:Recognizer", tmp_path)
    assert find("recognizer", "./plugin.py:Recognizer", tmp_path) is before
    file.write_text("LIMIT = 3\n" + text)
    after = find("recognizer", "./plugin.py:Recognizer", tmp_path)
    assert sys.modules[after.__module__].LIMIT == 3
    assert not hasattr(sys.modules[before.__module__], "LIMIT")


def test_code_does_not_count_for_a_recognizer_with_a_cache_key(keys_of):
    before = keys_of(hook=CACHE_KEY)[0]
    assert keys_of(hook=CACHE_KEY, before="LIMIT = 3\n")[0] == before
    assert keys_of(hook=CACHE_KEY, color="blue")[0] == before
    assert keys_of(hook=CACHE_KEY.replace("1", "2"))[0] != before
    assert keys_of(hook=CACHE_KEY, name="other")[0] != before


def test_a_declared_version_replaces_the_code(keys_of):
    before = keys_of(attribute="version = '1'")
    assert keys_of(attribute="version = '1'", before="LIMIT = 3\n") == before
    after = keys_of(attribute="version = '2'")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_options_change_the_key(keys_of):
    assert keys_of(color="blue")[0] != keys_of()[0]


@dataclass(frozen=True)
class OtherOffer:
    """A plugin of another distribution."""

    name: str
    version: str
    distribution: str = "other"


def test_the_version_of_another_distribution_counts_for_every_kind(built_in, tmp_path, monkeypatch):
    def all_keys(version: str) -> list[bytes]:
        monkeypatch.setattr(
            keys, "offers", lambda kind: [OtherOffer(name, version) for name in ("crop", "text")]
        )
        return [ordered_key(built_in.transforms, tmp_path), sink_key(built_in.sinks[0], tmp_path)]

    assert all(one != two for one, two in zip(all_keys("1"), all_keys("2"), strict=True))


def test_sources_key_depends_on_the_options(built_in, tmp_path):
    tables = {
        "sources": [{"plugin": "files", "paths": ["b.png"]}],
        "sinks": [{"plugin": "text", "path": "o"}],
    }
    other = Pipeline(check(tables, tmp_path, where="test.toml", name="test", without=["recognizers"]))
    assert sources_key(built_in.sources, tmp_path) != sources_key(other.sources, tmp_path)


def test_plugin_file_that_is_gone_has_no_code_digest(tmp_path):
    assert keys._code_digest(tmp_path / "nothere.py") == ""


def test_code_digest_is_the_same_in_every_python(tmp_path):
    """Recorded: a new Python must not bill pages again. Newer ones add fields to nodes, which are empty."""
    file = Path(tmp_path / "plugin.py")
    file.write_text(
        "import os\n\n\ndef f(a: int, *b, c=1, **d) -> str:\n    '''Doc.'''\n    return f'{a!r:>3}' + 'x'\n"
    )
    assert keys._code_digest(file) == "3be52ce376935929d7028d660d343282"
