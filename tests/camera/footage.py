"""Pictures of a document camera, made of real scans: pages that are exchanged, hands, blur, flicker."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np

DATA = Path(__file__).parents[1] / "data" / "sheet"
PAGES = ("en_letter_p1", "en_letter_p2", "fr_will_blue_ink", "typed_letter_annotated")
SIZE = (960, 720)
"""Width and height of the pictures."""
FPS = 12.0
SKIN = (120, 150, 205)


@cache
def scan(name: str) -> np.ndarray:
    return cv2.imread(str(DATA / f"{name}.jpg"))


@cache
def table(seed: int = 1, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return a table of wood: gray-brown, with a grain."""
    random = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(
        random.normal(0, 60, (size[1], size[0])).astype(np.float32), (0, 0), 12, sigmaY=1.2
    )
    return np.clip(np.array([62, 84, 96], np.float32) + grain[:, :, None], 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Shot:
    """What the camera sees at one moment.

    Parameters
    ----------
    at
        Centre of the page, as shares of the picture.
    hand
        How far a hand reaches into the picture, 0 to 1, from the right edge.
    blur, smear
        Blur by focus and by movement, in pixels.
    light
        Brightness, usually 1; strength of bands, as neon light makes them.
    """

    page: str | None = None
    at: tuple[float, float] = (0.5, 0.5)
    turn: float = 0.0
    tall: float = 0.92
    hand: float = 0.0
    blur: float = 0.0
    smear: int = 0
    light: float = 1.0
    band: float = 0.0


@cache
def _noise(which: int) -> np.ndarray:
    random = np.random.default_rng(which)
    return np.repeat(random.normal(0, 3, (SIZE[1], SIZE[0], 1)), 3, axis=2).astype(np.int16)


def picture(shot: Shot, number: int = 0) -> np.ndarray:
    """Return the picture of a shot in OpenCV's order. Its number changes noise and bands."""
    image = _seen(shot)
    if shot.band:
        rows = 1 + shot.band * np.sin(np.arange(image.shape[0]) / 90 + number)
        image = np.clip(image * rows[:, None, None], 0, 255).astype(np.uint8)
    return np.clip(image + _noise(number % 7), 0, 255).astype(np.uint8)


@lru_cache(64)
def _seen(shot: Shot) -> np.ndarray:
    image = table().copy()
    if shot.page:
        _lay(image, scan(shot.page), shot)
    if shot.hand:
        _reach_in(image, shot.hand)
    if shot.blur:
        image = cv2.GaussianBlur(image, (0, 0), shot.blur)
    if shot.smear:
        image = cv2.blur(image, (shot.smear, 1))
    return np.clip(image * shot.light, 0, 255).astype(np.uint8)


def _lay(image: np.ndarray, page: np.ndarray, shot: Shot) -> None:
    height, width = image.shape[:2]
    scale = shot.tall * height / page.shape[0]
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    middle = (small.shape[1] / 2, small.shape[0] / 2)
    places = cv2.getRotationMatrix2D(middle, shot.turn, 1.0)
    places[:, 2] += (shot.at[0] * width - middle[0], shot.at[1] * height - middle[1])
    mask = cv2.warpAffine(np.full(small.shape[:2], 255, np.uint8), places, (width, height))
    there = cv2.warpAffine(small, places, (width, height), borderMode=cv2.BORDER_REPLICATE)
    image[mask > 127] = there[mask > 127]


def _reach_in(image: np.ndarray, far: float) -> None:
    """Draw an arm from the right edge, with a hand and four fingers."""
    height, width = image.shape[:2]
    reach = width * (1 - 0.6 * far)
    y = height * 0.62
    thick = int(height * 0.13)
    cv2.line(image, (width + thick, int(y + 60)), (int(reach + thick), int(y)), SKIN, thick)
    cv2.ellipse(image, (int(reach + thick * 0.6), int(y)), (thick, int(thick * 0.8)), 0, 0, 360, SKIN, -1)
    for finger in range(4):
        angle = math.radians(150 + 20 * finger)
        tip = (reach + thick * 2 * math.cos(angle), y + thick * 1.6 * math.sin(angle))
        cv2.line(image, (int(reach + thick * 0.4), int(y)), (int(tip[0]), int(tip[1])), SKIN, thick // 4)


def still(shot: Shot, seconds: float = 1.5) -> list[Shot]:
    return [shot] * round(seconds * FPS)


def moving(one: Shot, other: Shot, seconds: float = 0.8) -> list[Shot]:
    """Return the shots between two, with interpolated numbers; the page changes in the middle."""
    count = round(seconds * FPS)
    return [_between(one, other, step / count) for step in range(1, count)]


def _between(one: Shot, other: Shot, share: float) -> Shot:
    def mixed(name: str) -> float:
        return getattr(one, name) * (1 - share) + getattr(other, name) * share

    at = (one.at[0] * (1 - share) + other.at[0] * share, one.at[1] * (1 - share) + other.at[1] * share)
    numbers = {name: mixed(name) for name in ("turn", "tall", "hand", "blur", "light", "band")}
    return replace(one if share < 0.5 else other, at=at, smear=9, **numbers)


def pictures(shots: list[Shot]) -> Iterator[np.ndarray]:
    return (picture(shot, number) for number, shot in enumerate(shots))


def video(shots: list[Shot], path: Path) -> Path:
    """Write a video: MJPG in an AVI, which every build of OpenCV writes and reads."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    assert writer.isOpened()
    for image in pictures(shots):
        writer.write(image)
    writer.release()
    return path


def jpeg(shot: Shot, number: int = 0) -> bytes:
    return cv2.imencode(".jpg", picture(shot, number), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


@cache
def _views() -> dict[str, np.ndarray]:
    from penstock_plugins.sources.camera.view import View

    return {name: View.of(picture(Shot(name))).fine for name in PAGES}


def shows(image: np.ndarray) -> str:
    """Return which of the pages a picture shows."""
    from penstock_plugins.sources.camera.page_matching import same_page
    from penstock_plugins.sources.camera.view import View

    fine = View.of(image).fine
    (name,) = [name for name, page in _views().items() if same_page(page, fine)]
    return name


def turned_page(old: str, new: str) -> list[Shot]:
    """A hand takes the old page away to the left, puts the new one down, and leaves."""
    there, away = Shot(old), Shot(old, at=(-0.6, 0.55), turn=8, hand=0.3)
    coming, lying = Shot(new, at=(1.5, 0.5), turn=-6, hand=0.8), Shot(new, hand=0.7)
    return [
        *moving(there, replace(there, hand=0.9), 0.5),
        *moving(replace(there, hand=0.9), away),
        *moving(coming, lying),
        *moving(lying, Shot(new, hand=0.01), 0.5),
    ]


def short_sitting() -> list[Shot]:
    """Two pages; the second one is moved."""
    first, second = (Shot(name) for name in PAGES[:2])
    pushed = replace(second, at=(0.515, 0.485), turn=2.5, light=0.9)
    return [
        *still(first, 1.0),
        *turned_page(first.page, second.page),
        *still(second, 1.0),
        *moving(second, pushed, 0.3),
        *still(pushed, 1.0),
    ]


def sitting() -> list[Shot]:
    """Three pages, with everything that may happen in between."""
    first, second, third = (Shot(name) for name in PAGES[:3])
    bumped = replace(second, at=(0.515, 0.485), turn=2.5)
    flicker = [replace(second, light=1 + 0.12 * math.sin(step * 1.9), band=0.06) for step in range(24)]
    return [
        *still(replace(first, blur=4), 1.0),
        *still(first, 1.6),
        *turned_page(first.page, second.page),
        *still(second, 1.6),
        *flicker,
        *moving(second, bumped, 0.4),
        *still(bumped, 1.6),
        *moving(bumped, replace(bumped, hand=0.6), 0.5),
        *still(replace(bumped, hand=0.6), 2.0),
        *moving(replace(bumped, hand=0.6), replace(bumped, hand=0.01), 0.5),
        *still(bumped, 1.4),
        *turned_page(bumped.page, third.page),
        *still(replace(third, blur=3.5), 1.0),
        *still(third, 1.6),
    ]
