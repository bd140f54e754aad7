"""Every hook, option, command, exit code and error is in the documentation; the README has every plugin."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import penstock
from docs.reference_pages import generated
from docs.story import DOCS, README, name_of, pages
from penstock import errors
from penstock.cli.main import root
from penstock.config import EngineOptions, LimitOptions
from penstock.hookspecs import KIND_HOOKS
from penstock.outputs import PLACEHOLDERS
from penstock.report import Exit, RunReport

BUILT_IN = [
    (kind, point)
    for kind in KIND_HOOKS
    for point in entry_points(group=f"penstock.{kind}s")
    if point.dist and point.dist.name == "penstock"
]


def section(page: str, name: str) -> str:
    """What stands under a heading, to the next one of its rank."""
    found = re.search(
        rf"^(##+) {re.escape(name)}\b.*?(?=^\1 |\Z)", generated()[page], re.MULTILINE | re.DOTALL
    )
    assert found, f"{page} has no {name}"
    return found[0]


@pytest.mark.parametrize("kind", KIND_HOOKS)
def test_every_hook_with_its_signature(kind):
    hooks = {name: each for name, each in vars(KIND_HOOKS[kind][0]).items() if inspect.isfunction(each)}
    assert hooks
    for name, method in hooks.items():
        text = section("reference/hooks.md", name)
        for parameter in inspect.signature(method).parameters:
            assert parameter in text
        assert (inspect.getdoc(method) or "").splitlines()[0].replace("``", "`") in text


@pytest.mark.parametrize(("kind", "point"), BUILT_IN, ids=[point.name for _, point in BUILT_IN])
def test_every_plugin_with_every_option(kind, point):
    text = section("reference/plugins.md", point.name)
    for option in dataclasses.fields(point.load()):
        assert not option.init or f"| `{option.name}` |" in text, option.name


def test_every_option_of_the_engine_every_limit_and_placeholder():
    text = generated()["reference/pipeline.md"]
    for option in (*dataclasses.fields(EngineOptions), *dataclasses.fields(LimitOptions)):
        assert f"| `{option.name}` |" in text
    for placeholder in PLACEHOLDERS:
        assert f"`{{{placeholder}}}`" in text


@pytest.mark.parametrize("name", root.commands)
def test_every_command_with_its_options(name):
    text = section("reference/commands.md", f"penstock {name}")
    for parameter in root.commands[name].params:
        if parameter.param_type_name == "option":
            assert all(f"`{each}`" in text for each in parameter.opts)


def test_every_exit_code_error_value_and_key_of_the_report():
    for code in Exit:
        assert f"| {int(code)} |" in generated()["reference/exit-codes.md"]
    for name, found in vars(errors).items():
        if inspect.isclass(found) and issubclass(found, errors.PenstockError):
            assert f"| `{name}` |" in generated()["reference/errors.md"]
            assert f" {name} " in f" {errors.__doc__} ".replace("\n", " "), f"{name} is not in the tree"
    for name in set(penstock.__all__) - {"__version__", "hookimpl"}:
        texts = (generated()[f"reference/{page}.md"] for page in ("python", "values"))
        assert any(re.search(rf"^## (penstock\.)?{name}$", text, re.MULTILINE) for text in texts), name
    for each in dataclasses.fields(RunReport):
        assert f"| `{each.name}` |" in generated()["reference/json.md"]


def test_the_readme_has_every_plugin_and_no_other():
    text = README.read_text(encoding="utf-8")
    table = dict(
        re.findall(r"^\| (source|transform|recognizer|sink|observer) \| (.*?) \|", text, re.MULTILINE)
    )
    for kind in KIND_HOOKS:
        assert table[kind] == ", ".join(sorted(f"`{point.name}`" for each, point in BUILT_IN if each == kind))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_to_a_file_leads_there_in_a_clone(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)#?([^)]*)", page.read_text(encoding="utf-8"))
    for target, anchor in links:
        place = (page.parent / target).resolve()
        assert place.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(anchor_of, headings), f"{page.name}: {target}#{anchor}"


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def test_a_clone_says_of_every_page_of_the_reference_how_to_have_it():
    text = (DOCS / "reference/README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [f"reference/{anchor_of(each)}.md" for each in headings] == list(generated())


@pytest.mark.parametrize("page", ["exit-codes", "variables"])
def test_a_clone_has_the_tables_that_nothing_else_prints(page):
    table = re.search(r"^\|.*\Z", generated()[f"reference/{page}.md"], re.MULTILINE | re.DOTALL)
    assert table
    assert table[0] in (DOCS / "reference/README.md").read_text(encoding="utf-8")


def test_a_builder_without_its_packages_says_in_a_line_what_to_install(tmp_path):
    builder = DOCS / "tools/build.py"
    done = subprocess.run(
        [sys.executable, "-S", builder, tmp_path / "site"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"building the documentation needs penstock and zensical: pip install -e '.[dev]' in {DOCS.parent}\n"
    )
    assert not (tmp_path / "site").exists()


def test_it_builds_without_a_warning(tmp_path):
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
    assert not (tmp_path / "site/reference/README").exists()
    assert "not run" not in start
