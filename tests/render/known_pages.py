# ruff: noqa: RUF001 - letters of other scripts are the point here
"""Generate pages, easy and hard, whose words and places are known.

The widths of characters are random, so that they differ from those of the text layer's font.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word

WIDTH, HEIGHT, DPI = 2480, 3508, 300.0
"""A4 at 300 dots per inch."""

LATIN = [
    "the",
    "of",
    "and",
    "letter",
    "dear",
    "Sir",
    "received",
    "your",
    "kind",
    "note",
    "yesterday",
    "morning",
    "Mrs.",
    "Ashley",
    "writes",
    "from",
    "Washington",
    "that",
    "January",
    "snow,",
    "1905,",
    "was",
    "deep;",
    "horses",
    "(two)",
    "stood",
    "still.",
    "Naïve",
    "café",
    "façade",
    "Zürich",
    "señor",
    "Łódź",
    "Dvořák",
    "A",
    "I",
    "x1",
    "£12",
    "50%",
    "C/O",
    "No.7",
    "re:",
    "e-mail",
    "fi",
    "ﬁne",
    "ofﬁce",
    "æther",
    "Œuvre",
    "straße",
]

SCRIPTS: dict[str, list[str]] = {
    "greek": ["Η", "γρήγορη", "αλεπού", "πηδάει", "πάνω", "από", "τον", "σκύλο"],
    "cyrillic": ["Съешь", "же", "ещё", "этих", "мягких", "французских", "булок"],
    "devanagari": ["सभी", "मनुष्यों", "को", "गौरव", "और", "अधिकारों", "के"],
    "thai": ["มนุษย์", "ทั้งหลาย", "เกิด", "มา", "มี", "อิสระ"],
    "korean": ["모든", "인간은", "태어날", "때부터", "자유로우며"],
    "hebrew": ["כל", "בני", "האדם", "נולדו", "בני", "חורין"],
    "arabic": ["يولد", "جميع", "الناس", "أحرارا", "متساوين", "في"],
    "emoji": ["party", "🎉", "at", "𝒩ine", "😀", "o'clock", "🚀"],
    "ligatures": ["ﬁve", "ofﬁces", "ﬂuently", "aﬄicted", "eﬀect"],
}
UNSPACED: dict[str, list[str]] = {
    "chinese": list("人人生而自由在尊严和权利上一律平等"),
    "japanese": ["すべて", "の", "人間", "は", "生まれ", "ながら", "に", "して", "自由", "で", "あり"],
    "thai, unspaced": ["มนุษย์", "ทั้งหลาย", "เกิด", "มา", "มี", "อิสระ"],
}
RIGHT_TO_LEFT = frozenset({"hebrew", "arabic"})

Spot = Callable[[float, float], tuple[float, float]]


@dataclass
class KnownPage:
    """A page's lines, each with the kind under which scores are reported."""

    kinds: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def recognized(self, page: Page) -> RecognizedPage:
        return RecognizedPage(page, Recognition(tuple(self.lines), recognizer="known"))


def blank_page(picture: Picture, number: int = 1) -> Page:
    return Page(number, f"page {number}", picture, WIDTH, HEIGHT, (DPI, DPI))


