"""Say in words for people why a PDF cannot be PDF/A."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Obstacle(NamedTuple):
    """A reason why a PDF cannot be PDF/A.

    Parameters
    ----------
    words
        The reason as a clause for people, the same for all PDFs with this kind of obstacle.
    detail
        What the check found, and where; for the log.
    """

    words: str
    detail: str = ""


ENCRYPTED = Obstacle("it is encrypted")
DAMAGED = Obstacle("a part of it is damaged")
CHECK_MISSING = Obstacle("the check needs more packages: pip install 'pikepdf[pdfa]'")
HIDDEN_NOTES = Obstacle("it has hidden notes, which would have to be removed")
SCRIPTS = Obstacle("it has scripts or actions, which would have to be removed")
OTHER_STANDARD = Obstacle("it says that it conforms to another standard, which would have to be removed")
IN_CMYK = "its colors are CMYK, and nothing says how they look"

_WORDS = (
    (r"AcroForm|Widget", "it has a form to fill in"),
    (r"not embedded|has no /FontDescriptor|no font program", "a font of its text is not embedded"),
    (
        r"[Ff]ont|glyph|[Cc][Mm]ap|/Widths|/CharSet|\bCIDs?\b|CIDSet",
        "PDF/A does not allow a font of its text",
    ),
    (r"JavaScript|[Aa]ction|/AA\b", SCRIPTS.words),
    (r"[Ee]mbedded ?[Ff]ile|/EF\b|[Ff]ile ?spec|/AF\b", "files are attached to it"),
    (r"[Oo]ptional content|/OC\b|OCProperties|OCG|OCMD", "it has layers"),
    (r"[Aa]nnot", "it has a note or a link that PDF/A does not allow"),
    (r"[Cc]olou?r|OutputIntent|ICC|Device(CMYK|RGB|Gray)|overprint", "nothing says how its colors look"),
    (r"XMP|[Mm]etadata", "PDF/A does not allow its metadata"),
    (r"PDF version", "it uses a newer version of PDF"),
)
"""Patterns for what the check found, and what people are told. The first pattern that matches counts."""
_OTHER = "it has content that PDF/A does not allow, or that the check does not know"


def obstacle(message: str, where: str) -> Obstacle:
    """Return a finding of the check as an obstacle."""
    detail = f"{message} ({where})"
    return Obstacle(next((words for pattern, words in _WORDS if re.search(pattern, detail)), _OTHER), detail)


def in_words(obstacles: Iterable[Obstacle]) -> str:
    """Return the reasons in words, each once, joined by "and"."""
    return " and ".join(sorted({each.words for each in obstacles}))
