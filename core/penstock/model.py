"""The values that plugins and the engine exchange: documents, pages, recognitions, limits and events.

All values are frozen and check themselves when they are made. Coordinates are pixels: origin at the top
left, x to the right, y down. "Pixels of the page" are those of the page's picture turned upright (EXIF, TIFF
or PDF rotation applied). Every recognition that leaves the engine is in pixels of the page.
"""

from __future__ import annotations

import heapq
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from penstock.errors import sort_of
from penstock.geometry import Homography, Point, Quad, unit

StrPath = str | os.PathLike[str]
"""A path as functions accept it."""

UPRIGHT = 1
"""EXIF orientation of a picture that is stored upright."""

ExistingText = Literal["auto", "skip", "add", "redo"]
"""How to treat a page of a PDF that already has text.

"auto" keeps pages that consist of text alone, and adds missing words to the others; "skip" keeps every page
that has text; "add" adds all recognized words; "redo" first removes invisible text, then adds all words.
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a file.

    Parameters
    ----------
    path
        Absolute. A str is converted.
    page_index
        Index of the page in a TIFF or PDF file, counted from 0; 0 for other files.
    size, modified_ns
        Size in bytes and time of modification in nanoseconds when the file was found. The file is compared
        with them when it is opened again. None if they are not known.
    url
        The address the picture was downloaded from. Never shown, because its query may hold a signature.
    """

    path: Path
    page_index: int = 0
    size: int | None = None
    modified_ns: int | None = None
    url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.path, Path):
            object.__setattr__(self, "path", Path(self.path))


