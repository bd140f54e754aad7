"""Which lines of a recognition are doubtful."""

from __future__ import annotations

from penstock.model import Line, Recognition


def doubtful_lines(recognition: Recognition, confidence: float) -> tuple[int, ...]:
    """Return the indexes of the lines that are not known to have at least this confidence.

    A line is doubtful if it, or one of its words, has a lower confidence or is marked as uncertain, and if
    neither the line nor all of its words have a confidence. Corrected words are not doubtful.
    """
    return tuple(
        index for index, line in enumerate(recognition.lines) if _is_doubtful(line, confidence=confidence)
    )


def _is_doubtful(line: Line, *, confidence: float) -> bool:
    words = [word for word in line.words if not word.corrected]
    if line.words and not words:
        return False
    given = [each for each in (line.confidence, *(word.confidence for word in words)) if each is not None]
    is_unknown = line.confidence is None and len(given) < max(1, len(words))
    return is_unknown or min(given) < confidence or any(word.low_confidence for word in words)
