"""Draw the mean error of a box of pages against the share that is sent to a service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 760, 480
LEFT, TOP, RIGHT, BOTTOM = 80, 30, 730, 410  # of the plot, in pixels
INK, GRID, GREY, BLUE, RED = "#222222", "#dddddd", "#888888", "#1f5fbf", "#c0392b"

Point = tuple[float, float]  # share of pages sent, mean CER


def draw_curve(
    path: Path, points: Sequence[Point], ends: tuple[Point, Point], mark: Point, label: str
) -> None:
    """Write a picture of the curve, of the line for pages sent at random, and of a marked point."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(15)
    top = max(error for _, error in [*points, *ends]) * 1.1

    def place(point: Point) -> Point:
        return LEFT + point[0] * (RIGHT - LEFT), BOTTOM - point[1] / top * (BOTTOM - TOP)

    for step in range(6):
        share = step / 5
        x, y = place((share, share * top))
        draw.line([(x, TOP), (x, BOTTOM)], GRID)
        draw.line([(LEFT, y), (RIGHT, y)], GRID)
        draw.text((x, BOTTOM + 8), f"{share:.0%}", INK, font, anchor="ma")
        draw.text((LEFT - 8, y), f"{share * top:.3f}", INK, font, anchor="rm")
    draw.text(((LEFT + RIGHT) / 2, HEIGHT - 30), "share of the pages that are sent", INK, font, anchor="ma")
    draw.text((LEFT, TOP - 8), "mean CER", INK, font, anchor="ls")
    draw.line([place(end) for end in ends], GREY, 2)
    draw.line([place(point) for point in points], BLUE, 3)
    x, y = place(mark)
    draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=RED)
    draw.text((x + 12, y - 12), f"{label}: {mark[0]:.0%} sent, CER {mark[1]:.3f}", RED, font, anchor="ls")
    draw.line([(470, 50), (500, 50)], BLUE, 3)
    draw.text((508, 50), "doubtful pages first", INK, font, anchor="lm")
    draw.line([(470, 75), (500, 75)], GREY, 2)
    draw.text((508, 75), "pages at random", INK, font, anchor="lm")
    picture.save(path, optimize=True)
