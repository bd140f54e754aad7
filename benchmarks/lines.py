"""Pages that a service bills if it is sent doubtful pages, and if it is sent their doubtful lines only.

``python benchmarks/lines.py FOLDER --files 'hw_*' 'mixed_*'`` reads scans with ``rapidocr``, and sends what
is in doubt to a simulated Read service on this machine. The service recognizes what it is sent with
``rapidocr`` too: that shows whether the lines of a sheet are found and put back, not how well a real service
reads them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import penstock
from penstock.testing import AzureReadServer
from penstock_plugins.recognizers.rapidocr import RapidOcr

READABLE = {".jpg", ".pdf", ".png", ".tif", ".webp"}


class Service:
    """Recognizes pictures one at a time, and counts the lines it finds."""

    def __init__(self, recognizer: RapidOcr) -> None:
        self._recognizer, self._lock = recognizer, threading.Lock()
        self.lines = 0

    def __call__(self, picture: bytes) -> penstock.Recognition:
        with self._lock, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(picture)
            recognition = self._recognizer.read(next(penstock.find_pages(path, "picture")))
            self.lines += len(recognition.lines)
        return recognition


def pipeline(files: list[Path], unit: str, confidence: float) -> dict[str, Any]:
    return {
        "sources": [{"plugin": "files", "paths": [str(file) for file in files]}],
        "recognizers": [
            {"plugin": "rapidocr", "accept": {"confidence": confidence}},
            {"plugin": "azure-read", "unit": unit, "calls_per_second": 100.0},
        ],
        "sinks": [{"plugin": "json", "path": unit + "/{document}.json"}],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", nargs="+", default=["*"])
    parser.add_argument("--confidence", type=float, nargs="+", default=[0.85])
    options = parser.parse_args()
    found = {path for pattern in options.files for path in options.folder.glob(pattern)}
    files = sorted(path.absolute() for path in found if path.suffix in READABLE)
    with RapidOcr() as recognizer, tempfile.TemporaryDirectory() as folder:
        for confidence in options.confidence:
            for unit in ("pages", "lines"):
                service = Service(recognizer)
                with AzureReadServer(service) as server:
                    os.environ["AZURE_VISION_ENDPOINT"] = server.endpoint
                    os.environ["AZURE_VISION_KEY"] = server.key
                    report = penstock.run(pipeline(files, unit, confidence), folder=Path(folder))
                    print(
                        f"confidence {confidence}, by {unit}: {report.pages_found} pages found,"
                        f" {server.billed} pages billed with {service.lines} lines,"
                        f" {report.failed} failed, {report.seconds:.0f} s"
                    )


if __name__ == "__main__":
    main()
