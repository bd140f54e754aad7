"""`penstock check` prints a pipeline file that `penstock check` accepts."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.pipeline_toml import pipeline_toml, read_tables
from penstock.config import TABLES, Configuration, load_file
from penstock.plugins import KINDS, offers
from pipelines import double

SECRET = "hush-hush"  # noqa: S105
NEEDED: dict[str, str] = {
    "files": 'paths = ["scans"]',
    "url": 'urls = ["https://example.org/x.jpg"]',
    "azure-read": 'endpoint = "https://x.cognitiveservices.azure.com"',
    "azure-document-intelligence": 'endpoint = "https://x.cognitiveservices.azure.com"',
    "text": 'path = "text/{document}.txt"',
    "notify": 'webhook = "https://example.org/hook"',
}
"""Options that a plugin needs here."""
BUILT_IN = [
    (kind, offer.name)
    for kind in KINDS
    for offer in offers(kind)
    if offer.distribution == "penstock" and kind != "rule"
]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name in ("AZURE_VISION_KEY", "AZURE_DOCUMENT_INTELLIGENCE_KEY", "MY_KEY", "TOKEN"):
        monkeypatch.setenv(name, SECRET)


def table(kind: str, plugin: str, options: str = "") -> str:
    return f'[[{kind}s]]\nplugin = "{plugin}"\n{NEEDED.get(plugin, "")}\n{options}\n'


def written(folder: Path, *tables: str) -> Path:
    """A pipeline of these tables, completed by a source, a recognizer and a sink."""
    file = folder / "penstock.toml"
    text = "\n".join(tables)
    for kind, plugin in (("source", "files"), ("recognizer", "rapidocr"), ("sink", "json")):
        if f"[[{kind}s]]" not in text:
            text += table(kind, plugin)
    file.write_text(text)
    return file


def described(configuration: Configuration) -> list[Any]:
    """Everything that a pipeline file decides, secrets included."""
    components = [
        (each.kind, each.plugin, {name: revealed(value) for name, value in each.options.items()}, each.limits)
        for each in configuration.components
    ]
    return [configuration.name, components, configuration.engine, configuration.watch, configuration.folder]


def revealed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: revealed(each) for key, each in value.items()}
    return value.reveal() if hasattr(value, "reveal") else value


def round_trip(file: Path, *settings: str) -> str:
    """Check that the printed pipeline is the same as the file's; returns what is printed."""
    before = load_file(file, settings)
    printed = pipeline_toml(before, read_tables(file, settings))
    assert SECRET not in printed
    again = file.with_name("pasted.toml")
    again.write_text(printed, encoding="utf-8")
    assert described(load_file(again)) == described(before)
    return printed


def test_every_built_in_plugin_is_tried():
    assert {kind for kind, _ in BUILT_IN} >= {"source", "transform", "recognizer", "sink", "observer"}


@pytest.mark.parametrize(("kind", "plugin"), BUILT_IN)
def test_built_in_plugins_with_their_defaults(tmp_path, kind, plugin):
    printed = round_trip(written(tmp_path, table(kind, plugin)))
    assert f'plugin = "{plugin}"' in printed


def test_rules_are_printed_with_their_options(tmp_path):
    judge = f"'{double('cascade:Judge')}' = {{ rejected = ['a'] }}"
    first = table("recognizer", "rapidocr", f"accept = {{ confidence = 0.8, min_lines = 2, {judge} }}")
    printed = round_trip(written(tmp_path, first, table("recognizer", "azure-read")))
    assert "[recognizers.accept.confidence]\nat_least = 0.8\n" in printed


def test_every_option_is_printed(tmp_path):
    file = written(tmp_path, table("sink", "pdf"))
    configuration = load_file(file)
    tables = tomllib.loads(round_trip(file))
    assert set(tables) == {"name", "sources", "recognizers", "sinks", "engine", "watch"}
    (sink,) = configuration.of_kind("sink")
    assert set(tables["sinks"][0]) == {"plugin", *sink.options}
    assert tables["sinks"][0]["debug"] is False
    printed = round_trip(file)
    assert "# workers is not set\n" in printed
    assert "# budget is not set\n" in printed