@dataclass(frozen=True, slots=True)
class Page:
    """One page to recognize.

    Parameters
    ----------
    number
        Position in the document, counted from 1.
    origin
        Path or URL as the user gave it, with the page of a file that has several. Shown in messages.
    picture
        The file that holds the page.
    width, height
        Size of the upright page in pixels.
    dpi
        Pixels per inch of the upright page, across and down; None if the file has no plausible value.
    orientation
        EXIF orientation (1 to 8) of the stored picture.
    to_page
        Homography from pixels of ``picture`` to pixels of the page. Only transforms set it.
    existing_recognition
        The page's text, if the source already has it (a born-digital PDF). The page is then not sent to a
        recognizer.
    existing_text
        How a sink treats text that a page of a PDF already has.
    note
        A remark about the page for the report. It is not a failure.
    """

    number: int
    origin: str
    picture: Picture
    width: int
    height: int
    dpi: tuple[float, float] | None = None
    orientation: int = UPRIGHT
    to_page: Homography = field(default_factory=Homography)
    existing_recognition: Recognition | None = field(default=None, repr=False)
    existing_text: ExistingText = "auto"
    note: str = ""

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError(f"number must be at least 1, got {self.number}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"width and height must be at least 1, got {self.width} x {self.height}")
        if not 1 <= self.orientation <= 8:
            raise ValueError(f"orientation must be from 1 to 8 (EXIF), got {self.orientation}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure or warning as a value. A source yields it in place of a document or page.

    Parameters
    ----------
    what
        What failed: a path, a page's origin, a document's name, a component.
    why
        The reason, as a clause: "the picture is cut off".
    hint
        What to do about it; may be empty.
    path
        The file that failed, if there is one.
    """

    what: str
    why: str
    hint: str = ""
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a source found.

    Parameters
    ----------
    name
        Replaces ``{document}`` in the names of outputs.
    origin
        Path or URL as the user gave it. Shown in messages.
    pages
        Iterated once, lazily. A `Problem` stands in place of a page that cannot be read.
    folder
        Folder of the document below the path that the user gave, with forward slashes. Replaces
        ``{folder}``.
    beside
        Absolute folder of the document's file. Replaces ``{beside}``; None means the current folder. A str
        is converted.
    """

    name: str
    origin: str
    pages: Iterable[Page | Problem]
    folder: str = ""
    beside: Path | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name must not be empty")
        if self.beside is not None and not isinstance(self.beside, Path):
            object.__setattr__(self, "beside", Path(self.beside))


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {sort_of(text)}")


def _check_probability(owner: object, name: str, value: float | None) -> None:
    if value is None or (type(value) is float and 0 <= value <= 1):
        return
    # numpy's numbers become floats here, because the json module does not write them.
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")
    object.__setattr__(owner, name, number)


def _check_seconds(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number of seconds, at least 0, got {value}")


@dataclass(frozen=True, slots=True)
class Word:
    """A recognized word.

    Parameters
    ----------
    text
        Not empty.
    quad
        Four corners around the word's ink.
    confidence
        From 0 to 1; None if the service gives none.
    low_confidence
        Whether the service marks the word as uncertain without giving a number (Azure v2: ``Low``).
    corrected
        Whether the text was corrected by hand. Such a word has no confidence.
    """

    text: str
    quad: Quad
    confidence: float | None = None
    low_confidence: bool = False
    corrected: bool = False

    def __post_init__(self) -> None:
        _check_text(self.text)
        _check_probability(self, "confidence", self.confidence)


@dataclass(frozen=True, slots=True)
class Line:
    """A recognized line.

    Parameters
    ----------
    text
        The line's text. Not always the words joined by spaces (Chinese).
    quad
        Four corners around the line.
    words
        In reading order.
    handwritten_probability
        From 0 to 1; None if the service gives none.
    language
        A BCP 47 tag; None if the service gives none.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...] = ()
    handwritten_probability: float | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.text)
        _check_probability(self, "handwritten_probability", self.handwritten_probability)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a recognizer returned for one page.

    Parameters
    ----------
    lines
        In reading order; empty for a page without text.
    angle
        Angle of the page's text in degrees, clockwise positive (hOCR's ``textangle`` is counter-clockwise);
        None if the recognizer gives none.
    recognizer
        Name and version or model: ``rapidocr 3.10.0``.
    language
        BCP 47 tag of the whole page; None if the service gives none.
    raw
        The service's response, unchanged. Stored only if the pipeline asks for it.
    note
        A remark about the result for the report of the run that received it, such as words that were left
        out. Not stored.
    """

    lines: tuple[Line, ...] = ()
    angle: float | None = None
    recognizer: str = ""
    language: str | None = None
    raw: bytes | None = field(default=None, repr=False, compare=False)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.lines, tuple) or not all(isinstance(line, Line) for line in self.lines):
            raise TypeError("lines must be a tuple of Lines")
        if self.angle is not None:
            if not math.isfinite(self.angle):
                raise ValueError(f"angle must be a finite number of degrees, got {self.angle}")
            object.__setattr__(self, "angle", float(self.angle))

    @property
    def text(self) -> str:
        """The text of all lines, joined by newlines."""
        return "\n".join(line.text for line in self.lines)

    def mapped(self, homography: Homography) -> Recognition:
        """Return the recognition with all coordinates mapped, and the angle turned accordingly."""
        if homography.is_identity:
            return self
        lines = tuple(
            replace(
                line,
                quad=line.quad.mapped(homography),
                words=tuple(replace(word, quad=word.quad.mapped(homography)) for word in line.words),
            )
            for line in self.lines
        )
        return replace(self, lines=lines, angle=_turned(self.angle, homography))


def _turned(angle: float | None, homography: Homography) -> float | None:
    """Return an angle after the mapping, measured at the origin."""
    if angle is None:
        return None
    start, end = homography.apply((0.0, 0.0)), homography.apply(unit(angle))
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


@dataclass(frozen=True, slots=True)
class Operation:
    """A submitted page whose result can be polled.

    Parameters
    ----------
    data
        Everything that `poll` needs. JSON-able.
    durable
        Whether another process can poll the operation, after a restart.
    poll_after
        Seconds to wait before the first poll; None lets the engine decide.
    """

    data: Mapping[str, Any]
    durable: bool = False
    poll_after: float | None = None

    def __post_init__(self) -> None:
        _check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Pending:
    """Result of a `poll` whose operation is not finished.

    Parameters
    ----------
    poll_after
        Seconds to wait before the next poll; None lets the engine decide.
    """

    poll_after: float | None = None

    def __post_init__(self) -> None:
        _check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates, deadlines and price of a recognizer's service. The engine keeps to them.

    Parameters
    ----------
    calls_per_second
        Rate of submits and polls together.
    submits_per_second, polls_per_second
        Rates of each, in addition to `calls_per_second`.
    in_flight
        Maximum number of pages that are submitted and not yet recognized.
    first_poll
        Seconds from a submit to its first poll, until the run has measured how long pages take.
    poll_interval
        Seconds between polls of one operation: the first interval, and the longest.
    attempts
        How often one call is tried before its page fails.
    deadline
        Seconds from the first submit of a page until the page fails, including all attempts.
    remote
        Whether pages are sent to a service that may bill them. Each submit is then stored before it is
        made. False for a recognizer that runs on this machine.
    price_per_1000
        Price of a thousand pages, in any currency; None if it is not known.
    """

    calls_per_second: float | None = None
    submits_per_second: float | None = None
    polls_per_second: float | None = None
    in_flight: int | None = None
    first_poll: float = 1.0
    poll_interval: tuple[float, float] = (1.0, 5.0)
    attempts: int = 6
    deadline: float = 900.0
    remote: bool = True
    price_per_1000: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls_per_second", "submits_per_second", "polls_per_second"):
            rate = getattr(self, name)
            if rate is not None and not (math.isfinite(rate) and rate > 0):
                raise ValueError(f"{name} must be a finite number greater than 0, got {rate}")
        for name in ("attempts", "in_flight"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, got {number}")
        price = self.price_per_1000
        if price is not None and not (math.isfinite(price) and price >= 0):
            raise ValueError(f"price_per_1000 must be a finite number, at least 0, got {price}")
        _check_seconds("first_poll", self.first_poll)
        _check_seconds("deadline", self.deadline)
        for seconds in self.poll_interval:
            _check_seconds("poll_interval", seconds)


@dataclass(frozen=True, slots=True)
class EventContext:
    """When and where an event happened. Every observer hook can take it as ``context``.

    Parameters
    ----------
    time
        Seconds since the epoch.
    run
        Identifies the run: the same for all its events, different for every run.
    page_key
        Identifies the page within its pipeline, in every run; empty for events that are not about a page.
    recognizer
        Name of the recognizer that has or had the page, else empty.
    attempt
        Number of the submit or poll, counted from 1; 0 where no call was made.
    """

    time: float
    run: str
    page_key: str = ""
    recognizer: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RecognizedPage:
    """A page and its recognition, in pixels of the page."""

    page: Page
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class MissingPage:
    """A page of a document that could not be found or recognized.

    Parameters
    ----------
    number
        Position in the document, counted from 1.
    why
        The reason, with the file or page that it is about: "scan3.jpg: the picture is cut off".
    """

    number: int
    why: str


class PageWalk(Protocol):
    """Pages that can be iterated any number of times. Each page is loaded when it is reached."""

    def __iter__(self) -> Iterator[RecognizedPage]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RecognizedDocument:
    """A document whose pages are recognized, as a sink receives it.

    Parameters
    ----------
    pages
        In order. Failed pages are missing; the numbers of the others do not change.
    missing
        With ``on_failed_page = "placeholder"`` the failed pages, in order. Iterated any number of times.
    """

    name: str
    origin: str
    pages: PageWalk
    folder: str = ""
    beside: Path | None = None
    missing: Iterable[MissingPage] = ()

    def all_pages(self) -> Iterator[RecognizedPage | MissingPage]:
        """Iterate over recognized and missing pages together, in order."""
        return heapq.merge(self.pages, self.missing, key=_number)


def _number(page: RecognizedPage | MissingPage) -> int:
    return page.number if isinstance(page, MissingPage) else page.page.number


__all__ = [
    "Document",
    "EventContext",
    "ExistingText",
    "Homography",
    "Limits",
    "Line",
    "MissingPage",
    "Operation",
    "Page",
    "PageWalk",
    "Pending",
    "Picture",
    "Point",
    "Problem",
    "Quad",
    "Recognition",
    "RecognizedDocument",
    "RecognizedPage",
    "StrPath",
    "Word",
]
