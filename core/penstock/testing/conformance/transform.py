"""Tests of a transform."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from penstock.errors import PenstockError, PluginError
from penstock.geometry import Homography, Point
from penstock.images import find_pages, open_upright
from penstock.model import Page
from penstock.outputs import file_digest
from penstock.spool import Spool
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, describe
from penstock.testing.conformance.watching import snapshot
from penstock.testing.drawing import DOT_RADIUS, DrawnPage, draw_page

if TYPE_CHECKING:
    from PIL import Image

__tracebackhide__ = True

STROKE_WIDTH = 7  # in pixels. Strokes of the text are thinner than this, dots are not.
TOLERANCE = 4.0  # how far a dot may be off, in pixels of the page


class TransformConformance(Conformance):
    """Subclass this with your transform as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "transform"

    def pages(self, folder: Path) -> dict[str, DrawnPage]:
        """Return pages with text and four dots; the keys describe them."""
        return {
            "straight": draw_page(folder / "scans" / "straight.png", dots=True),
            "tilted by three degrees": draw_page(folder / "scans" / "tilted.png", dots=True, tilt=3.0),
            "stored on its side": draw_page(folder / "scans" / "side.jpg", dots=True, orientation=6),
        }

    def test_to_page_maps_back_to_the_page(self, tmp_path: Path) -> None:
        """to_page maps each pixel of the new picture to the same ink on the page."""
        for what, drawn in self.pages(tmp_path).items():
            _check_dots(self._prepare(tmp_path, drawn.page), drawn.dots, what)

    def test_composes_with_earlier_transforms(self, tmp_path: Path) -> None:
        """It composes its homography with that of the page that it was given."""
        drawn = draw_page(tmp_path / "scans" / "second.png", dots=True, tilt=3.0)
        twice_as_large = replace(drawn.page, to_page=Homography.scaling(2, 2))
        dots = tuple((2 * x, 2 * y) for x, y in drawn.dots)
        _check_dots(self._prepare(tmp_path, twice_as_large), dots, "made by another transform", scale=2)

    def test_keeps_the_identity_of_the_page(self, tmp_path: Path) -> None:
        """The new page has the old one's number and origin, and the new picture's width and height."""
        for drawn in self.pages(tmp_path).values():
            before = replace(drawn.page, number=7, existing_text="skip")
            after = self._prepare(tmp_path, before)
            for name in ("number", "origin", "existing_text", "existing_recognition"):
                if getattr(after, name) != getattr(before, name):
                    raise ConformanceError(
                        f"the page's {name} must stay {getattr(before, name)!r}, got "
                        f"{getattr(after, name)!r}",
                        "make the new page with dataclasses.replace(page, picture=..., ...)",
                    )
            with open_upright(after) as picture:
                if picture.size != (after.width, after.height):
                    raise ConformanceError(
                        f"the new page's width and height must be {picture.size[0]} and "
                        f"{picture.size[1]}, got {after.width} and {after.height}",
                        "set width, height and orientation of the new picture",
                    )

    def test_writes_only_into_the_spool(self, tmp_path: Path) -> None:
        """It stores pictures in the spool, and changes no other file."""
        pages = self.pages(tmp_path)
        before = snapshot(tmp_path)
        prepared = [self._prepare(tmp_path, drawn.page) for drawn in pages.values()]
        after = snapshot(tmp_path)
        spool = tmp_path / "spool"
        changed = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
        if outside := [path for path in changed if not path.is_relative_to(spool)]:
            raise ConformanceError(
                f"a transform must write only into the spool, got {outside[0].relative_to(tmp_path)}", _KEEP
            )
        scans = {drawn.page.picture.path for drawn in pages.values()}
        for page in prepared:
            if page.picture.path not in scans and not page.picture.path.is_relative_to(spool):
                raise ConformanceError(
                    f"the new picture must be in the spool, got {page.picture.path}", _KEEP
                )

    def test_is_deterministic(self, tmp_path: Path) -> None:
        """The same page gives the same picture, so that its result is found again in the next run."""
        for drawn in self.pages(tmp_path).values():
            one, two = (self._prepare(tmp_path / each, drawn.page) for each in ("one", "two"))
            if file_digest(one.picture.path) != file_digest(two.picture.path) or one.to_page != two.to_page:
                raise ConformanceError(
                    "the same page must give the same picture and homography, got different ones",
                    "do not use times or random numbers, and save pictures without a date",
                )

    def test_reports_unreadable_pictures(self, tmp_path: Path) -> None:
        """A truncated picture raises one of penstock's errors."""
        page = truncated_page(tmp_path)
        try:
            self._prepare(tmp_path, page)
        except PluginError:
            raise
        except PenstockError:
            return
        except PLUGIN_ERRORS as error:
            raise ConformanceError(
                f"a truncated picture must raise PictureError, got {describe(error)}",
                "open pictures with penstock.open_upright, which raises PictureError",
            ) from error

    def _prepare(self, folder: Path, page: Page) -> Page:
        folder.mkdir(exist_ok=True)
        with self.opened(folder) as stage:
            # Not `stage.prepare`, which would turn the plugin's own exceptions into a PluginError.
            prepared: Page = stage.call("prepare", (Page,), page=page, spool=Spool(folder / "spool"))
        return prepared


_KEEP = "store the new picture with spool.keep(content, suffix), and use the path that it returns"


def truncated_page(folder: Path) -> Page:
    """Return a page whose picture file ends in the middle."""
    content = draw_page(folder / "scans" / "whole.jpg").page.picture.path.read_bytes()
    path = folder / "scans" / "truncated.jpg"
    path.write_bytes(content[: len(content) // 2])
    (page,) = find_pages(path, path.name)
    return page


def _check_dots(page: Page, dots: tuple[Point, ...], what: str, scale: float = 1.0) -> None:
    """Check that the dots on the page's picture are mapped to where they were drawn."""
    with open_upright(page) as picture:
        found = find_dots(picture)
    if not found:
        raise ConformanceError(
            f"the new picture of a page that is {what} must have a dot of the old one, got none",
            "if the transform removes dots on purpose, override pages() with pages whose dots it keeps",
        )
    for point in found:
        mapped = page.to_page.apply(point)
        distance, nearest = min((math.dist(mapped, dot), dot) for dot in dots)
        if distance > TOLERANCE * scale:
            raise ConformanceError(
                f"to_page of a page that is {what} must map a dot to ({nearest[0]:.0f}, {nearest[1]:.0f}), "
                f"got ({mapped[0]:.0f}, {mapped[1]:.0f})",
                "set to_page = homography.then(page.to_page), where the homography maps pixels of the new "
                "picture to pixels of the old one",
            )


def find_dots(picture: Image.Image) -> list[Point]:
    """Return the centres of the black dots on a picture whose other ink is thinner."""
    import cv2
    import numpy as np

    gray = np.asarray(picture.convert("L"))
    ink = (gray < 128).astype(np.uint8)
    # Erosion removes strokes, and leaves the middle of each dot.
    cores = cv2.erode(ink, np.ones((STROKE_WIDTH, STROKE_WIDTH), np.uint8))
    count, _, boxes, centers = cv2.connectedComponentsWithStats(cores)
    largest = DOT_RADIUS * DOT_RADIUS * 4
    return [
        (float(centers[index][0]), float(centers[index][1]))
        for index in range(1, count)
        if boxes[index][cv2.CC_STAT_AREA] < largest
    ]
