"""Check a large PDF for PDF/A in a process of its own, because the check's memory grows with the document.

``python -m penstock.render.pdfa_check`` reads the PDF from standard input and prints the obstacles as JSON.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

from penstock.render import pdfa
from penstock.render.pdfa_obstacles import Obstacle

MANY_PAGES = 200
"""A longer document is checked in a process of its own, which takes half a second to start."""


def obstacles_of(file: IO[bytes], pages: int, flavour: str = pdfa.FLAVOUR) -> Sequence[Obstacle]:
    """Return the same as `penstock.render.pdfa.obstacles`, in the process that fits the number of pages."""
    if pages > MANY_PAGES:
        return obstacles_in_subprocess(file, flavour)
    return pdfa.obstacles(file, flavour)


def obstacles_in_subprocess(file: IO[bytes], flavour: str = pdfa.FLAVOUR) -> Sequence[Obstacle]:
    """Return the same as `penstock.render.pdfa.obstacles`, found by another process.

    A file without a descriptor is checked in this process. So is one for which the other process fails.
    """
    try:
        descriptor = file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        return pdfa.obstacles(file, flavour)
    file.flush()
    file.seek(0)
    command = [sys.executable, "-P", "-m", "penstock.render.pdfa_check", flavour]
    done = subprocess.run(command, stdin=descriptor, capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return pdfa.obstacles(file, flavour)
    return [Obstacle(*each) for each in found]


def main() -> None:
    """Check the PDF on the standard input."""
    sys.stdout.write(json.dumps(list(pdfa.obstacles(sys.stdin.buffer, *sys.argv[1:]))))


if __name__ == "__main__":
    main()
