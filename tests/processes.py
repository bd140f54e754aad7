"""The command in a process of its own, as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Of a wide terminal, with the user's cache in the folder, and no key of a service's."""
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
    """Run ``penstock ...`` in a folder; whatever comes of it, nobody sees a traceback.

    Parameters
    ----------
    given
        What comes through standard input.
    stdin
        Where standard input leads, if not to what is given.
    variables
        Of the environment, besides.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "penstock", *arguments],
        cwd=folder,
        capture_output=True,
        env=environment(folder, **variables),
        input=given if stdin is None else None,
        **({} if stdin is None else {"stdin": stdin}),
        timeout=timeout,
    )
    assert b"Traceback" not in ended.stderr + ended.stdout, ended.stderr.decode()
    return subprocess.CompletedProcess(
        ended.args,
        ended.returncode,
        ended.stdout.decode("utf-8", "backslashreplace"),
        ended.stderr.decode("utf-8", "backslashreplace"),
    )


__all__ = ["environment", "penstock"]