@pytest.mark.parametrize(
    "options",
    [
        'key = "${MY_KEY}"',
        "",
        'key = "${AZURE_VISION_KEY}"\nmodel_version = "latest"\ntrusted_hosts = ["a.example", "b.example"]',
        "price_per_1000 = 1.5\nin_flight = 3\nattempts = 2",
    ],
)
def test_secrets_stay_references_and_limits_are_kept(tmp_path, options):
    printed = round_trip(written(tmp_path, table("recognizer", "azure-read", options)))
    name = "MY_KEY" if "MY_KEY" in options else "AZURE_VISION_KEY"
    assert f'key = "${{{name}}}"' in printed


def test_secret_headers_stay_references(tmp_path):
    headers = 'headers = { Authorization = "Bearer ${TOKEN}", "X-Key" = "${MY_KEY}" }'
    printed = round_trip(written(tmp_path, table("source", "url", headers)))
    assert 'headers = {Authorization = "Bearer ${TOKEN}", X-Key = "${MY_KEY}"}' in printed


def test_hidden_parts_of_urls_stay_hidden(tmp_path):
    url = 'urls = ["https://example.org/y.jpg?sig=hush-hush"]'
    file = written(tmp_path, f'[[sources]]\nplugin = "url"\n{url}\n')
    configuration = load_file(file)
    printed = pipeline_toml(configuration, read_tables(file, ()))
    assert SECRET not in printed
    assert 'urls = ["https://example.org/y.jpg?…"]  # a part may be hidden\n' in printed
    file.write_text(printed)
    load_file(file)


@pytest.mark.parametrize(
    "title",
    ['"', "\\\\", "$${HOME}", "ä€𝄞", "\\n\\t\\u0001\\u0085\\u2028\\u007f", "{document}", "# no comment", "'"],
)
def test_texts_are_quoted(tmp_path, title):
    title = title.replace('"', '\\"')
    round_trip(written(tmp_path, table("sink", "pdf", f'title = "{title}"')))


def test_paths_with_dollar_signs_and_quotes(tmp_path):
    folder = tmp_path / 'a "b" $c'
    folder.mkdir()
    printed = round_trip(written(folder, '[[sources]]\nplugin = "files"\npaths = ["$${HOME}", "x\'y"]\n'))
    assert "$${HOME}" in printed


def test_values_of_set_are_printed(tmp_path):
    file = written(tmp_path, table("recognizer", "azure-read"))
    settings = ("recognizers.0.key=${MY_KEY}", "engine.max_failed=0.2", "recognizers.0.timeout=7")
    printed = round_trip(file, *settings)
    assert 'key = "${MY_KEY}"' in printed
    assert "max_failed = 0.2" in printed
    assert "timeout = 7.0" in printed


def test_plugins_of_files_and_several_components(tmp_path):
    recognizer = double("scripted:Scripted")
    script = 'script = {a = ["operation", "pending:3600"], "b c" = ["stop"]}'
    printed = round_trip(
        written(
            tmp_path,
            'name = "two of each"',
            table("source", "files"),
            table("source", "url"),
            table("transform", "deskew"),
            table("transform", "crop"),
            table("recognizer", recognizer, script),
            table("recognizer", "rapidocr"),
            table("sink", "text"),
            table("sink", "json"),
            table("observer", "progress", 'style = "json"'),
            '[engine]\nbudget = 3\nstate = "here"\n',
        )
    )
    tables = tomllib.loads(printed)
    assert tables["name"] == "two of each"
    assert [each["plugin"] for each in tables["recognizers"]] == [recognizer, "rapidocr"]
    assert tables["recognizers"][0]["script"] == {"a": ["operation", "pending:3600"], "b c": ["stop"]}
    assert set(tables) - {"name", "engine", "watch"} <= set(TABLES)


