"""Complaints about invalid pipelines: all at once, with a remedy, and without secrets."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import plugins, schema
from penstock.cli import catalogue
from penstock.cli.pipeline_toml import pipeline_toml
from penstock.config import check, load_file
from penstock.errors import ConfigurationError, PluginError
from penstock.overrides import apply_overrides
from penstock.pipeline import Pipeline
from penstock.plugins import Offer, find, finding, kind_of, load
from pipelines import double, tables

MISTAKES = """
nam = "x"
[[source]]
plugin = "files"
[[sources]]
plugin = "fils"
paths = ["a"]
[[sources]]
plugin = "files"
path = ["a"]
[[sources]]
plugin = "files"
paths = "a"
document = "fiel"
[[recognizers]]
plugin = "text"
[[recognizers]]
workers = 3
[[sinks]]
plugin = "text"
path = "out/{documnet}.txt"
[[sinks]]
plugin = "text"
path = 3
[[sinks]]
plugin = "./nothere.py:Shout"
[[sinks]]
plugin = "text"
path = "${PENSTOCK_NOT_SET}/x"
[engine]
in_flight = 0
"""

EXPECTED = [
    "nam: unknown key; did you mean 'name'?",
    "source: unknown key; did you mean 'sources'?",
    "sources.0 'fils': there is no source named 'fils'; did you mean 'files'?",
    "sources.1 'files': there is no option 'path'; did you mean 'paths'?",
    "sources.2 'files', paths: must be a list, in square brackets, got 'a'",
    "sources.2 'files', document: must be 'file', 'folder' or 'all', got 'fiel'",
    "recognizers.0 'text': there is no recognizer named 'text'; 'text' is a sink: write it under",
    "recognizers.1: has no plugin; add plugin =",
    "sinks.0 'text', path: {documnet} is not a placeholder; use {document}",
    "sinks.1 'text', path: must be text, in quotes, got 3",
    "sinks.2 './nothere.py:Shout': ./nothere.py:Shout: there is no file",
    "sinks.3 'text', path: the environment variable 'PENSTOCK_NOT_SET' is not set; export",
    "[engine], in_flight: must be greater than or equal to 1, got 0",
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "must name a file, got ''; for example out/{document}.txt"),
        (" ", "must name a file, got ' '; for example out/{document}.txt"),
        ("out/", "must name a file, got 'out/'; for example out/{document}.txt"),
        ("{folder}/", "must name a file, got '{folder}/'; for example {folder}/{document}.txt"),
    ],
)
def test_output_must_name_a_file(tmp_path, path, expected):
    wrong = tables([tmp_path], sinks=[{"plugin": "text", "path": path}])
    with pytest.raises(ConfigurationError) as refused:
        check(wrong, tmp_path, where="x", name="x")
    assert complaints(refused) == [f"x: sinks.0 'text', path: {expected}"]


def complaints(error: pytest.ExceptionInfo[ConfigurationError]) -> list[str]:
    return [str(complaint) for complaint in error.value.complaints]


def test_all_mistakes_are_reported_together(tmp_path, monkeypatch):
    monkeypatch.delenv("PENSTOCK_NOT_SET", raising=False)
    path = tmp_path / "penstock.toml"
    path.write_text(MISTAKES)
    with pytest.raises(ConfigurationError) as error:
        load_file(path)
    reported = "\n".join(complaints(error))
    for expected in EXPECTED:
        assert f"{path}: {expected}" in reported


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[sources", "is not TOML"),
        ("", "has no [[sources]]; add [[sources]]"),
        ("sources = 3", "must be an array of tables; write [[sources]] in double brackets"),
        ("name = 3", "must be text, got 3"),
        ("engine = 3", "must be a table; write [engine] in single brackets"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path, text, expected):
    path = tmp_path / "penstock.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load_file(path)
    assert expected in "\n".join(complaints(error))


def test_a_missing_file_suggests_init(tmp_path):
    with pytest.raises(ConfigurationError, match="penstock init"):
        load_file(tmp_path / "nothere.toml")


def test_relative_paths_start_from_the_pipeline_file(tmp_path):
    configuration = check(tables(["scans/*.jpg"]), tmp_path, where="x", name="x")
    assert configuration.of_kind("source")[0].options["paths"] == (tmp_path / "scans/*.jpg",)


def test_variables_are_replaced_and_can_be_escaped(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST", "here")
    sinks = [{"plugin": "text", "path": "${PENSTOCK_TEST}/{document}.txt"}]
    configuration = check(tables(["a"], sinks=sinks), tmp_path, where="x", name="$${x}")
    assert configuration.of_kind("sink")[0].options["path"] == "here/{document}.txt"


SECRETIVE = """
from dataclasses import dataclass, field
from penstock import Limits, Recognition, hookimpl
from penstock.secret import Secret

