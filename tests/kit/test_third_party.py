"""Generated plugins of every kind, installed together with penstock's wheel in a new environment.

The new environment has penstock's wheel and the plugins. It borrows their dependencies from the environment
of the tests, so that nothing is downloaded. Takes about fifteen seconds.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.scaffold import new_plugin, write_plugin
from penstock.plugins import KINDS
from penstock.testing import draw_page

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("pip", "hatchling")),
    reason="needs pip and hatchling in the environment of the tests: pip install -e '.[dev]'",
)

PIPELINE = """\
[[sources]]
plugin = "my-source"
folder = "scans"

[[transforms]]
plugin = "my-transform"

[[recognizers]]
plugin = "my-recognizer"
word = "written"

[[sinks]]
plugin = "my-sink"

[[observers]]
plugin = "my-observer"
"""


@dataclass(frozen=True)
class Fresh:
    """A virtual environment and its folder."""

    folder: Path

    def run(self, *arguments: str, folder: Path | None = None, code: int = 0) -> str:
        """Run a program of the environment, and return what it prints."""
        program, *rest = arguments
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))
        }
        ended = subprocess.run(
            [self.folder / "env" / "bin" / program, *rest],
            cwd=folder or self.folder,
            env=kept | {"COLUMNS": "200", "PYTHONNOUSERSITE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        output = ended.stdout + ended.stderr
        assert ended.returncode == code, output
        return output

    def install(self, *packages: Path) -> None:
        """Install wheels and folders, without a network."""
        # The borrowed environment may have penstock, which pip would consider installed.
        offline = ("--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed")
        self.pip("install", *offline, *map(str, packages))

    def pip(self, *arguments: str) -> None:
        """Run the tests' pip on the environment."""
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(self.folder / "env/bin/python"), *arguments],
            check=True,
            capture_output=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Fresh:
    """A new environment with penstock's wheel and a generated plugin of every kind."""
    folder = tmp_path_factory.mktemp("fresh")
    made = Fresh(folder)
    venv.create(folder / "env", symlinks=os.name == "posix")
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    # The borrowed folders come after the environment's own packages, and their .pth files, one of which is
    # for the editable penstock, are not processed.
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    made.install(next(folder.glob("*.whl")))
    made.run("penstock", "new", "recognizer", "my-at-once", "--service", "--at-once")
    write_plugin(new_plugin("recognizer", "my-service", service=True), folder)
    for kind in KINDS:
        write_plugin(new_plugin(kind, f"my-{kind}"), folder)
    made.install(*(folder / f"penstock-my-{name}" for name in (*KINDS, "service", "at-once")))
    return made


def test_the_wheel_is_used_and_not_the_source_tree(fresh):
    place = Path(fresh.run("python", "-c", "import penstock; print(penstock.__file__)").strip())
    assert place.is_relative_to(fresh.folder / "env")


def test_the_wheel_has_the_scans(fresh):
    code = "import pathlib, penstock.testing as kit; print(len(kit.scanned_pages(pathlib.Path('scans'))))"
    assert fresh.run("python", "-c", code) == "2\n"


def test_generated_tests_pass(fresh):
    tests = [str(path) for path in sorted(fresh.folder.glob("penstock-my-*/tests"))]
    assert len(tests) == len(KINDS) + 2
    output = fresh.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert "passed" in output
    # The plain recognizer may take its time, and has no operations that another process could poll. The
    # service that answers at once has no operations either.
    assert "3 skipped" in output


@pytest.fixture(scope="module")
def listed(fresh) -> list[dict[str, Any]]:
    plugins: list[dict[str, Any]] = json.loads(fresh.run("penstock", "plugins", "--json"))
    return plugins


@pytest.mark.parametrize(
    ("kind", "name"),
    [*((kind, kind) for kind in KINDS), ("recognizer", "service"), ("recognizer", "at-once")],
)
def test_generated_plugins_are_found_and_checked(fresh, listed, kind, name):
    (found,) = (each for each in listed if each["name"] == f"my-{name}")
    assert (found["kind"], found["distribution"], found["usable"]) == (kind, f"penstock-my-{name}", True)
    setting = ["--set", "folder=."] if kind == "source" else []
    assert " 0 failed" in fresh.run("penstock", "plugins", "--check", f"my-{name}", *setting)


def test_generated_plugins_run_in_one_pipeline(fresh):
    folder = fresh.folder / "run"
    for name in ("a", "b"):
        draw_page(folder / "scans" / f"{name}.png", [name])
    (folder / "scans" / "c.png").write_text("not a picture")
    (folder / "penstock.toml").write_text(PIPELINE)
    output = fresh.run("penstock", "run", "penstock.toml", folder=folder, code=1)
    assert "2 of 3 pages recognized" in output
    assert (folder / "a.my-sink.txt").read_text() == "WRITTEN\n"
    assert "c.png" in (folder / "my-observer.log").read_text()
    assert "2 pages recognized" in (folder / "my-observer.log").read_text()


def test_an_uninstalled_plugin_is_reported_by_name(fresh):
    fresh.pip("uninstall", "-y", "penstock-my-sink")
    try:
        assert "my-sink" not in fresh.run("penstock", "plugins")
        (fresh.folder / "gone.toml").write_text(PIPELINE)
        output = fresh.run("penstock", "check", "gone.toml", code=2)
        assert "there is no sink named 'my-sink'" in output
        assert "install the package that has it" in output
    finally:
        fresh.install(fresh.folder / "penstock-my-sink")
