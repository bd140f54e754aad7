"""What every transform does."""

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
from penstock.testing.conformance.faults import ITS_FAULTS, NotConforming, said_by
from penstock.testing.conformance.files import snapshot
from penstock.testing.drawing import DOT_RADIUS, DrawnPage, draw_page

if TYPE_CHECKING:
    from PIL import Image

__tracebackhide__ = True

THICKER_THAN_TYPE = 7
"""Pixels: the strokes of the text are thinner, the dots are not."""

NEAR = 4.0
"""Pixels of the page that a dot may be off."""

MAP_IT = (
    "give the new page to_page = (the map from the new picture's places to the old one's)"
    ".then(page.to_page): what is read goes back through it"
)


class TransformConformance(Conformance):
    """Subclass it with your transform as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "transform"

    def pages(self, folder: Path) -> dict[str, DrawnPage]:
        """Pages with text and four dots, by what is special about them."""
        return {
            "straight": draw_page(folder / "scans" / "straight.png", dots=True),
            "tilted by three degrees": draw_page(folder / "scans" / "tilted.png", dots=True, tilt=3.0),
            "stored on its side": draw_page(folder / "scans" / "side.jpg", dots=True, orientation=6),
        }

    def test_dots_land_where_they_were(self, tmp_path: Path) -> None:
        """A place on the new picture, mapped back, is the place on the page where the same ink is."""
        for what, drawn in self.pages(tmp_path).items():
            _check_dots(self._prepared(tmp_path, drawn.page), drawn.dots, what)

    def test_goes_on_from_the_transform_before(self, tmp_path: Path) -> None:
        """A page that another transform made keeps that one's map, too."""
        drawn = draw_page(tmp_path / "scans" / "second.png", dots=True, tilt=3.0)
        twice_as_large = replace(drawn.page, to_page=Homography.scaling(2, 2))
        dots = tuple((2 * x, 2 * y) for x, y in drawn.dots)
        _check_dots(self._prepared(tmp_path, twice_as_large), dots, "made by another transform", scale=2)

    def test_keeps_what_belongs_to_the_page(self, tmp_path: Path) -> None:
        """The page stays the same one, and says the size that its picture has."""
        for drawn in self.pages(tmp_path).values():
            before = replace(drawn.page, number=7, existing_text="skip")
            after = self._prepared(tmp_path, before)
            for name in ("number", "origin", "existing_text", "existing_recognition"):
                if getattr(after, name) != getattr(before, name):
                    raise NotConforming(
                        f"it changes the page's {name} from {getattr(before, name)!r} to "
                        f"{getattr(after, name)!r}",
                        "make the new page with dataclasses.replace(page, picture=..., ...)",
                    )
            with open_upright(after) as picture:
                if picture.size != (after.width, after.height):
                    raise NotConforming(
                        f"the new page says {after.width} by {after.height} pixels, and its picture is "
                        f"{picture.size[0]} by {picture.size[1]} upright",
                        "give it the new picture's width, height and orientation",
                    )

    def test_keeps_its_pictures_in_the_spool(self, tmp_path: Path) -> None:
        """It leaves the scan as it is, and writes nowhere but into the spool."""
        pages = self.pages(tmp_path)
        before = snapshot(tmp_path)
        made = [self._prepared(tmp_path, drawn.page) for drawn in pages.values()]
        after = snapshot(tmp_path)
        spool = tmp_path / "spool"
        changed = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
        if strange := [path for path in changed if not path.is_relative_to(spool)]:
            raise NotConforming(f"it writes {strange[0].relative_to(tmp_path)}", _KEEP)
        scans = {drawn.page.picture.path for drawn in pages.values()}
        for page in made:
            if page.picture.path not in scans and not page.picture.path.is_relative_to(spool):
                raise NotConforming(f"the new picture is {page.picture.path}, outside of the spool", _KEEP)

    def test_same_page_gives_the_same_picture(self, tmp_path: Path) -> None:
        """A page that was prepared before is known again, and not read a second time."""
        for drawn in self.pages(tmp_path).values():
            one, two = (self._prepared(tmp_path / each, drawn.page) for each in ("one", "two"))
            if file_digest(one.picture.path) != file_digest(two.picture.path) or one.to_page != two.to_page:
                raise NotConforming(
                    "the same page becomes another picture when it is prepared once more",
                    "leave out times and random numbers, and save without a date",
                )

    def test_reports_a_picture_that_cannot_be_read(self, tmp_path: Path) -> None:
        """A picture that is cut off is refused by one of penstock's errors."""
        page = cut_off(tmp_path)
        try:
            self._prepared(tmp_path, page)
        except PluginError:
            raise
        except PenstockError:
            return
        except ITS_FAULTS as error:
            raise NotConforming(
                f"a picture that is cut off makes it raise {said_by(error)}",
                "open pictures with penstock.images.open_upright, which raises PictureError",
            ) from error

    def _prepared(self, folder: Path, page: Page) -> Page:
        folder.mkdir(exist_ok=True)
        with self.opened(folder) as door:
            # Past `door.prepare`, which would give what it raises for one of penstock's errors.
            prepared: Page = door.call("prepare", (Page,), page=page, spool=Spool(folder / "spool"))
        return prepared


_KEEP = "keep the new picture with spool.keep(content, suffix), and say that it lies where that returned"


def cut_off(folder: Path) -> Page:
    """A page whose picture ends in the middle."""
    whole = draw_page(folder / "scans" / "whole.jpg").page.picture.path
    path = folder / "scans" / "cut-off.jpg"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (page,) = find_pages(path, path.name)
    return page


def _check_dots(page: Page, dots: tuple[Point, ...], what: str, scale: float = 1.0) -> None:
    """Find the dots on the page's picture and see where its map takes them."""
    with open_upright(page) as picture:
        found = dots_on(picture)
    if not found:
        raise NotConforming(
            f"of a page that is {what}, none of the four dots can be found on the new picture",
            "if it takes dots away on purpose, override pages() with pages whose dots it keeps",
        )
    for place in found:
        landed = page.to_page.apply(place)
        off, near = min((math.dist(landed, dot), dot) for dot in dots)
        if off > NEAR * scale:
            raise NotConforming(
                f"of a page that is {what}, the dot at ({near[0]:.0f}, {near[1]:.0f}) comes back at "
                f"({landed[0]:.0f}, {landed[1]:.0f})",
                MAP_IT,
            )


def dots_on(picture: Image.Image) -> list[Point]:
    """The centres of black dots, on a picture whose other ink is thinner."""
    import cv2
    import numpy as np

    gray = np.asarray(picture.convert("L"))
    ink = (gray < 128).astype(np.uint8)
    # What is thinner than a dot goes; what is left of each dot is around its centre.
    core = cv2.erode(ink, np.ones((THICKER_THAN_TYPE, THICKER_THAN_TYPE), np.uint8))
    count, _, boxes, centres = cv2.connectedComponentsWithStats(core)
    largest = DOT_RADIUS * DOT_RADIUS * 4
    return [
        (float(centres[index][0]), float(centres[index][1]))
        for index in range(1, count)
        if boxes[index][cv2.CC_STAT_AREA] < largest
    ]


__all__ = ["TransformConformance", "cut_off", "dots_on"]