def _turned(x: float, y: float, degrees: float) -> Spot:
    """Return the map from coordinates along and below a line's top left corner to the page."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda along, below: (x + along * cosine - below * sine, y + along * sine + below * cosine)


def _ink_width(text: str, height: float, chance: random.Random) -> float:
    wide = sum(1.0 if ord(character) > 0x2E80 else 0.5 for character in text)
    return height * max(0.25, wide) * chance.uniform(0.75, 1.1)


def make_line(
    texts: list[str],
    x: float,
    y: float,
    height: float,
    chance: random.Random,
    *,
    degrees: float = 0.0,
    spaced: bool = True,
    gaps: tuple[float, float] = (0.2, 0.6),
    right_to_left: bool = False,
) -> Line:
    """Return a line whose leftmost word has its top left corner at (x, y)."""
    spot, along, words = _turned(x, y, degrees), 0.0, []
    for text in reversed(texts) if right_to_left else texts:
        width = _ink_width(text, height, chance)
        corners = (spot(along, 0), spot(along + width, 0), spot(along + width, height), spot(along, height))
        words.append(Word(text, Quad(corners), round(chance.random(), 3)))
        along += width + height * (chance.uniform(*gaps) if spaced else chance.uniform(0.0, 0.08))
    if right_to_left:
        words.reverse()
    text = (" " if spaced else "").join(texts)
    return Line(text, Quad.around(word.quad for word in words), tuple(words))


def make_column(texts: list[str], x: float, y: float, size: float, chance: random.Random) -> Line:
    """Return a column of upright characters."""
    words = []
    for text in texts:
        for character in text:
            words.append(Word(character, Quad.from_box(x, y, x + size, y + size)))
            y += size * chance.uniform(1.0, 1.08)
    return Line("".join(texts), Quad.around(word.quad for word in words), tuple(words))


def straight_page(seed: int, words: int = 300) -> KnownPage:
    """Return a page of horizontal Latin lines with space between them."""
    chance, page = random.Random(seed), KnownPage()
    y = 180.0
    while sum(len(line.words) for line in page.lines) < words:
        height = chance.uniform(38, 60)
        texts = [chance.choice(LATIN) for _ in range(10)]
        page.lines.append(make_line(texts, 150, y, height, chance))
        page.kinds.append("straight")
        y += height * chance.uniform(1.25, 1.7)
    return page


def hard_page(seed: int) -> KnownPage:
    """Return a page with each difficult kind of line once."""
    chance, page = random.Random(seed), KnownPage()
    y = 150.0

    def add(kind: str, line: Line) -> None:
        page.kinds.append(kind)
        page.lines.append(line)

    for script, texts in SCRIPTS.items():
        height = chance.uniform(40, 70)
        add(script, make_line(texts, 150, y, height, chance, right_to_left=script in RIGHT_TO_LEFT))
        y += 2.1 * height
    for script, texts in UNSPACED.items():
        add(script, make_line(texts, 150, y, 50, chance, spaced=False))
        y += 110
    for kind, gaps in {"tight": (0.02, 0.15), "wide gaps": (1.5, 4.0)}.items():
        add(kind, make_line(chance.choices(LATIN, k=6), 150, y, 50, chance, gaps=gaps))
        y += 90
    for tilt in (0.3, -0.7, 1.5, -2.5):
        y += 60
        add(f"tilt {tilt}", make_line(chance.choices(LATIN, k=6), 150, y, 50, chance, degrees=tilt))
        y += 110
    for tilt in (-12.0, 7.0, 4.0):
        y += 100
        add(f"tilt {tilt}", make_line(chance.choices(LATIN, k=4), 150, y, 55, chance, degrees=tilt))
        y += 150
    for _ in range(4):
        add("overlap", make_line(chance.choices(LATIN, k=6), 150, y, 60, chance))
        y += 60 * chance.uniform(0.68, 0.8)
    add("90", make_line(chance.choices(LATIN, k=5), 2300, 200, 50, chance, degrees=90))
    add("270", make_line(chance.choices(LATIN, k=5), 1900, 1800, 50, chance, degrees=-90))
    add("column", make_column(["人人生而自由", "在尊严"], 2100, 300, 55, chance))
    add("column, one word", _one_word_column("権利上平等", 2100, 1200, 55))
    return page


MIXED: dict[str, list[str]] = {
    "latin": ["rain", "box", "Łódź", "my", "ink", "1947", "liquor", "I"],
    "greek": ["γράμμα", "μελάνι", "Η", "αγαπητή"],
    "cyrillic": ["письмо", "чернила", "Дорогая", "Анна", "и"],
    "armenian": ["նամակ", "թանաք", "սիրելի"],
    "devanagari": ["पत्र", "नमस्ते", "दुनिया", "स्याही"],
    "thai": ["จดหมาย", "สวัสดี", "โลก", "หมึก"],
    "korean": ["편지", "안녕하세요", "사랑하는", "나의"],
    "chinese, spaced": ["認識", "世界", "편지", "手書き", "box"],
    "hebrew": ["מכתב", "עולם", "שלום", "יקר"],
    "arabic": ["رسالة", "مرحبا", "بالعالم", "عزيزي"],
}
TILTS = (0.0, 0.0, 0.0, 0.3, -0.7, 1.5, -1.5, 2.5, -2.5, 4.0, -4.0, 7.0, -7.0, -12.0)


def mixed_page(seed: int) -> KnownPage:
    """Return a page of lines in many scripts and at many angles, which repeat words and nearly touch."""
    chance, page, top = random.Random(seed), KnownPage(), 150.0
    while top < HEIGHT - 600:
        script, tilt, height = chance.choice(list(MIXED)), chance.choice(TILTS), chance.uniform(40, 70)
        texts = chance.choices(MIXED[script], k=chance.randint(4, 8))
        x, y = 150.0, top + max(0.0, -math.sin(math.radians(tilt))) * 2000
        line = make_line(texts, x, y, height, chance, degrees=tilt, right_to_left=script in RIGHT_TO_LEFT)
        page.kinds.append(script)
        page.lines.append(line)
        top = line.quad.bounds[3] + height * chance.uniform(-0.25, 0.4)
    return page


def _one_word_column(text: str, x: float, y: float, size: float) -> Line:
    quad = Quad.from_box(x, y, x + size, y + size * len(text))
    return Line(text, quad, (Word(text, quad),))


def known_pages(make: Callable[[int], KnownPage], count: int) -> Iterator[KnownPage]:
    return (make(seed) for seed in range(count))
