"""The pipeline that `penstock read` makes from its command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from penstock.cli.read_outputs import OutputNames
from penstock.cli.read_pipeline import Inputs, Recognizing, read_configuration
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

@dataclass(eq=False)
class Declared(Sink):
    output_option = "target"
    target: str = "{document}.target"
"""


def configured(to: str, out: Path | None = None, merge: str | None = None, settings: tuple[str, ...] = ()):
    named = Inputs(("a.png",), merge=merge)
    return read_configuration(named, Recognizing(), OutputNames(to, out), settings, observers=[])


@pytest.mark.parametrize(
    ("to", "beside", "below"),
    [
        ("./shout.py:Shout", "{beside}/{document}.shout.txt", "{folder}/{document}.shout.txt"),
        ("./shout.py:Beside", "{beside}/{folder}/{document}.b", "{folder}/{document}.b"),
        ("./shout.py:Nameless", "{beside}/{document}.nameless", "{folder}/{document}.nameless"),
        ("./shout.py:Own", None, None),
        ("./shout.py:Declared", "{beside}/{document}.target", "{folder}/{document}.target"),
        ("pdf", "{beside}/{document}{searchable}.pdf", "{folder}/{document}.pdf"),
        ("text", "{beside}/{document}.txt", "{folder}/{document}.txt"),
        ("transcript", "{beside}/{document}.transcript.pdf", "{folder}/{document}.transcript.pdf"),
        ("overlay", "{beside}/{document}.overlay.png", "{folder}/{document}.overlay.png"),
    ],
)
def test_output_is_beside_the_input_or_below_out(tmp_path, monkeypatch, to, beside, below):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shout.py").write_text(SHOUT)
    (sink,) = configured(to).of_kind("sink")
    assert sink.output_template == beside
    (sink,) = configured(to, Path("o{ut")).of_kind("sink")
    assert sink.output_template == (below and f"{tmp_path}/o{{{{ut/{below}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"to": "text,json, text"}, "--to: names 'text' twice; name each output once"),
        ({"to": "text", "merge": ""}, "--merge: must not be empty; for example --merge diary"),
        ({"to": "text", "merge": " "}, "--merge: must not be empty"),
        ({"to": "./nothere.py:X"}, "relative paths start from "),
    ],
)
def test_wrong_argument_is_a_complaint(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        configured(**arguments)
    (complaint,) = error.value.complaints
    assert said in str(complaint)


def test_title_and_author_reach_the_pdf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = OutputNames("pdf,text", facts={"title": "${HOME}", "author": None})
    pdf, text = read_configuration(Inputs(("a.png",)), Recognizing(), given, (), observers=[]).of_kind("sink")
    assert pdf.options["title"] == "${HOME}"
    assert "title" not in text.options
    given = OutputNames("text", facts={"author": "Me"})
    with pytest.raises(ConfigurationError, match="--author: no output in --to has an author; use --to pdf"):
        read_configuration(Inputs(("a.png",)), Recognizing(), given, (), observers=[])


def test_a_bad_page_gets_a_placeholder_unless_the_command_or_a_setting_says_otherwise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert configured("text").engine.on_failed_page == "placeholder"
    assert configured("text", settings=("engine.on_failed_page=fail",)).engine.on_failed_page == "fail"
    given = OutputNames("text", on_bad_page="skip")
    skipping = read_configuration(Inputs(("a.png",)), Recognizing(), given, (), observers=[])
    assert skipping.engine.on_failed_page == "skip"


def sources(inputs: Inputs) -> list[tuple[str, dict[str, object]]]:
    configuration = read_configuration(inputs, Recognizing(), OutputNames("text"), (), observers=[])
    return [(source.plugin, source.options) for source in configuration.of_kind("source")]


def test_paths_are_taken_literally(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("a.png", "${HOME}.png", "~x.png", "\udcff.png", "box/*.jpg")
    ((plugin, options),) = sources(Inputs(names))
    assert plugin == "files"
    assert options["paths"] == tuple(tmp_path / name for name in names)


def test_dollar_sign_in_a_url_is_literal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((_, options),) = sources(Inputs(("https://example.org/${UNSET}.png",)))
    assert options["urls"] == ("https://example.org/${UNSET}.png",)


def test_each_kind_of_input_gets_its_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "list").write_text("b.png\nhttps://example.org/c.png\n-\n")
    given = Inputs(("a.png", "-", "http://example.org/d.png"), "list")
    found = dict(sources(given))
    assert list(found) == ["url", "files", "stdin"]
    assert found["files"]["paths"] == tuple(tmp_path / name for name in ("a.png", "b.png", "-"))
    assert found["url"]["urls"] == ("http://example.org/d.png", "https://example.org/c.png")


def test_patterns_and_document_name_reach_the_files_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((_, options),) = sources(Inputs(("a",), include=("*.jpg",), exclude=("drafts", "x/**"), merge="diary"))
    assert options["include"] == ("*.jpg",)
    assert options["exclude"] == ("drafts", "x/**")
    assert (options["document"], options["document_name"]) == ("all", "diary")


@pytest.mark.parametrize("content", ["<alto/>", '<?xml version="1.0"?><PcGts/>', "<html>", '{"Blocks": []}'])
def test_a_file_with_text_as_the_only_input_is_told_where_to_go(tmp_path, content):
    path = tmp_path / "page.xml"
    path.write_text(content)
    given = Recognizing(), OutputNames("text"), ()
    with pytest.raises(ConfigurationError, match=r"is a file with text.* --readings .*page\.xml"):
        read_configuration(Inputs((str(path),)), *given, observers=[])
    # With pictures beside it, as in penstock read scans/*, the file alone fails.
    read_configuration(Inputs((str(path), "a.png")), *given, observers=[])
    read_configuration(Inputs((str(tmp_path), "missing.png")), *given, observers=[])
    read_configuration(Inputs((str(tmp_path),)), *given, observers=[])
