"""The pipeline that `penstock read` stands for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from penstock.cli.adhoc import Inputs, read_configuration
from penstock.errors import ConfigurationError

SHOUT = """
from dataclasses import dataclass
from penstock import hookimpl

class Sink:
    @hookimpl
    def write(self, document, outputs): pass

@dataclass(eq=False)
class Shout(Sink):
    path: str = "{document}.shout.txt"

@dataclass(eq=False)
class Beside(Sink):
    path: str = "{beside}/{folder}/{document}.b"

@dataclass(eq=False)
class Nameless(Sink):
    path: str

@dataclass(eq=False)
class Own(Sink):
    loud: bool = True
"""


def configured(to: str, out: Path | None = None, merge: str | None = None, settings: tuple[str, ...] = ()):
    return read_configuration(Inputs(("a.png",), merge=merge), "rapidocr", to, out, settings, observers=[])


@pytest.mark.parametrize(
    ("to", "beside", "below"),
    [
        ("./shout.py:Shout", "{beside}/{document}.shout.txt", "{folder}/{document}.shout.txt"),
        ("./shout.py:Beside", "{beside}/{folder}/{document}.b", "{folder}/{document}.b"),
        ("./shout.py:Nameless", "{beside}/{document}.nameless", "{folder}/{document}.nameless"),
        ("./shout.py:Own", None, None),
        ("pdf", "{beside}/{document}{searchable}.pdf", "{folder}/{document}.pdf"),
        ("text", "{beside}/{document}.txt", "{folder}/{document}.txt"),
        ("overlay", "{beside}/{document}.overlay.png", "{folder}/{document}.overlay.png"),
    ],
)
def test_a_sink_writes_under_its_own_name_beside_or_below(tmp_path, monkeypatch, to, beside, below):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shout.py").write_text(SHOUT)
    (sink,) = configured(to).of_kind("sink")
    assert sink.options.get("path") == beside
    (sink,) = configured(to, Path("o{ut")).of_kind("sink")
    assert sink.options.get("path") == (below and f"{tmp_path}/o{{{{ut/{below}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"to": "text,json, text"}, "--to: names 'text' twice; name each output once"),
        ({"to": "text", "merge": ""}, "--merge: is an empty name; for example --merge diary"),
        ({"to": "text", "merge": " "}, "--merge: is an empty name"),
        ({"to": "./nothere.py:X"}, "relative paths start from "),
    ],
)
def test_a_wrong_wish_is_a_complaint(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        configured(**arguments)
    (complaint,) = error.value.complaints
    assert said in str(complaint)


def sources(inputs: Inputs) -> list[tuple[str, dict[str, object]]]:
    configuration = read_configuration(inputs, "rapidocr", "text", None, (), observers=[])
    return [(source.plugin, source.options) for source in configuration.of_kind("source")]


def test_what_the_command_line_names_is_a_path_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("a.png", "${HOME}.png", "~x.png", "\udcff.png", "box/*.jpg")
    ((plugin, options),) = sources(Inputs(names))
    assert plugin == "files"
    assert options["paths"] == tuple(tmp_path / name for name in names)


def test_a_dollar_sign_in_an_address_means_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((_, options),) = sources(Inputs(("https://example.org/${NOBODY}.png",)))
    assert options["urls"] == ("https://example.org/${NOBODY}.png",)


def test_inputs_of_all_kinds_are_read_by_the_sources_that_know_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "list").write_text("b.png\nhttps://example.org/c.png\n-\n")
    given = Inputs(("a.png", "-", "http://example.org/d.png"), "list")
    found = dict(sources(given))
    assert list(found) == ["url", "files", "stdin"]
    assert found["files"]["paths"] == tuple(tmp_path / name for name in ("a.png", "b.png", "-"))
    assert found["url"]["urls"] == ("http://example.org/d.png", "https://example.org/c.png")


def test_patterns_and_a_name_reach_the_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((_, options),) = sources(Inputs(("a",), include=("*.jpg",), exclude=("drafts", "x/**"), merge="diary"))
    assert options["include"] == ("*.jpg",)
    assert options["exclude"] == ("drafts", "x/**")
    assert (options["document"], options["document_name"]) == ("all", "diary")
