"""Runs the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment with a wide terminal, a cache inside the folder, and no keys of services."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
    return own | {"XDG_CACHE_HOME": str(folder / ".cache"), "COLUMNS": "200"} | variables


def penstock(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    stdin: int | None = None,
    timeout: float = 120,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run ``penstock ...`` in a folder, and check that it prints no traceback.

    Parameters
    ----------
    given
        The content of standard input.
    stdin
        A file descriptor for standard input, instead of ``given``.
    variables
        More environment variables.
    """
    process = subprocess.run(
        [sys.executable, "-m", "penstock", *arguments],
        cwd=folder,
        capture_output=True,
        env=environment(folder, **variables),
        input=given if stdin is None else None,
        **({} if stdin is None else {"stdin": stdin}),
        timeout=timeout,
    )
    assert b"Traceback" not in process.stderr + process.stdout, process.stderr.decode()
    return subprocess.CompletedProcess(
        process.args,
        process.returncode,
        process.stdout.decode("utf-8", "backslashreplace"),
        process.stderr.decode("utf-8", "backslashreplace"),
    )


__all__ = ["environment", "penstock"]
