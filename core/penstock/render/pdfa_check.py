"""The check for PDF/A in a process of its own: what it needs of memory grows with the document.

``python -m penstock.render.pdfa_check`` reads the PDF that is its standard input, and prints the findings as
JSON.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

from penstock.render import pdfa


def findings_apart(file: IO[bytes]) -> Sequence[str]:
    """Return the same as `penstock.render.pdfa.findings`; of what is no file on a disk, from that itself."""
    try:
        descriptor = file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        return pdfa.findings(file)
    file.flush()
    file.seek(0)
    command = [sys.executable, "-P", "-m", "penstock.render.pdfa_check"]
    done = subprocess.run(command, stdin=descriptor, capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return pdfa.findings(file)
    return [str(finding) for finding in found]


def main() -> None:
    """Check the PDF that is the standard input."""
    sys.stdout.write(json.dumps(list(pdfa.findings(sys.stdin.buffer))))


if __name__ == "__main__":
    main()
