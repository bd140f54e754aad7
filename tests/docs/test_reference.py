"""The reference is up to date and explains everything; links and the README's table of plugins are right."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

import pytest

import penstock
from docs.blocks import DOCS, README, name_of, pages
from penstock import errors
from penstock.cli.main import root
from penstock.hookspecs import KIND_HOOKS
from penstock.outputs import PLACEHOLDERS
from penstock.report import Exit, RunReport
from penstock.table_options import EngineOptions, LimitOptions, WatchOptions

BUILT_IN = [
    (kind, point)
    for kind in KIND_HOOKS
    for point in entry_points(group=f"penstock.{kind}s")
    if point.dist and point.dist.name == "penstock"
]


def tool(name: str) -> ModuleType:
    """Import a module of docs/tools."""
    sys.path.insert(0, str(DOCS / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS / "tools"))


@cache
def generated() -> dict[str, str]:
    """Return the reference as its generator writes it now."""
    pages: dict[str, str] = tool("reference").generate()
    return pages


def section(page: str, name: str) -> str:
    """Return the text from a heading to the next one of the same level."""
    found = re.search(
        rf"^(##+) {re.escape(name)}\b.*?(?=^\1 |\Z)", generated()[page], re.MULTILINE | re.DOTALL
    )
    assert found, f"{page} has no {name}"
    return found[0]


def test_the_committed_reference_is_up_to_date():
    committed = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md")}
    assert committed.keys() == generated().keys()
    stale = [name for name, text in generated().items() if committed[name] != text]
    assert not stale, "run: python docs/tools/reference.py"


@dataclass
class Unexplained:
    """Has an option without an explanation."""

    size: int = 3


def test_an_option_without_an_explanation_fails_the_generator():
    with pytest.raises(tool("markdown_text").Undocumented, match="the option size of Unexplained"):
        tool("reference_plugins")._options(Unexplained)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_hook_error_or_command_without_an_explanation_fails_the_generator(text):
    with pytest.raises(tool("markdown_text").Undocumented, match="the hook write has no explanation"):
        tool("markdown_text").required(text, "the hook write")


def test_every_page_of_the_reference_is_in_the_navigation():
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    for name in generated():
        assert f"reference/{name}" in navigation


@pytest.mark.parametrize("kind", KIND_HOOKS)
def test_hooks_are_documented_with_their_signature(kind):
    hooks = {name: each for name, each in vars(KIND_HOOKS[kind][0]).items() if inspect.isfunction(each)}
    assert hooks
    for name, method in hooks.items():
        text = section("hooks.md", name)
        for parameter in inspect.signature(method).parameters:
            assert parameter in text
        assert (inspect.getdoc(method) or "").splitlines()[0].replace("``", "`") in text


@pytest.mark.parametrize(("kind", "point"), BUILT_IN, ids=[point.name for _, point in BUILT_IN])
def test_plugins_are_documented_with_their_options(kind, point):
    text = section("plugins.md", point.name)
    for option in dataclasses.fields(point.load()):
        assert not option.init or f"| `{option.name}` |" in text, option.name


def test_engine_options_limits_and_placeholders_are_documented():
    text = generated()["pipeline.md"]
    for option in (
        *dataclasses.fields(EngineOptions),
        *dataclasses.fields(LimitOptions),
        *dataclasses.fields(WatchOptions),
    ):
        assert f"| `{option.name}` |" in text
    for placeholder in PLACEHOLDERS:
        assert f"`{{{placeholder}}}`" in text


@pytest.mark.parametrize("name", root.commands)
def test_commands_are_documented_with_their_options(name):
    text = section("commands.md", f"penstock {name}")
    for parameter in root.commands[name].params:
        if parameter.param_type_name == "option":
            assert all(f"`{each}`" in text for each in parameter.opts)


def test_exit_codes_errors_values_and_report_keys_are_documented():
    for code in Exit:
        assert f"| {int(code)} |" in generated()["exit-codes.md"]
    for name, found in vars(errors).items():
        if inspect.isclass(found) and issubclass(found, errors.PenstockError):
            assert f"| `{name}` |" in generated()["errors.md"]
            assert f" {name} " in f" {errors.__doc__} ".replace("\n", " "), f"{name} is not in the tree"
    for name in penstock.__all__:
        found = getattr(penstock, name)
        if inspect.isclass(found) and not issubclass(found, BaseException):
            texts = (generated()[f"{page}.md"] for page in ("python", "values"))
            assert any(re.search(rf"^## {name}$", text, re.MULTILINE) for text in texts), name
    for each in dataclasses.fields(RunReport):
        assert f"| `{each.name}` |" in generated()["events.md"]


def test_the_readme_lists_exactly_the_built_in_plugins():
    text = README.read_text(encoding="utf-8")
    table = dict(
        re.findall(
            r"^\| (source|transform|recognizer|rule|amender|sink|observer) \| (.*?)\|", text, re.MULTILINE
        )
    )
    for kind in KIND_HOOKS:
        assert table[kind].strip() == ", ".join(
            sorted(f"`{point.name}`" for each, point in BUILT_IN if each == kind)
        )


@pytest.mark.parametrize("page", [*pages(), *(DOCS / "reference").glob("*.md")], ids=name_of)
def test_links_to_files_work_in_a_clone(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)#?([^)]*)", page.read_text(encoding="utf-8"))
    for target, anchor in links:
        place = (page.parent / target).resolve()
        assert place.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(anchor_of, headings), f"{page.name}: {target}#{anchor}"


def anchor_of(heading: str) -> str:
    if explicit := re.search(r"\{#([\w-]+)\}$", heading):
        return explicit[1]
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def test_the_builder_says_what_to_install(tmp_path):
    builder = DOCS / "tools/build.py"
    done = subprocess.run(
        [sys.executable, "-S", builder, tmp_path / "site"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"building the documentation needs zensical: pip install -e '.[dev]' in {DOCS.parent}\n"
    )
    assert not (tmp_path / "site").exists()


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("zensical")
    done = subprocess.run(
        [sys.executable, DOCS / "tools/build.py", tmp_path / "site"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = (tmp_path / "site/reference/hooks/index.html").read_text(encoding="utf-8")
    assert "find_documents" in made
    start = (tmp_path / "site/start/index.html").read_text(encoding="utf-8")
    assert 'href="../reference/exit-codes/"' in start
    assert "not run" not in start
    # The button that copies is on commands alone, without their prompts.
    assert "$ penstock" not in start
    assert "no-copy" in start
