"""A stranger's plugins: made by the scaffold, installed beside the wheel in a fresh environment, and used.

The fresh environment has penstock's own wheel and the plugins in it; what they depend on it borrows from the
environment that the tests run in, so that nothing is downloaded. About fifteen seconds.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    """A virtual environment, and the folder that it lies in."""

    folder: Path

    def run(self, *arguments: str, folder: Path | None = None, code: int = 0) -> str:
        """Run a program of the environment and give what it printed."""
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
        said = ended.stdout + ended.stderr
        assert ended.returncode == code, said
        return said

    def install(self, *packages: Path) -> None:
        """Install wheels and folders, from what is there."""
        # The borrowed environment may hold a penstock, which pip would take for installed.
        offline = ("--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed")
        self.pip("install", *offline, *map(str, packages))

    def pip(self, *arguments: str) -> None:
        """Run the tests' own pip on it."""
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(self.folder / "env/bin/python"), *arguments],
            check=True,
            capture_output=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Fresh:
    """A fresh environment with penstock's wheel and a plugin of every kind, all installed by pip."""
    folder = tmp_path_factory.mktemp("fresh")
    made = Fresh(folder)
    venv.create(folder / "env", symlinks=os.name == "posix")
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    # Behind the environment's own packages, and a path alone: the .pth files there (the editable penstock)
    # are not read.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    made.install(next(folder.glob("*.whl")))
    for kind in KINDS:
        made.run("penstock", "new", kind, f"my-{kind}")
    made.install(*(folder / f"penstock-my-{kind}" for kind in KINDS))
    return made


def test_they_use_the_wheel_and_not_this_source_tree(fresh):
    place = Path(fresh.run("python", "-c", "import penstock; print(penstock.__file__)").strip())
    assert place.is_relative_to(fresh.folder / "env")


def test_the_wheel_holds_the_kits_scans(fresh):
    code = "import pathlib, penstock.testing as kit; print(len(kit.scanned_pages(pathlib.Path('scans'))))"
    assert fresh.run("python", "-c", code) == "2\n"


def test_the_scaffolds_own_tests_pass(fresh):
    tests = [str(path) for path in sorted(fresh.folder.glob("penstock-my-*/tests"))]
    assert len(tests) == len(KINDS)
    said = fresh.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert "passed" in said
    assert "skipped" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_is_found_and_checked_by_its_name(fresh, kind):
    listed = json.loads(fresh.run("penstock", "plugins", f"my-{kind}", "--json"))
    assert [(each["kind"], each["distribution"], each["usable"]) for each in listed] == [
        (kind, f"penstock-my-{kind}", True)
    ]
    setting = ["--set", "folder=."] if kind == "source" else []
    assert " 0 broken" in fresh.run("penstock", "plugins", "--check", f"my-{kind}", *setting)


def test_all_of_them_run_in_one_pipeline(fresh):
    folder = fresh.folder / "run"
    for name in ("a", "b"):
        draw_page(folder / "scans" / f"{name}.png", [name])
    (folder / "scans" / "c.png").write_text("no picture")
    (folder / "penstock.toml").write_text(PIPELINE)
    said = fresh.run("penstock", "run", "penstock.toml", folder=folder, code=1)
    assert "2 of 3 pages recognized" in said
    assert (folder / "a.my-sink.txt").read_text() == "WRITTEN\n"
    assert "c.png" in (folder / "my-observer.log").read_text()
    assert "2 pages read" in (folder / "my-observer.log").read_text()


def test_one_that_was_uninstalled_is_missed_by_name(fresh):
    fresh.pip("uninstall", "-y", "penstock-my-sink")
    try:
        assert "my-sink" not in fresh.run("penstock", "plugins")
        (fresh.folder / "gone.toml").write_text(PIPELINE)
        said = fresh.run("penstock", "check", "gone.toml", code=2)
        assert "there is no sink named 'my-sink'" in said
        assert "install the package that offers it" in said
    finally:
        fresh.install(fresh.folder / "penstock-my-sink")
