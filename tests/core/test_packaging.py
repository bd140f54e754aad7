"""Entry points of the built-in plugins, the tree of errors, and the example pipeline."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from penstock import errors
from penstock.config import load_file
from penstock.plugins import KINDS, find, offers

ROOT = Path(__file__).parents[2]


def test_every_class_with_hooks_has_an_entry_point():
    offered = {point.value for kind in KINDS for point in entry_points(group=f"penstock.{kind}s")}
    modules = {value.partition(":")[0] for value in offered}
    for path in (ROOT / "plugins/penstock_plugins").rglob("*.py"):
        if "@hookimpl" in path.read_text():
            module = ".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts)
            module = module.removesuffix(".__init__")
            assert any(module == known or module.startswith(known + ".") for known in modules), module


def test_built_in_plugins_load_and_are_documented():
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution == "penstock":
                assert inspect.getdoc(find(kind, offer.name, ROOT)), offer.name


def test_the_tree_of_errors_is_complete():
    drawn = re.findall(r"^ *[│├└─ ]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.PenstockError)
    ]
    assert set(defined) <= set(drawn)


def test_the_example_pipeline_is_valid():
    configuration = load_file(ROOT / "examples/letters/penstock.toml")
    assert configuration.name == "letters"


@pytest.mark.parametrize("builder", ["wheel:WheelBuilder", "sdist:SdistBuilder"])
def test_the_packages_hold_the_files_of_the_review_page(builder):
    module, _, name = builder.partition(":")
    made = getattr(pytest.importorskip(f"hatchling.builders.{module}"), name)(str(ROOT))
    with made.config.set_build_data({"artifacts": [], "force_include": {}}):
        included = {Path(file.path) for file in made.recurse_included_files()}
    static = ROOT / "core/penstock/review/static"
    assert {path for path in static.rglob("*") if path.is_file()} <= included
    assert static / "openseadragon/LICENSE.txt" in included


def test_the_license_is_declared():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
