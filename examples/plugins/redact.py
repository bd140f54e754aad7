"""An amender: it changes the recognized text before sinks get it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from penstock import Line, Recognition, hookimpl


@dataclass(eq=False)
class Redact:
    """Replaces the digits of long numbers, such as account numbers. The pictures are not changed.

    Parameters
    ----------
    digits
        Numbers with fewer digits are kept.
    mark
        The character that replaces a digit.
    """

    digits: int = 4
    mark: str = "#"

    @hookimpl
    def amend(self, recognition: Recognition) -> Recognition:
        """Return the recognition without long numbers. Quads and confidences stay as they are."""
        return replace(recognition, lines=tuple(self._redacted(line) for line in recognition.lines))

    def _redacted(self, line: Line) -> Line:
        words = tuple(replace(word, text=self._without_numbers(word.text)) for word in line.words)
        return replace(line, text=self._without_numbers(line.text), words=words)

    def _without_numbers(self, text: str) -> str:
        return re.sub(rf"\d{{{self.digits},}}", lambda number: self.mark * len(number[0]), text)
