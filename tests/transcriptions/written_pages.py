"""Pages for the writers of hOCR, ALTO and PAGE XML."""

from __future__ import annotations

import json
from pathlib import Path

from penstock.json_form import recognition_from_json
from penstock.model import Alternative, Line, Page, Picture, Quad, Recognition, RecognizedPage, Region, Word

DATA = Path(__file__).parents[1] / "data"
NOTE = Region("marginalia", ((90.0, 90.0), (410.0, 90.0), (420.0, 150.0), (90.0, 150.0)), "la", "ltr")
PHOTO = Region("image", ((500.0, 500.0), (900.0, 500.0), (900.0, 900.0), (500.0, 900.0)))
RULE = Region("separator", ((0.0, 950.0), (1000.0, 950.0), (1000.0, 960.0), (0.0, 960.0)))
OWN = Region("stamp {old}; \x07", ((0.0, 1000.0), (200.0, 1000.0), (200.0, 1100.0), (0.0, 1100.0)))


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return Quad.from_box(left, top, right, bottom)


def page(recognition: Recognition, number: int = 1, name: str = "scan.jpg") -> RecognizedPage:
    picture = Picture(Path("/scans") / name, modified_ns=1_700_000_000 * 10**9)
    return RecognizedPage(Page(number, name, picture, 1000, 1400, (300.0, 299.6)), recognition)


def letter() -> RecognizedPage:
    """A handwritten letter as the offline recognizer read it."""
    (form,) = json.loads((DATA / "transcriptions/letter-page1.json").read_text())["pages"]
    made = Page(1, form["origin"], Picture(Path("/scans") / form["origin"]), form["width"], form["height"])
    return RecognizedPage(made, recognition_from_json(form))


def everything() -> RecognizedPage:
    """A page with everything that the model can hold, except text in other directions."""
    turned = Quad.from_numbers([210.4, 101, 300, 104.2, 299, 143, 209, 139])
    words = (
        Word("Liebe", box(100, 100, 200, 140), 0.934, low_confidence=True),
        Word(
            "Änna",
            turned,
            corrected=True,
            alternatives=(Alternative("Anna", 0.4), Alternative("Arma")),
        ),
        Word(
            "&<amor>\"'", box(320, 100, 400, 140), language="la", polygon=((320, 100), (400, 100), (390, 140))
        ),
    )
    first = Line(
        "Liebe Änna, &<amor>\"'",
        box(100, 100, 400, 143),
        words,
        handwritten_probability=0.9,
        language="de-AT",
        baseline=((100.0, 135.0), (250.0, 140.0), (400.0, 133.0)),
        confidence=0.8,
        alternatives=(Alternative("Liebe Anna", 0.1),),
        region=1,
    )
    whole = Line(
        "no words here",
        box(100, 190, 500, 240),
        polygon=((100, 200), (300, 190), (500, 200), (500, 240), (100, 240)),
        confidence=0.71,
    )
    stamp = Line("1898", box(10, 1010, 190, 1090), (Word("1898", box(10, 1010, 190, 1090), 0.5),), region=3)
    regions = (PHOTO, NOTE, RULE, OWN)
    found = Recognition((first, whole, stamp), 1.5, "rapidocr 3.10.0", "de", regions=regions)
    return page(found, name='scan "1" & ü.jpg')


def turned() -> RecognizedPage:
    """Lines that run down, up and upside down."""
    down = Quad.from_numbers([900, 100, 900, 300, 860, 300, 860, 100])
    up = Quad.from_numbers([100, 600, 100, 300, 140, 300, 140, 600])
    over = Quad.from_numbers([600, 1340, 400, 1340, 400, 1300, 600, 1300])
    return page(
        Recognition(
            tuple(
                Line(text, quad, (Word(text, quad, 0.5),))
                for text, quad in (("down", down), ("up", up), ("over", over))
            )
        )
    )


def other_directions() -> RecognizedPage:
    """A line from right to left, and one from top to bottom."""
    quads = (box(500, 100, 600, 140), box(380, 100, 480, 140))
    right = Line(
        "سلام عليكم",
        box(380, 100, 600, 140),
        tuple(Word(text, quad, 0.9) for text, quad in zip(("سلام", "عليكم"), quads, strict=True)),
        language="ar",
        direction="rtl",
    )
    quad = box(900, 100, 940, 300)
    halves = (box(900, 100, 940, 200), box(900, 200, 940, 300))
    words = tuple(Word(text, half, 0.8) for text, half in zip("認識", halves, strict=True))
    return page(Recognition((right, Line("認識", quad, words, language="zh", direction="ttb"))))


def unusual() -> RecognizedPage:
    """Characters that XML forbids, empty texts, places outside the page and an unusual language."""
    outside = box(-20, -10, 1200, 1500)
    words = (
        Word("a\x00b\ud800c\ufffe", outside, 0.333333),
        Word("\x07", outside, 1.0),
        Word("tab\tand\nbreak", outside, 0.0),
    )
    lines = (
        Line("a\x00b\ud800c\ufffe \x07 tab\tand\nbreak", outside, words, language="not a language"),
        Line("", box(5, 5, 5, 5), language="x-unknown"),
    )
    return page(Recognition(lines, 180.0, "\x01odd", "und"), number=12)


PAGES = {
    "letter": letter(),
    "empty": page(Recognition()),
    "everything": everything(),
    "turned": turned(),
    "other directions": other_directions(),
    "unusual": unusual(),
}
