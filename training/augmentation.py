"""Draw variants of a line's picture: other slants, widths, inks, papers and scanners."""

from __future__ import annotations

import random

import cv2
import numpy as np

from training.lines import HEIGHT, Pixels

NARROWEST = 16
"""Pixels; the network needs some columns."""


def augmented(picture: Pixels, draw: random.Random) -> Pixels:
    """Return a variant of a grey line, 48 by width: 48 by another width by 3."""
    picture = _bent(_squeezed(_surrounded(picture, draw), draw), draw)
    picture = _stroked(picture, draw)
    coloured = _coloured(picture, draw)
    return _scanned(coloured, draw)


def plain(picture: Pixels) -> Pixels:
    """Return a grey line unchanged, in three channels and 48 pixels high."""
    return _fitted(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))


def _fitted(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    wanted = max(NARROWEST, round(width * HEIGHT / height))
    if (height, width) == (HEIGHT, wanted):
        return picture
    return np.asarray(cv2.resize(picture, (wanted, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _paper(picture: Pixels) -> int:
    return int(np.percentile(picture, 75))


def _surrounded(picture: Pixels, draw: random.Random) -> Pixels:
    """Sometimes add room around the line, as a loose box of the detector does."""
    if draw.random() >= 0.25:
        return picture
    above, below, left, right = (draw.randint(0, most) for most in (12, 12, 18, 18))
    around = cv2.BORDER_CONSTANT if draw.random() < 0.6 else cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.copyMakeBorder(picture, above, below, left, right, around, value=_paper(picture)), np.uint8
    )


def _squeezed(picture: Pixels, draw: random.Random) -> Pixels:
    """Sometimes make the writing narrower."""
    height, width = picture.shape
    if draw.random() >= 0.3 or width <= 150:
        return picture
    narrower = int(width * draw.uniform(0.6, 0.95))
    return np.asarray(cv2.resize(picture, (narrower, height), interpolation=cv2.INTER_AREA), np.uint8)


def _bent(picture: Pixels, draw: random.Random) -> Pixels:
    """Turn, slant, scale and shift a line."""
    height, width = picture.shape
    angle = max(-2.0, min(2.0, draw.gauss(0, 0.7))) * min(1, 375 / width)
    slant = draw.uniform(-0.35, 0.35) if draw.random() < 0.5 else draw.uniform(-0.1, 0.1)
    across, down = draw.uniform(0.8, 1.2), draw.uniform(0.82, 1.1)
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1), [0, 0, 1]])
    shift = height * (1 - down) / 2 + draw.uniform(-2.3, 2.3)
    shear = np.array(
        [[across, slant * 0.6, -slant * 0.6 * height / 2], [0, down, shift], [0, 0, 1]], np.float64
    )
    border = cv2.BORDER_REPLICATE if draw.random() < 0.7 else cv2.BORDER_CONSTANT
    scale = HEIGHT / height
    full = np.diag([scale, scale, 1.0]) @ shear @ turn
    size = (max(NARROWEST, int(width * across * scale)), HEIGHT)
    return np.asarray(
        cv2.warpAffine(
            picture, full[:2], size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=_paper(picture)
        ),
        np.uint8,
    )


def _stroked(picture: Pixels, draw: random.Random) -> Pixels:
    """Sometimes make strokes thicker or thinner, or draw a ruled line through the writing."""
    chance = draw.random()
    if chance < 0.12:
        picture = np.asarray(cv2.erode(picture, np.ones((2, 2), np.uint8)), np.uint8)
    elif chance < 0.24:
        picture = np.asarray(cv2.dilate(picture, np.ones((2, 2), np.uint8)), np.uint8)
    if draw.random() < 0.12:
        y = draw.randint(4, HEIGHT - 4)
        end = (picture.shape[1], y + draw.randint(-2, 2))
        cv2.line(picture, (0, y), end, draw.randint(90, 200), 1)
    return picture


def _coloured(picture: Pixels, draw: random.Random) -> Pixels:
    """Map grey to colours between an ink and a paper."""
    if draw.random() < 0.4:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
    light = draw.randint(0, 14)
    paper = np.array([255 - draw.randint(0, 60) - light, 255 - draw.randint(0, 20) - light, 255 - light])
    ink = np.array(
        draw.choice([(0, 0, 0), (10, 25, 40), (70, 20, 10), (40, 40, 40), (30, 40, 70)]), np.float64
    )
    share = picture[..., None].astype(np.float32) / 255
    return (ink * (1 - share) + paper * share).clip(0, 255).astype(np.uint8)


def _scanned(picture: Pixels, draw: random.Random) -> Pixels:
    """Blur, lighten, shade, add noise and compress, each now and then."""
    if draw.random() < 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), draw.uniform(0.3, 1.0)), np.uint8)
    if draw.random() < 0.5:
        values = picture.astype(np.float32) * draw.uniform(0.7, 1.2) + draw.uniform(-30, 25)
        if draw.random() < 0.3:
            shade = np.linspace(draw.uniform(-30, 30), draw.uniform(-30, 30), picture.shape[1])
            values += shade.astype(np.float32)[None, :, None]
        picture = values.clip(0, 255).astype(np.uint8)
    if draw.random() < 0.15:
        noise = np.random.default_rng(draw.randint(0, 1 << 30)).normal(0, draw.uniform(3, 14), picture.shape)
        picture = (picture + noise).clip(0, 255).astype(np.uint8)
    if draw.random() < 0.2:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, draw.randint(25, 75)])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return picture
