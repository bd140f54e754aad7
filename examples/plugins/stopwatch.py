"""An observer that wraps a stage: it writes how long the sinks took for each document."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from penstock import Document, RecognizedDocument, hookimpl


@dataclass(eq=False)
class Stopwatch:
    """Measures every write of a sink, and writes a JSON line for each written document.

    Parameters
    ----------
    log
        The file to append to.
    """

    log: Path = Path("stopwatch.jsonl")

    def __post_init__(self) -> None:
        # Stages are called on several threads, events on one: the lock guards the dictionary.
        self._lock = threading.Lock()
        self._seconds: dict[str, list[float]] = {}

    @hookimpl(wrapper=True)
    def write(self, document: RecognizedDocument) -> Generator[None, None, None]:
        """Measure a write. A wrapper yields once; exceptions of the hook are raised at the yield."""
        started = time.monotonic()
        try:
            return (yield)
        finally:
            with self._lock:
                self._seconds.setdefault(document.origin, []).append(time.monotonic() - started)

    @hookimpl
    def document_written(self, document: Document, outputs: tuple[Path, ...]) -> None:
        """Write the line. An exception in an event fails no document; in a wrapper it would."""
        with self._lock:
            seconds = self._seconds.pop(document.origin, [])
        line = {
            "document": document.name,
            "files": len(outputs),
            "writes": len(seconds),
            "seconds": round(sum(seconds), 6),
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
