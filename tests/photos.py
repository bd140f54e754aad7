"""Synthetic photos of sheets: real scans on drawn tables, with known corners.

Everything depends on a seed: the table, the camera's position, the light, other objects, and the noise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from penstock.geometry import Quad

DATA = Path(__file__).parent / "data" / "sheet"
SCANS = (
    "en_letter_p1",
    "en_letter_p2",
    "fr_will_blue_ink",
    "fr_will_rotated_margin",
    "typed_letter_annotated",
)

SIZE = (1200, 1600)
FOCUS = 0.8 * max(SIZE)
Pixels = NDArray[np.float32]
Random = np.random.Generator


@dataclass(frozen=True)
class Photo:
    """A picture, the corners of its sheet, and the aspect ratio (width by height) of the scan."""

    image: Image.Image
    sheet: Quad
    proportion: float


def scan(name: str) -> Image.Image:
    return Image.open(DATA / f"{name}.jpg").convert("RGB")


def photo_of(
    page: Image.Image,
    seed: int,
    table: str,
    *,
    beside: str = "",
    others: Sequence[Image.Image] = (),
    size: tuple[int, int] = SIZE,
) -> Photo:
    """Draw a photo of a page on a table.

    Parameters
    ----------
    beside
        What else is in the photo: "", "hand", "sheet" or "clutter".
    others
        At most four other pages, each partly under another side of this one.
    """
    random = np.random.default_rng(seed)
    ground = TABLES[table](random, size)
    corners = seen_corners(page.size, random, size)
    if beside in ("sheet", "clutter"):
        ground = _OTHER_THINGS[beside](ground, corners, random)
    ground = other_pages(others, ground, corners, random)
    picture = lay(page, ground, corners, random)
    if beside == "hand":
        picture = hand(picture, corners, random)
    return Photo(taken(picture, random), Quad.from_points(corners), page.width / page.height)


def seen_corners(page: tuple[int, int], random: Random, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the corners of a page in the picture of a camera above it; all of them are in the picture."""
    across, down = page[0] / max(page), page[1] / max(page)
    flat = np.array([[-across, -down, 0], [across, -down, 0], [across, down, 0], [-across, down, 0]]) / 2
    for further in itertools.count():
        turns = [random.uniform(-limit, limit) for limit in (28, 22, 18)]
        seen = flat @ turned(*turns).T + (random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1), 0)
        seen[:, 2] += random.uniform(0.85, 1.5) + 0.01 * further
        corners = seen[:, :2] / seen[:, 2:] * 0.8 * max(size) + np.array(size) / 2
        margin = 0.015 * min(size)
        if ((corners > margin) & (corners < np.array(size) - margin)).all():
            return corners
    raise AssertionError


