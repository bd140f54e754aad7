"""The image in examples/docker: its linter, and whether its files agree with each other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
import tomllib
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest
import yaml

from penstock.cli.main import root
from penstock.config import load_file

CHECKOUT = Path(__file__).parents[2]
DOCKER = CHECKOUT / "examples" / "docker"


def instructions() -> list[list[str]]:
    """Return the instructions of the Dockerfile, as names with arguments."""
    text = (DOCKER / "Dockerfile").read_text().replace("\\\n", "")
    return [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]


def arguments(name: str) -> list[str]:
    """Return the arguments of the last instruction of a name, in their JSON form."""
    text = [given for instruction, given in instructions() if instruction == name][-1]
    return json.loads(text[text.index("[") :])


@pytest.fixture
def service():
    (service,) = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"].values()
    return service


@pytest.fixture
def mounts(service):
    """Where each volume is mounted, and whether it can be written."""
    parts = [volume.split(":") for volume in service["volumes"]]
    return {PurePosixPath(part[1]): part[2:] != ["ro"] for part in parts}


def test_the_linter_finds_nothing():
    linter = shutil.which("hadolint", path=sysconfig.get_path("scripts")) or shutil.which("hadolint")
    if not linter:
        pytest.skip("hadolint is not here")
    for file in (CHECKOUT / "examples").rglob("Dockerfile"):
        checked = subprocess.run([linter, "--no-color", file], capture_output=True, text=True)
        assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr


def test_the_image_runs_a_command_that_exists():
    assert arguments("ENTRYPOINT") == ["penstock"]
    name, *given = arguments("CMD")
    context = root.commands[name].make_context(name, list(given))
    assert [str(file) for file in context.params["files"]] == ["/pipeline/penstock.toml"]
    program = arguments("HEALTHCHECK")[-1]
    compile(program, "health check", "exec")
    assert f"'127.0.0.1', {context.params['metrics_port']}," in program


def test_the_container_is_not_root_and_writes_into_volumes_only(service, mounts, monkeypatch):
    (user,) = [given for instruction, given in instructions() if instruction == "USER"]
    assert service["user"] == f"${{PENSTOCK_USER:-{user}}}"
    assert not user.startswith("0")
    assert service["read_only"]
    pipeline = load_file(DOCKER / "pipeline" / "penstock.toml")
    read = [path for source in pipeline.of_kind("source") for path in source.component.watched_paths()]
    outputs = [PurePosixPath(sink.output_template).parents[1] for sink in pipeline.of_kind("sink")]
    assert {PurePosixPath(path) for path in read} <= mounts.keys()
    assert all(mounts[output] for output in outputs)
    assert mounts[PurePosixPath(pipeline.state).parent]


def test_what_the_package_is_built_of_is_not_ignored():
    lines = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    built = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    hatch = built["tool"]["hatch"]
    fragments = hatch["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]
    needed = [
        "pyproject.toml",
        *built["project"]["license-files"],
        *(fragment["path"] for fragment in fragments if "path" in fragment),
        *(str(Path(package).parent) for package in hatch["build"]["targets"]["wheel"]["packages"]),
    ]
    assert [name for name in needed if not any(fnmatch(name, pattern) for pattern in kept)] == []
    assert all((CHECKOUT / name).exists() for name in kept)