def test_values_without_a_form_in_toml_are_comments(tmp_path):
    (tmp_path / "odd.py").write_text(
        "from dataclasses import dataclass, field\n"
        "from penstock import hookimpl\n"
        "class Odd:\n"
        "    def __repr__(self): return 'Odd\\nkey = 1'\n"
        "@dataclass(eq=False)\n"
        "class Sink:\n"
        "    __pydantic_config__ = {'arbitrary_types_allowed': True}\n"
        "    odd: Odd = field(default_factory=Odd)\n"
        "    limit: float | None = None\n"
        "    @hookimpl\n"
        "    def write(self, document, outputs): pass\n"
    )
    file = written(tmp_path, table("sink", "./odd.py:Sink"))
    printed = pipeline_toml(load_file(file), read_tables(file, ()))
    assert "# odd: TOML has no form for an Odd\n# limit is not set\n" in printed
    file.write_text(printed)
    load_file(file)


def test_check_prints_nothing_but_toml_on_stdout(command, tmp_path, draw):
    draw("scans/a.png")
    file = written(tmp_path, table("recognizer", "azure-read"))
    key = {"AZURE_VISION_KEY": SECRET}
    ended = command("check", file.name, **key)
    assert ended.returncode == 0
    assert ended.stderr == "1 page in 1 document: 1 to send\n"
    assert str(tmp_path / "scans") in ended.stdout
    assert SECRET not in ended.stdout
    (tmp_path / "pasted.toml").write_text(ended.stdout)
    again = command("check", "pasted.toml", **key)
    assert (again.returncode, again.stdout) == (0, ended.stdout)
    tomllib.loads(ended.stdout)


def test_check_of_the_pipeline_of_init(command, tmp_path, draw):
    command("init", ".")
    draw("scans/a.png")
    first = command("check", "penstock.toml")
    assert re.search(r"\nthe recognizer 'rapidocr': \d+ process(es)? of this machine\n", first.stderr)
    (tmp_path / "pasted.toml").write_text(first.stdout)
    assert command("check", "pasted.toml").stdout == first.stdout
    assert json.dumps(tomllib.loads(first.stdout))


def test_a_plugin_file_is_found_from_another_folder(tmp_path):
    (tmp_path / "shout.py").write_text(
        "from dataclasses import dataclass\nfrom penstock import hookimpl\n\n\n"
        "@dataclass(eq=False)\nclass Shout:\n    path: str = '{document}.txt'\n\n"
        "    @hookimpl\n    def write(self, document, outputs): ...\n"
    )
    file = written(tmp_path, table("sink", "./shout.py:Shout"))
    elsewhere = tmp_path / "elsewhere/pasted.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_text(pipeline_toml(load_file(file), read_tables(file, ())))
    assert load_file(elsewhere).of_kind("sink")[0].plugin == f"{tmp_path}/shout.py:Shout"


def test_check_notices_an_unusable_state_folder(command, tmp_path, draw):
    draw("scans/a.png")
    (tmp_path / "file").write_text("")
    file = written(tmp_path, table("recognizer", "rapidocr"))
    file.write_text(file.read_text() + '[engine]\nstate = "file/state"\n')
    ended = command("check", file.name)
    assert ended.returncode == 1
    assert (
        f"would fail: the state folder {tmp_path}/file/state: {tmp_path}/file is not a folder" in ended.stderr
    )
    assert "name another one under [engine] state" in ended.stderr


def test_a_missing_price_is_reported_with_the_other_mistakes(command, tmp_path):
    file = written(
        tmp_path, table("recognizer", "azure-read", "colour = 1"), table("recognizer", "azure-read")
    )
    file.write_text(file.read_text() + "[engine]\nbudget = 20\n")
    ended = command("check", file.name, AZURE_VISION_KEY=SECRET)
    assert ended.returncode == 2
    assert "there is no option 'colour'" in ended.stderr
    assert "recognizers.1 'azure-read': has no price_per_1000, which a budget needs" in ended.stderr