@dataclass(eq=False)
class Secretive:
    key: Secret = field(metadata={"env": "PENSTOCK_TEST_KEY"})
    other: Secret | None = None
    @hookimpl
    def limits(self): return Limits()
    @hookimpl
    def submit(self, page): return Recognition()
    @hookimpl
    def poll(self, operation): return Recognition()
"""


def secretive(tmp_path: Path, **options: str) -> dict[str, object]:
    (tmp_path / "secretive.py").write_text(SECRETIVE)
    return tables(["a"]) | {"recognizers": [{"plugin": "./secretive.py:Secretive", **options}]}


def test_a_secret_comes_from_the_environment_and_is_masked(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_KEY", "hush-hush")
    for options in ({}, {"key": "${PENSTOCK_TEST_KEY}"}):
        configuration = check(secretive(tmp_path, **options), tmp_path, where="x", name="x")
        key = configuration.of_kind("recognizer")[0].options["key"]
        assert key.reveal() == "hush-hush"
        assert "hush" not in repr(configuration) + str(key) + f"{key!r:>30}"


def test_a_secret_is_read_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/service.key").write_bytes(b"\xef\xbb\xbfhush-hush\r\n")
    monkeypatch.setenv("PENSTOCK_TEST_KEYS", str(tmp_path / "keys"))
    for file in ("keys/service.key", "${PENSTOCK_TEST_KEYS}/service.key"):
        told = secretive(tmp_path, key={"file": file})
        configuration = check(told, tmp_path, where="x", name="x")
        key = configuration.of_kind("recognizer")[0].options["key"]
        assert (key.reveal(), key.file) == ("hush-hush", tmp_path / "keys/service.key")
        printed = pipeline_toml(configuration, told)
        assert f'key = {{file = "{file}"}}' in printed
        assert "hush" not in printed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b" \n", "a secret must not be empty"),
        (b"hush\xff", "a secret must be text in UTF-8"),
        (b"hush" * 20_000, "a secret must not have more than 65536 bytes"),
    ],
)
def test_a_file_without_a_secret_is_named(tmp_path, content, reason):
    if content is not None:
        (tmp_path / "service.key").write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        check(secretive(tmp_path, key={"file": "service.key"}), tmp_path, where="x", name="x")
    (complaint,) = complaints(error)
    assert f"key: cannot be read from {tmp_path / 'service.key'} ({reason})" in complaint
    assert "hush" not in complaint


@pytest.mark.parametrize("key", [{"path": "a.key"}, {"file": 3}, {"file": "a.key", "then": "hush"}, {}])
def test_another_table_is_no_secret(tmp_path, key):
    with pytest.raises(ConfigurationError, match="a secret must not be written in the file") as error:
        check(secretive(tmp_path, key=key), tmp_path, where="x", name="x")
    assert "hush" not in str(error.value)


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path, monkeypatch):
    monkeypatch.delenv("PENSTOCK_TEST_KEY", raising=False)
    with pytest.raises(ConfigurationError) as error:
        check(secretive(tmp_path, key="hush-hush", other="quiet"), tmp_path, where="x", name="x")
    reported = "\n".join(complaints(error))
    assert 'export it as PENSTOCK_TEST_KEY and write key = "${PENSTOCK_TEST_KEY}"' in reported
    assert "other: a secret must not be written in the file" in reported
    assert "hush" not in reported
    assert "quiet" not in reported
    assert len(error.value.complaints) == 2


def test_a_secret_from_the_environment_is_not_missing_beside_other_mistakes(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_KEY", "hush-hush")
    with pytest.raises(ConfigurationError) as error:
        check(secretive(tmp_path, other="quiet"), tmp_path, where="x", name="x")
    assert len(error.value.complaints) == 1


def test_an_optional_secret_is_not_missing_beside_other_mistakes(tmp_path, monkeypatch):
    """A secret is left out of a component with mistakes, which must not be told to the user as one more."""
    monkeypatch.setenv("AZURE_VISION_KEY", "hush-hush")
    recognizer = {"plugin": "azure-read", "endpoint": "http://127.0.0.1:9", "nonsense": 1}
    for options in ({}, {"key": "${AZURE_VISION_KEY}"}):
        with pytest.raises(ConfigurationError) as error:
            check(tables(["a"]) | {"recognizers": [recognizer | options]}, tmp_path, where="x", name="x")
        (complaint,) = complaints(error)
        assert "there is no option 'nonsense'" in complaint


def test_an_empty_secret_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_KEY", " ")
    with pytest.raises(ConfigurationError, match="must be a usable secret"):
        check(secretive(tmp_path, key="${PENSTOCK_TEST_KEY}"), tmp_path, where="x", name="x")


def test_overrides_take_toml_values_or_plain_text(tmp_path):
    path = tmp_path / "penstock.toml"
    path.write_text(
        '[[sources]]\nplugin = "files"\npaths = ["a"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n[[sinks]]\nplugin = "text"\n'
    )
    configuration = load_file(
        path, ["engine.in_flight=7", "sinks.0.path=x/{document}.txt", 'sources.0.paths=["b"]']
    )
    assert configuration.engine.in_flight == 7
    assert configuration.of_kind("sink")[0].options["path"] == "x/{document}.txt"
    assert configuration.of_kind("source")[0].options["paths"] == (tmp_path / "b",)
    for wrong in ("sinks.7.path=x", "nonsense", "sinks.x.path=x"):
        with pytest.raises(ConfigurationError, match="--set"):
            load_file(path, [wrong])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hookless", "lacks the hook 'write', which a sink must have"),
        ("Thief", "implements 'submit', which belongs to a recognizer"),
        ("Misspelt", "there is no hook 'wirte'"),
        ("Comparing", "decorate the class with @dataclass(eq=False)"),
        ("Brokne", "did you mean 'Broken'?"),
        ("dataclass", "a component must be a dataclass"),
    ],
)
def test_a_wrong_component_class_is_refused(tmp_path, name, expected):
    with pytest.raises(ConfigurationError) as error:
        Pipeline(
            check(tables(["a"], sinks=[{"plugin": double(f"sinks:{name}")}]), tmp_path, where="x", name="x")
        )
    assert expected in "\n".join(complaints(error))


def test_a_plugin_file_that_fails_to_load_is_reported(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(ConfigurationError, match="ZeroDivisionError"):
        check(tables(["a"], sinks=[{"plugin": "./broken.py:X"}]), tmp_path, where="x", name="x")


TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "sources", "recognizers", "sinks", "engine", "observers", "x"]),
        TOML_VALUES,
        max_size=5,
    )
)
def test_arbitrary_tables_give_complaints(tables):
    with pytest.raises(ConfigurationError):
        check(tables, Path("/nowhere"), where="x", name="x")


@given(TOML_VALUES)
def test_arbitrary_options_give_complaints(value):
    odd = tables(["a"], sinks=[{"plugin": "text", "path": value}], engine={"in_flight": value})
    try:
        configuration = check(odd, Path("/nowhere"), where="x", name="x")
    except ConfigurationError as error:
        assert error.complaints  # noqa: PT017
    else:
        assert isinstance(configuration.of_kind("sink")[0].options["path"], str)


AWKWARD = """
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from penstock import hookimpl
from penstock.errors import PluginError
from penstock.secret import Secret

