"""What is packed: every built-in plugin has its entry point, and every error stands in the picture."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

from penstock import errors
from penstock.plugins import KINDS, find, offers

ROOT = Path(__file__).parents[2]


def test_every_class_with_a_hook_of_its_own_is_offered():
    """A forgotten entry point makes a plugin that nobody can name."""
    offered = {point.value for kind in KINDS for point in entry_points(group=f"penstock.{kind}s")}
    modules = {value.partition(":")[0] for value in offered}
    for path in (ROOT / "plugins/penstock_plugins").rglob("*.py"):
        if "@hookimpl" in path.read_text():
            module = ".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts)
            module = module.removesuffix(".__init__")
            assert any(module == known or module.startswith(known + ".") for known in modules), module


def test_every_offer_of_ours_loads():
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution == "penstock":
                assert inspect.getdoc(find(kind, offer.name, ROOT)), offer.name


def test_the_picture_of_the_errors_is_complete():
    drawn = re.findall(r"^ *[│├└─ ]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.PenstockError)
    ]
    assert set(defined) <= set(drawn)


def test_the_pipeline_of_the_example_checks(tmp_path):
    from penstock.config import load_file

    configuration = load_file(ROOT / "examples/letters/penstock.toml")
    assert configuration.name == "letters"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
