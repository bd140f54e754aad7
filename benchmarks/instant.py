"""A recognizer that answers at once, with a page of thirty lines: what is left is penstock's own work."""

from __future__ import annotations

from dataclasses import dataclass

from penstock import Limits, Line, Operation, Page, Pending, Quad, Recognition, Word, hookimpl

LINES, WORDS = 30, 9


@dataclass(eq=False)
class Instant:
    """Reads the same thirty lines on every page, through submit and poll."""

    @hookimpl
    def limits(self) -> Limits:
        return Limits(first_poll=0.0, poll_interval=(0.0, 0.0))

    @hookimpl
    def submit(self, page: Page) -> Operation:
        return Operation({"width": page.width, "height": page.height}, poll_after=0.0)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        width, height = operation.data["width"] / (WORDS + 1), operation.data["height"] / (LINES + 1)
        lines = []
        for row in range(LINES):
            top = (row + 0.5) * height
            words = tuple(
                Word(
                    f"word{column}",
                    Quad.from_box((column + 0.5) * width, top, (column + 1.4) * width, top + 0.6 * height),
                    0.9,
                )
                for column in range(WORDS)
            )
            text = " ".join(word.text for word in words)
            lines.append(Line(text, Quad.around(word.quad for word in words), words))
        return Recognition(tuple(lines), 0.0, "instant")