class Sink:
    @hookimpl
    def write(self, document, outputs): pass

@dataclass(eq=False)
class Typed(Sink):
    count: int = 3
    def __post_init__(self): raise TypeError("count is wrong")

@dataclass(eq=False)
class Running(Sink):
    def __post_init__(self): raise RuntimeError("no such device")

@dataclass(eq=False)
class Hinting(Sink):
    def __post_init__(self): raise PluginError("no camera", "plug one in")

@dataclass(eq=False)
class Locked(Sink):
    lock: threading.Lock = None

@dataclass(eq=False)
class Unknown(Sink):
    other: "NotThere" = None

@dataclass(eq=False)
class Failing(Sink):
    other: int = field(default_factory=lambda: 1 // 0)

@dataclass(eq=False)
class Leaking(Sink):
    key: Secret = field(metadata={"env": "PENSTOCK_TEST_KEY"})
    def __post_init__(self): raise RuntimeError(f"cannot use {self.key.reveal()}")

@dataclass(eq=False)
class LeakingOnPurpose(Sink):
    key: Secret = field(metadata={"env": "PENSTOCK_TEST_KEY"})
    def __post_init__(self): int(self.key.reveal())

@dataclass(eq=False)
class LeakingUnknown(Sink):
    key: "Secret | NotThere" = field(default=None, metadata={"env": "PENSTOCK_TEST_KEY"})

@dataclass(eq=False)
class Opening(Sink):
    model: Path
    more: tuple[Path, ...] = (Path("b"),)
    def __post_init__(self): self.seen = (self.model, *self.more)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Typed", "cannot be made: TypeError: count is wrong; fix the plugin"),
        ("Running", "cannot be made: RuntimeError: no such device"),
        ("Hinting", "no camera; plug one in"),
        ("Locked", "cannot be made: PydanticSchemaGenerationError"),
        ("Unknown", "cannot be made: "),
        ("Failing", "cannot be made: ZeroDivisionError"),
        ("Leaking", "cannot be made: RuntimeError; fix"),
        ("LeakingOnPurpose", "cannot be made: ValueError; fix"),
        ("LeakingUnknown", "cannot be made: "),
    ],
)
def test_a_component_that_cannot_be_made_is_a_complaint(tmp_path, monkeypatch, name, expected):
    monkeypatch.setenv("PENSTOCK_TEST_KEY", "hush-hush")
    (tmp_path / "awkward.py").write_text(AWKWARD)
    reference = f"./awkward.py:{name}"
    with pytest.raises(ConfigurationError) as error:
        check(tables(["a"], sinks=[{"plugin": reference}]), tmp_path, where="x", name="x")
    (complaint,) = complaints(error)
    assert complaint.startswith(f"x: sinks.0 '{reference}': {expected}")
    assert "hush" not in complaint
    assert "\n" not in complaint


