"""Sheets of lines as pages of their own: what is on them, and how their pictures are made."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.disk import put_in_place
from penstock.engine.journal.sheet_lines import SheetLine
from penstock.engine.keys import KEY_SIZE, ContentKey, RecognizerKey
from penstock.engine.problems import problem_of
from penstock.errors import PictureError, raise_if_disk_full
from penstock.geometry import Homography
from penstock.model import Limits, Page, Problem, Recognition
from penstock.montage import (
    Layout,
    SheetLimits,
    Strip,
    doubtful_lines,
    draw_sheet,
    encoded,
    strip_of,
)
from penstock.stages import RecognizerStage

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(eq=False, slots=True)
class Sheet:
    """Lines of one or more pages that are sent as one picture.

    Parameters
    ----------
    lines
        What is on the sheet.
    path
        Its picture, which is drawn on a call thread before it is sent for the first time.
    layout
        How it is drawn; None for a sheet that an earlier run has drawn.
    pages
        For each line, the page as the recognizer would be sent it.
    """

    lines: Sequence[SheetLine]
    path: Path
    layout: Layout | None = None
    pages: Sequence[Page] = ()
    most_bytes: int = 0
    unreadable: dict[ContentKey, Problem] = field(default_factory=dict)
    """Pages whose picture could not be opened. The sheet is then not sent."""

    @property
    def page_keys(self) -> list[ContentKey]:
        """The content keys of the pages."""
        return list(dict.fromkeys(line.page for line in self.lines))

    def draw(self) -> None:
        """Make the picture, unless it exists. Raises PictureError if it cannot be made."""
        if self.path.exists():
            return
        if self.layout is None:
            raise PictureError("the picture of the sheet is gone", "run again: its lines are sent again")
        picture = draw_sheet(self.layout, self._cuts())
        if self.unreadable:
            raise PictureError("a page of the sheet cannot be opened", "see the problems of its pages")
        try:
            self._write(encoded(picture, self.most_bytes))
        except OSError as error:
            raise_if_disk_full(error, str(self.path.parent))
            raise PictureError(f"the sheet cannot be written ({error.strerror or error})") from error

    def _write(self, content: bytes) -> None:
        """Write the picture. It is on the disk before it is sent: without it, the sheet was never sent."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(part, self.path)

    def _cuts(self) -> Iterator[tuple[Image, list[int]]]:
        from penstock.images import open_upright

        for key in self.page_keys:
            indexes = [index for index, line in enumerate(self.lines) if line.page == key]
            page = self.pages[indexes[0]]
            try:
                picture = open_upright(page)
            except PictureError as error:
                self.unreadable[key] = problem_of(error, page.origin, page.picture.path)
            else:
                yield picture, indexes


def sheet_limits(limits: Limits) -> SheetLimits:
    """Return what the sheets of a recognizer with these limits keep to."""
    given = {"side": limits.max_side, "size": limits.max_bytes}
    return SheetLimits(**{name: value for name, value in given.items() if value is not None})


def lines_in_doubt(reader: RecognizerStage, recognition: Recognition) -> tuple[int, ...]:
    """Return the indexes of the lines with a lower confidence than the rules of their recognizer ask for.

    Without a rule on confidence, all lines are in doubt. If `min_lines` does not accept the page, none is:
    lines were not found, and only the whole page can show them.
    """
    rules = {rule.configured.plugin: rule.configured for rule in reader.rules}
    if (min_lines := rules.get("min_lines")) and not min_lines.component.accepts(recognition):
        return ()
    confidence = rules.get("confidence")
    return doubtful_lines(recognition, float(confidence.options["at_least"]) if confidence else math.inf)


def strips_of(recognition: Recognition, lines: Sequence[int], prepared: Page) -> list[Strip]:
    """Return how lines, in pixels of the page, are cut out of the page's picture as it would be sent."""
    to_picture = Homography() if prepared.to_page.is_identity else prepared.to_page.inverted()
    return [strip_of(recognition.lines[line], to_picture, recognition.direction) for line in lines]


def sheet_key(recognizer_key: RecognizerKey, lines: Sequence[SheetLine]) -> ContentKey:
    """Return the digest of what is on a sheet."""
    parts = [[line.page.hex(), line.first.hex(), line.line, line.place.to_json()] for line in lines]
    content = b"sheet" + recognizer_key + json.dumps(parts).encode()
    return ContentKey(hashlib.blake2b(content, digest_size=KEY_SIZE).digest())
