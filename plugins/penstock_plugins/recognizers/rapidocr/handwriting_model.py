"""The file of the network for handwriting, which `training/` makes. `MODELS.md` beside it is its card."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "recognition_models" / "handwriting.onnx"
MISSING = (
    "the network for handwriting is missing or damaged: pages were read without it; install penstock again"
)


@cache
def digest(file: Path = FILE) -> str:
    """Return the SHA-256 of the network's file; empty if it is missing or differs from ``.sha256``."""
    try:
        expected = file.with_suffix(".sha256").read_text("ascii").strip()
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError):
        return ""
    return found if found == expected else ""