def test_a_component_is_made_with_absolute_paths(tmp_path):
    (tmp_path / "awkward.py").write_text(AWKWARD)
    odd = tables(["a"], sinks=[{"plugin": "./awkward.py:Opening", "model": "a"}])
    (sink,) = check(odd, tmp_path, where="x", name="x").of_kind("sink")
    assert sink.component.seen == (tmp_path / "a", tmp_path / "b")
    assert sink.options["model"] == tmp_path / "a"


def test_classes_of_one_file_share_a_module(tmp_path):
    (tmp_path / "awkward.py").write_text(AWKWARD)
    opening = find("sink", "./awkward.py:Opening", tmp_path)
    other = find("sink", f"./../{tmp_path.name}/awkward.py:Typed", tmp_path)
    assert sys.modules[opening.__module__].Typed is other


def test_threads_find_only_finished_modules(tmp_path):
    slow = "import time\ntime.sleep(0.3)\nfrom dataclasses import dataclass\n"
    (tmp_path / "slow.py").write_text(slow + "@dataclass(eq=False)\nclass Slow: ...\n")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: find("sink", "./slow.py:Slow", tmp_path), range(4)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("text", ["import sys\nsys.exit(3)", "raise SystemExit"])
def test_a_plugin_that_exits_is_an_error(tmp_path, monkeypatch, text):
    (tmp_path / "penstock_test_ending.py").write_text(text)
    with pytest.raises(PluginError, match="SystemExit"):
        find("sink", "./penstock_test_ending.py:X", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("ending", "penstock_test_ending:X", "penstock.sinks")
    with pytest.raises(PluginError, match="SystemExit"):
        load(Offer("sink", "ending", "test", "1", point))


@pytest.mark.parametrize("name", ["x" * 300 + ".py", "loop.py", "\0.py"])
def test_a_plugin_file_with_an_invalid_name_is_an_error(tmp_path, name):
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    with pytest.raises(PluginError) as error:
        find("sink", f"./{name}:X", tmp_path)
    assert error.value.hint


@pytest.mark.parametrize("name", ["Locked", "Unknown", "Failing"])
def test_a_plugin_with_invalid_options_is_listed_and_in_the_schema(tmp_path, monkeypatch, capsys, name):
    (tmp_path / "penstock_test_awkward.py").write_text(AWKWARD)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("awkward", f"penstock_test_awkward:{name}", "penstock.sinks")
    offer = Offer("sink", "awkward", "test", "1", point)
    for module in (plugins, schema, catalogue):
        monkeypatch.setattr(module, "offers", lambda kind: [offer] if kind == "sink" else [])
    variants = schema.pipeline_schema()["properties"]["sinks"]["items"]["oneOf"]
    assert {"const": "awkward"} in [variant["properties"]["plugin"] for variant in variants]
    catalogue.show_one("awkward")
    assert "other" in capsys.readouterr().out or name == "Locked"


def test_all_mistakes_of_set_are_reported_together(tmp_path):
    path = tmp_path / "penstock.toml"
    path.write_text("")
    with pytest.raises(ConfigurationError) as error:
        load_file(path, ["nonsense", "sinks.7.path.x=3", "name=x", "name.x=4"])
    assert [each.place for each in error.value.complaints] == ["--set"] * len(error.value.complaints)
    assert (
        "must be PLACE=VALUE, got 'nonsense'; for example engine.on_failed_page=skip" in complaints(error)[0]
    )
    assert "must name a place in the pipeline, got 'name.x'" in complaints(error)[-1]
    assert len(complaints(error)) > 1


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x = " + "1" * 5000])
def test_extreme_toml_is_a_complaint(tmp_path, text):
    path = tmp_path / "penstock.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="is not TOML"):
        load_file(path)
    assert apply_overrides({}, [text.replace(" ", "")]) is None


@pytest.mark.parametrize("other", ["out/{document}.txt", "./out//{document}.txt"])
def test_two_sinks_must_not_write_the_same_files(tmp_path, other):
    sinks = [
        {"plugin": "text", "path": "out/{document}.txt"},
        {"plugin": "json", "path": other},
        {"plugin": "json"},
    ]
    with pytest.raises(ConfigurationError) as error:
        check(tables(["a"], sinks=sinks), tmp_path, where="x", name="x")
    (complaint,) = complaints(error)
    assert complaint == (
        f"x: sinks.1 'json', path: sinks.0 'text' already writes {other!r}; "
        "give each sink another name for its output"
    )


def test_all_mistakes_in_the_options_of_a_source_are_reported_together(tmp_path):
    odd = tables(["a"]) | {
        "sources": [{"plugin": "files", "paths": [], "document": "fiel", "document_name": ""}]
    }
    with pytest.raises(ConfigurationError) as error:
        check(odd, tmp_path, where="x", name="x")
    assert [line.partition("'files', ")[2] for line in complaints(error)] == [
        "paths: must not be empty",
        "document: must be 'file', 'folder' or 'all', got 'fiel'",
        "document_name: must not be empty",
    ]


def test_a_complaint_shows_the_value_as_the_file_has_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_TOKEN", "hush-hush")
    odd = tables(["a"], engine={"budget": "20€", "in_flight": "${PENSTOCK_TEST_TOKEN}"})
    with pytest.raises(ConfigurationError) as error:
        check(odd, tmp_path, where="x", name="x")
    assert complaints(error) == [
        "x: [engine], in_flight: must be a whole number, got '${PENSTOCK_TEST_TOKEN}'",
        "x: [engine], budget: must be a number, got '20€'",
    ]


@pytest.mark.parametrize(
    ("price", "complaint"),
    [
        ("1,50", ", price_per_1000: must be a number, got '1,50'"),
        ({"price": 1}, ", price_per_1000: must be a number"),
        (True, ": price_per_1000 must be a number, got true"),
        ([1.5], ", price_per_1000: must be a table, got 1.5"),
        ([{"upto": 5, "price": 1}, {"price": 2}], ", price_per_1000: has an unknown key 'upto'"),
        ([{"up_to": 5}], ", price_per_1000: lacks the key 'price'"),
        ([{"up_to": 5, "price": "x"}, {"price": 2}], ", price_per_1000: must be a number, got 'x'"),
        ([{"price": -1}], ": price_per_1000 must be a finite number, at least 0, got -1.0"),
        (
            [{"up_to": 5, "price": 1}],
            ": price_per_1000 must end with a step that has no up_to",
        ),
        (
            [{"up_to": 5, "price": 1}, {"up_to": 5, "price": 2}, {"price": 3}],
            ": price_per_1000 must have steps whose up_to rises, got 5 after 5",
        ),
        (
            [{"price": 1}, {"price": 2}],
            ": price_per_1000 must have up_to in every step but the last one",
        ),
    ],
)
def test_wrong_price_has_one_complaint(tmp_path, price, complaint):
    odd = tables(["a"], recognizers=[{"plugin": "rapidocr", "price_per_1000": price}])
    with pytest.raises(ConfigurationError) as error:
        check(odd, tmp_path, where="x", name="x")
    assert complaints(error) == [f"x: recognizers.0 'rapidocr'{complaint}"]


AMENDING = """
from dataclasses import dataclass
from penstock import hookimpl

@dataclass(eq=False)
class Upper:
    suffix: str = "!"
    @hookimpl
    def amend(self, page, recognition): return recognition

@dataclass(eq=False)
class Idle:
    @hookimpl
    def run_finished(self, report): pass
"""


def test_amenders_are_a_kind_of_component(tmp_path):
    (tmp_path / "amending.py").write_text(AMENDING)
    odd = tables(["a"], amenders=[{"plugin": "./amending.py:Upper", "suffix": "?"}])
    pipeline = Pipeline(check(odd, tmp_path, where="x", name="x"))
    (amender,) = pipeline.amenders
    assert amender.configured.options == {"suffix": "?"}
    assert kind_of(find("amender", "./amending.py:Upper", tmp_path)) == "amender"
    odd["amenders"] = [{"plugin": "./amending.py:Idle"}]
    with pytest.raises(ConfigurationError, match="lacks the hook 'amend', which an amender must have"):
        Pipeline(check(odd, tmp_path, where="x", name="x"))


def test_amenders_are_in_the_schema(monkeypatch, tmp_path):
    (tmp_path / "penstock_test_amending.py").write_text(AMENDING)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("upper", "penstock_test_amending:Upper", "penstock.amenders")
    offered = [Offer("amender", "upper", "test", "1", point)]
    for module in (finding, schema):
        monkeypatch.setattr(module, "offers", lambda kind: offered if kind == "amender" else [])
    (variant, _) = schema.pipeline_schema()["properties"]["amenders"]["items"]["oneOf"]
    assert variant["properties"]["plugin"] == {"const": "upper"}
    assert "suffix" in variant["properties"]
    assert find("amender", "upper", tmp_path).__name__ == "Upper"


DECLARING = """
from dataclasses import dataclass
from typing import ClassVar
from penstock import hookimpl

class Base:
    @hookimpl
    def write(self, document, outputs): pass

@dataclass(eq=False)
class ToFile(Base):
    output_option: ClassVar = "file"
    file: str = "out/{document}.x"

@dataclass(eq=False)
class NoOption(Base):
    output_option: ClassVar = None
    path: str = "not a template: {"

@dataclass(eq=False)
class OptionMissing(Base):
    output_option: ClassVar = "file"

@dataclass(eq=False)
class WrongOption(Base):
    output_option: ClassVar = ["path"]

@dataclass(eq=False)
class WrongVersion(Base):
    version: ClassVar = 2

@dataclass(eq=False)
class VersionOption(Base):
    version: int = 2

@dataclass(eq=False)
class WrongFlags:
    fetches: ClassVar = "yes"
    is_live: ClassVar = 1
    @hookimpl
    def find_documents(self): return []

@dataclass(eq=False)
class FromTheFuture(Base):
    penstock_api_version: ClassVar = 99
"""


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("sink", "OptionMissing", "output_option is 'file', but there is no such option"),
        ("sink", "WrongOption", "the class attribute 'output_option' must be a str or None, got a list"),
        ("sink", "WrongVersion", "the class attribute 'version' must be a str, got an int"),
        ("source", "WrongFlags", "the class attribute 'fetches' must be a bool, got a str"),
        ("source", "WrongFlags", "the class attribute 'is_live' must be a bool, got an int"),
        (
            "sink",
            "FromTheFuture",
            "needs version 99 of penstock's plugin API, but the installed penstock has",
        ),
    ],
)
def test_a_wrong_declaration_is_a_complaint(tmp_path, kind, name, expected):
    (tmp_path / "declaring.py").write_text(DECLARING)
    odd = tables(["a"]) | {f"{kind}s": [{"plugin": f"./declaring.py:{name}"}]}
    with pytest.raises(ConfigurationError) as error:
        Pipeline(check(odd, tmp_path, where="x", name="x"))
    assert expected in "\n".join(complaints(error))


def test_output_option_names_the_option_with_the_template(tmp_path):
    (tmp_path / "declaring.py").write_text(DECLARING)
    sinks = [{"plugin": f"./declaring.py:{name}"} for name in ("ToFile", "NoOption", "VersionOption")]
    pipeline = Pipeline(check(tables(["a"], sinks=sinks), tmp_path, where="x", name="x"))
    assert [sink.output_template for sink in pipeline.sinks] == ["out/{document}.x", None, None]
    wrong = [{"plugin": "./declaring.py:ToFile", "file": "out/"}]
    with pytest.raises(ConfigurationError, match=r"ToFile', file: must name a file, got 'out/'"):
        check(tables(["a"], sinks=wrong), tmp_path, where="x", name="x")
