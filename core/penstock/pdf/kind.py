"""Detect PDFs by content, without importing a PDF library."""

from __future__ import annotations

from pathlib import Path

HEAD = 1024
"""Bytes within which a PDF's header may stand (ISO 32000-1, annex H, implementation note 13)."""
MARK = b"%PDF-"
_PICTURES = (b"\xff\xd8", b"\x89PNG", b"II*\0", b"MM\0*", b"GIF8", b"RIFF", b"BM")


def is_pdf(path: Path) -> bool:
    """Return whether a file's content, whatever its name, is a PDF; False if the file cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return head.startswith(MARK) or (MARK in head and not head.startswith(_PICTURES))