def turned(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    """Return a rotation matrix for angles in degrees."""
    (a, b, c), (d, e, f) = (
        tuple(of(math.radians(x)) for x in (pitch, yaw, roll)) for of in (math.cos, math.sin)
    )
    about_x = np.array([[1, 0, 0], [0, a, -d], [0, d, a]])
    about_y = np.array([[b, 0, e], [0, 1, 0], [-e, 0, b]])
    about_z = np.array([[c, -f, 0], [f, c, 0], [0, 0, 1]])
    return about_x @ about_y @ about_z


def lay(page: Image.Image, ground: Pixels, corners: NDArray[np.float64], random: Random) -> Pixels:
    """Draw the page over the ground, with the shadow of its edges."""
    fine = 2
    height, width = ground.shape[:2]
    here = np.array([[0, 0], [page.width, 0], [page.width, page.height], [0, page.height]], np.float32)
    matrix = cv2.getPerspectiveTransform(here - 0.5, (corners * fine - 0.5).astype(np.float32))
    size = (width * fine, height * fine)
    seen = cv2.warpPerspective(
        np.asarray(page, np.float32), matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    cover = cv2.fillConvexPoly(
        np.zeros(size[::-1], np.float32), (corners * fine * 16 - 8).round().astype(np.int32), 1.0, shift=4
    )
    seen, cover = (
        cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA) for drawn in (seen, cover)
    )
    offset = random.uniform(-5, 5, 2)
    shadow = cv2.GaussianBlur(np.roll(cover, offset.astype(int), (0, 1)), (0, 0), random.uniform(2, 7))
    ground = ground * (1 - random.uniform(0.1, 0.4) * shadow[..., None])
    return ground * (1 - cover[..., None]) + seen * cover[..., None]


def taken(picture: Pixels, random: Random) -> Image.Image:
    """Make a picture unevenly lit, slightly blurred and noisy, like a phone's photo."""
    lit = picture * light(picture.shape[1], picture.shape[0], random)[..., None]
    blurred = cv2.GaussianBlur(lit, (0, 0), random.uniform(0.4, 1.2))
    noisy = blurred + random.normal(0, random.uniform(1, 4), blurred.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def light(width: int, height: int, random: Random, *, depth: float = 0.45) -> Pixels:
    """Return the brightness of each pixel: a lamp at one side, and the photographer's soft shadow."""
    down, across = np.mgrid[0:height, 0:width].astype(np.float32) / max(width, height)
    angle = random.uniform(0, 2 * math.pi)
    ramp = across * math.cos(angle) + down * math.sin(angle)
    ramp = (ramp - ramp.min()) / np.ptp(ramp)
    bright = 1 - random.uniform(0, depth) * ramp
    edge = random.uniform(-0.2, 1.2) + random.uniform(-0.6, 0.6) * across - down
    shadow = 1 / (1 + np.exp(np.clip(-edge / random.uniform(0.01, 0.08), -50, 50)))
    return (bright * (1 - random.uniform(0, depth) * shadow)).astype(np.float32)


def stretched_noise(random: Random, size: tuple[int, int], across: float, down: float) -> Pixels:
    """Return soft noise with a deviation of about one, and grains of a given size in pixels."""
    width, height = size
    grains = random.normal(0, 1, (max(2, int(height / down)), max(2, int(width / across)))).astype(np.float32)
    return cv2.resize(grains, size, interpolation=cv2.INTER_CUBIC)


def coloured(base: tuple[float, float, float], pattern: Pixels) -> Pixels:
    return np.clip(np.array(base, np.float32) * (1 + pattern[..., None]), 0, 255)


def wood(random: Random, size: tuple[int, int]) -> Pixels:
    """Draw wooden planks with grain."""
    side = int(math.hypot(*size)) + 2
    grain = sum(
        weight * stretched_noise(random, (side, side), 260, thin)
        for weight, thin in ((0.07, 2), (0.08, 7), (0.07, 30))
    )
    for seam in np.arange(random.uniform(0, 250), side, random.uniform(160, 420)):
        grain[int(seam) : int(seam) + 3] -= random.uniform(0.2, 0.5)
    base = ((92, 60, 38), (150, 105, 66), (196, 160, 118), (70, 66, 64))[random.integers(4)]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.choice([0, 90, random.uniform(0, 180)]), 1)
    turned_grain = cv2.warpAffine(grain, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    return coloured(base, turned_grain[: size[1], : size[0]])


def cloth(random: Random, size: tuple[int, int]) -> Pixels:
    """Draw a checked, woven cloth with folds."""
    width, height = size
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = random.uniform(0, math.pi), random.uniform(30, 140)
    along, beyond = (
        across * math.cos(angle) + down * math.sin(angle),
        down * math.cos(angle) - across * math.sin(angle),
    )
    checks = 0.14 * (np.sin(along * 2 * math.pi / period) > 0.3) + 0.14 * (
        np.sin(beyond * 2 * math.pi / period) > 0.3
    )
    weave = 0.06 * np.sin(along * 1.9) * np.sin(beyond * 1.9)
    folds = 0.15 * stretched_noise(random, size, 300, 90)
    base = ((60, 80, 120), (120, 40, 45), (110, 115, 100), (205, 195, 180))[random.integers(4)]
    return coloured(base, checks + weave + folds - 0.1)


def plain(random: Random, size: tuple[int, int], base: tuple[float, float, float]) -> Pixels:
    return coloured(
        base, 0.012 * stretched_noise(random, size, 40, 40) + 0.012 * stretched_noise(random, size, 2, 2)
    )


def dark(random: Random, size: tuple[int, int]) -> Pixels:
    return plain(random, size, tuple(random.uniform(25, 80, 3)))


def pale(random: Random, size: tuple[int, int]) -> Pixels:
    """Draw a light table in gray, white or cream, similar to paper."""
    gray = random.uniform(185, 228)
    return plain(random, size, (gray + random.uniform(-3, 8), gray, gray + random.uniform(-14, 6)))


def tiles(random: Random, size: tuple[int, int]) -> Pixels:
    """Draw tiles, which have long straight lines in both directions."""
    picture = plain(random, size, tuple(random.uniform(110, 190, 3)))
    pitch, thick = int(random.uniform(90, 330)), int(random.uniform(2, 7))
    for start in range(int(random.uniform(0, pitch)), max(size), pitch):
        picture[start : start + thick] *= 0.7
        picture[:, start : start + thick] *= 0.7
    return picture


def stone(random: Random, size: tuple[int, int]) -> Pixels:
    """Draw marble or granite, with blotches of every size."""
    pattern = sum(
        weight * stretched_noise(random, size, grain, grain)
        for weight, grain in ((0.1, 3), (0.1, 20), (0.12, 110))
    )
    return coloured(tuple(random.uniform(60, 170, 3)), pattern)


TABLES: dict[str, Callable[[Random, tuple[int, int]], Pixels]] = {
    "wood": wood,
    "cloth": cloth,
    "dark": dark,
    "pale": pale,
    "tiles": tiles,
    "stone": stone,
}


def clutter(ground: Pixels, corners: NDArray[np.float64], random: Random) -> Pixels:
    """Draw books, pens and cups, some of them partly under the sheet."""
    picture = Image.fromarray(ground.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(random.integers(4, 10)):
        colour = tuple(int(value) for value in random.uniform(10, 245, 3))
        middle = random.uniform(0, 1, 2) * picture.size
        length, breadth = random.uniform(80, 500), random.uniform(12, 260)
        if random.random() < 0.3:
            draw.ellipse([*(middle - breadth / 2), *(middle + breadth / 2)], fill=colour)
        else:
            draw.polygon(box_at(middle, length, breadth, random.uniform(0, 180)), fill=colour)
    return np.asarray(picture, np.float32)


def other_sheet(ground: Pixels, corners: NDArray[np.float64], random: Random) -> Pixels:
    """Draw another sheet of similar paper, partly under this one."""
    side = random.integers(4)
    middle = (corners[side] + corners[(side + 1) % 4]) / 2
    outwards = (middle - corners.mean(axis=0)) * random.uniform(0.5, 0.9)
    paper = Image.new("RGB", (600, 800), tuple(int(value) for value in random.uniform(215, 250, 3)))
    draw = ImageDraw.Draw(paper)
    for row in range(60, 760, 38):
        draw.line([(50, row), (int(random.uniform(250, 560)), row)], fill=(70, 70, 90), width=3)
    turn = random.uniform(-35, 35)
    place = np.array(box_at(middle + outwards, random.uniform(400, 700), random.uniform(500, 900), turn))
    return lay(paper, ground, place, random)


def other_pages(
    pages: Sequence[Image.Image], ground: Pixels, corners: NDArray[np.float64], random: Random
) -> Pixels:
    """Draw pages of a similar size, partly under the sides of this one."""
    sides = random.permutation(4) if pages else ()
    for page, side in zip(pages, sides, strict=False):
        start, end = corners[side], corners[(side + 1) % 4]
        outwards = ((start + end) / 2 - corners.mean(axis=0)) * random.uniform(0.3, 0.9)
        longest = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).max()
        length, breadth = np.array(page.size) / max(page.size) * longest * random.uniform(0.8, 1.1)
        place = box_at((start + end) / 2 + outwards, length, breadth, random.uniform(-35, 35))
        ground = lay(page, ground, np.array(place), random)
    return ground


_OTHER_THINGS = {"clutter": clutter, "sheet": other_sheet}


def hand(picture: Pixels, corners: NDArray[np.float64], random: Random) -> Pixels:
    """Draw fingers that hold the sheet at one edge."""
    side, where = random.integers(4), random.uniform(0.25, 0.75)
    edge = corners[side] * where + corners[(side + 1) % 4] * (1 - where)
    outwards = edge - corners.mean(axis=0)
    outwards /= np.linalg.norm(outwards)
    sideways = np.array([-outwards[1], outwards[0]])
    drawn = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(drawn)
    skin = np.array(((224, 172, 138), (141, 85, 54), (198, 134, 96))[random.integers(3)])
    for finger in range(random.integers(1, 4)):
        colour = tuple(int(value) for value in skin * random.uniform(0.85, 1.05))
        start = edge + sideways * finger * 62 - outwards * random.uniform(20, 90)
        draw.line([*start, *(start + outwards * 700)], fill=colour, width=54)
        draw.ellipse([*(start - 27), *(start + 27)], fill=colour)
    return np.asarray(drawn, np.float32)


def box_at(
    middle: NDArray[np.float64], length: float, breadth: float, degrees: float
) -> list[tuple[float, float]]:
    """Return the corners of a rotated box, clockwise."""
    turn = turned(0, 0, degrees)[:2, :2]
    half = np.array([[-length, -breadth], [length, -breadth], [length, breadth], [-length, breadth]]) / 2
    return [tuple(point) for point in middle + half @ turn.T]


def open_book(seed: int, table: str) -> tuple[Image.Image, NDArray[np.bool_]]:
    """Draw an open book on a table, with pages that bend into the fold; return it with the book's mask."""
    random = np.random.default_rng(seed)
    pages = Image.new("RGB", (1200, 800), "white")
    for side, name in enumerate(("en_letter_p1", "en_letter_p2")):
        pages.paste(scan(name).resize((600, 800)), (600 * side, 0))
    from_fold = np.abs(np.linspace(-1, 1, 1200))
    shaded = np.asarray(pages, np.float32) * (1 - 0.55 * np.exp(-14 * from_fold))[None, :, None]
    down, across = np.mgrid[0:1200, 0:1600].astype(np.float32) - 200
    bent = down + 45 * np.sin(np.clip(np.abs((across - 600) / 600), 0, 1) * np.pi).astype(np.float32)
    seen = cv2.remap(shaded, across, bent, cv2.INTER_LINEAR)
    book = (across >= 0) & (across < 1200) & (bent >= 0) & (bent < 800)
    ground = TABLES[table](random, (1600, 1200))
    return taken(np.where(book[..., None], seen, ground).astype(np.float32), random), book


def overlap(first: Quad, second: Quad, size: tuple[int, int]) -> float:
    """Return the intersection over union of two quads."""
    masks = [
        cv2.fillConvexPoly(np.zeros(size[::-1], np.uint8), np.array(quad.corners).round().astype(np.int32), 1)
        for quad in (first, second)
    ]
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())
