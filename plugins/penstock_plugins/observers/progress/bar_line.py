"""The line that a terminal shows during a run. The narrower the terminal, the less of it is shown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from penstock_plugins.observers.progress.counts import Counts

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

NARROWEST_BAR, WIDEST_BAR = 8, 40
GAP = 1


class BarLine:
    """The name or the source's status, a bar, the counts, and the rate or the wait that ends last.

    What does not fit is left out, in this order: the bar, the name, the rate, the pages in flight. The number
    of recognized pages stays.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock = name, clock
        self._started = clock()
        self._wait = ("", -math.inf)
        self.status = ""
        """What a source asks people for; it is shown before everything else."""
        self.counts = Counts()

    def wait_for(self, text: str, seconds: float) -> None:
        """Show a wait until it is over, unless another one ends later."""
        if (until := self._clock() + seconds) > self._wait[1]:
            self._wait = (text, until)

    def wait_over(self) -> None:
        """Show the rate again, whatever waits."""
        self._wait = ("", -math.inf)

    def texts(self, width: int) -> tuple[str, str, int]:
        """Return the text before the bar, the text after it, and the width of the bar; 0 without a bar."""
        pages, details, last = self.counts.pages, self.counts.details, self._last()
        if self.status:
            choices = [(self.status, pages, details, last), (self.status, pages), (self.status,)]
        else:
            rest = [(pages, details, last), (pages, details), (pages,)]
            choices = [(self._name, *rest[0]), *(("", *each) for each in rest)]
        for before, *parts in choices:
            after = ", ".join(filter(None, parts))
            left = width - len(before) - len(after) - GAP * (bool(before) + bool(after))
            if left >= 0:
                return before, after, min(left, WIDEST_BAR) if left >= NARROWEST_BAR else 0
        return choices[-1][0], "".join(choices[-1][1:]), 0

    def _last(self) -> str:
        text, until = self._wait
        if (left := until - self._clock()) > 0:
            return f"{text} in {left:.0f} s"
        return self.counts.pace(self._clock() - self._started)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        before, after, width = self.texts(options.max_width)
        found = self.counts.found
        bar = ProgressBar(total=found or None, completed=self.counts.done, width=width, pulse=not found)
        cells: list[RenderableType] = [
            Text(before, no_wrap=True),
            Text(after, no_wrap=True, overflow="ellipsis"),
        ]
        cells[1:1] = [bar] if width else []
        line = Table.grid(padding=(0, GAP, 0, 0))
        line.add_row(*(cell for cell in cells if cell))
        yield line
