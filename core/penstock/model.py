"""What penstock talks about: documents, pages, places on a page, and what was read there.

Everything here is frozen and checks itself when made. Places are in pixels of a *frame*: origin at the
top left, x to the right, y down. A page's own frame is its picture turned upright (EXIF, TIFF or PDF
rotation applied); every recognition that leaves the engine stands in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from penstock.errors import sort_of
from penstock.geometry import Homography, Point, Quad, unit

UPRIGHT = 1
"""EXIF orientation of a picture that is stored as it is to be seen."""

ExistingText = Literal["auto", "skip", "add", "redo"]
"""What to do with a page of a PDF that has text already.

"auto" leaves a page alone that is nothing but text, and adds to others what is not there yet; "skip" leaves
every page with text alone; "add" adds all that is read; "redo" takes out text that is invisible first.
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the bytes of a picture are: a file, one of its frames, and the file as it was when found.

    Parameters
    ----------
    path
        Absolute.
    page_index
        Index of the page in a TIFF or PDF file, counted from 0; 0 for other files.
    size, modified_ns
        Of the file when it was found, in bytes and nanoseconds, so that whoever opens it later can tell
        whether it is still the same. None where nobody looked.
    url
        Where it was downloaded from, whole; never shown, since its query may hold a signature.
    """

    path: Path
    page_index: int = 0
    size: int | None = None
    modified_ns: int | None = None
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One picture to read.

    Parameters
    ----------
    number
        Place in its document, counted from 1.
    origin
        What people call it: a path or URL as they gave it, with its frame where a file has several.
    picture
        Where its bytes are.
    width, height
        Of the page's frame, upright, in pixels.
    dpi
        Pixels per inch across and down the upright page, where the file says it and it is believable.
    orientation
        EXIF orientation (1 to 8) of the stored picture: how it has to be turned to stand upright.
    to_page
        Only for a page that a transform made: the map from places in *its* picture to places in the
        page's own frame.
    existing_recognition
        The page's text, if the source already has it (a born-digital PDF). Such a page is not sent to any
        recognizer.
    existing_text
        What a sink that adds text to a page of a PDF does about the text that is there.
    note
        Something about it that people should know and that fails nothing; the report says it.
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
            raise ValueError(f"pages are counted from 1, not {self.number}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a page has an area, not {self.width} by {self.height} pixels")
        if not 1 <= self.orientation <= 8:
            raise ValueError(f"an EXIF orientation is 1 to 8, not {self.orientation}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be had or done, as data: it stands where the thing itself would.

    Parameters
    ----------
    what
        The thing: a path, a page's origin, a document's name, a component.
    why
        What is wrong with it, as a clause: "the picture is cut off".
    hint
        What to do about it. Empty where there is nothing to do.
    path
        The file it is about, where it is about one.
    """

    what: str
    why: str
    hint: str = ""
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Document:
    """What becomes one PDF, as a source gives it.

    Parameters
    ----------
    name
        Becomes ``{document}`` in the names of outputs.
    origin
        What people call it: the path or URL as they gave it.
    pages
        Walked once, lazily. A page that cannot be had is a `Problem` in its place.
    folder
        Where it lies below the place that was named, with forward slashes; becomes ``{folder}``.
    beside
        The absolute folder that its file lies in; becomes ``{beside}``. None: the current folder.
    """

    name: str
    origin: str
    pages: Iterable[Page | Problem]
    folder: str = ""
    beside: Path | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a document has a name")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a text is a str, not {sort_of(text)}")


def _check_share(owner: object, name: str, value: float | None) -> None:
    """Check a number from 0 to 1, and make numpy's kinds of it a float of our own, which JSON knows."""
    if value is None or (type(value) is float and 0 <= value <= 1):
        return
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} is from 0 to 1, not {value}")
    object.__setattr__(owner, name, number)


def _check_seconds(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is a number of seconds, not {value}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as a recognizer gave it.

    Parameters
    ----------
    text
        Never empty.
    quad
        Around its ink.
    confidence
        From 0 to 1, as the service said it; None if it did not.
    low_confidence
        Whether the service called it doubtful in words instead of a number (Azure v2: ``Low``).
    """

    text: str
    quad: Quad
    confidence: float | None = None
    low_confidence: bool = False

    def __post_init__(self) -> None:
        _check_text(self.text)
        _check_share(self, "confidence", self.confidence)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words, in the order of reading.

    Parameters
    ----------
    text
        The line as the recognizer wrote it; not always its words joined by spaces (Chinese).
    handwritten_probability
        Probability from 0 to 1 that the line is handwritten; None if the service did not say.
    language
        A BCP 47 tag, where the service said one.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...] = ()
    handwritten_probability: float | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.text)
        _check_share(self, "handwritten_probability", self.handwritten_probability)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was read on one page.

    Parameters
    ----------
    lines
        In the order of reading; empty for a page without text.
    angle
        Of the page's text in degrees, clockwise positive; None if the recognizer did not say.
    recognizer
        Who read it, with version or model: ``rapidocr 3.10.0``.
    language
        A BCP 47 tag, where the service said one for the whole page.
    raw
        The service's own answer, byte for byte; the journal keeps it where the pipeline asks for it.
    """

    lines: tuple[Line, ...] = ()
    angle: float | None = None
    recognizer: str = ""
    language: str | None = None
    raw: bytes | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.lines, tuple) or not all(isinstance(line, Line) for line in self.lines):
            raise TypeError("a recognition's lines are a tuple of Lines")
        if self.angle is not None:
            if not math.isfinite(self.angle):
                raise ValueError(f"an angle is a finite number of degrees, not {self.angle}")
            object.__setattr__(self, "angle", float(self.angle))

    @property
    def text(self) -> str:
        """Its lines, one under the other."""
        return "\n".join(line.text for line in self.lines)

    def mapped(self, places: Homography) -> Recognition:
        """The same recognition in another frame."""
        if places.is_identity:
            return self
        lines = tuple(
            Line(
                line.text,
                line.quad.mapped(places),
                tuple(
                    Word(word.text, word.quad.mapped(places), word.confidence, word.low_confidence)
                    for word in line.words
                ),
                line.handwritten_probability,
                line.language,
            )
            for line in self.lines
        )
        return Recognition(lines, _turned(self.angle, places), self.recognizer, self.language, self.raw)


def _turned(angle: float | None, places: Homography) -> float | None:
    """The page's angle as it is in the other frame, taken at the frame's origin."""
    if angle is None:
        return None
    start, end = places.apply((0.0, 0.0)), places.apply(unit(angle))
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


@dataclass(frozen=True, slots=True)
class Operation:
    """What a recognizer hands back for a page that it took.

    Parameters
    ----------
    data
        JSON-able; all that `poll` needs.
    durable
        Whether another process can still poll it.
    poll_after
        Seconds from now before which it makes no sense to ask; None leaves that to the engine.
    """

    data: Mapping[str, Any]
    durable: bool = False
    poll_after: float | None = None

    def __post_init__(self) -> None:
        _check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer of a `poll` that came too early.

    Parameters
    ----------
    poll_after
        Seconds from now before which it makes no sense to ask again; None leaves that to the engine.
    """

    poll_after: float | None = None

    def __post_init__(self) -> None:
        _check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recognizer's service can bear; the engine keeps to it.

    Parameters
    ----------
    calls_per_second
        Submits and polls together, out of one bucket.
    submits_per_second, polls_per_second
        Each out of a bucket of its own; they hold besides `calls_per_second`.
    in_flight
        Pages submitted and not yet read, at most.
    first_poll
        Seconds from a submit to its first poll, until the run has seen how long pages take.
    poll_interval
        Seconds between polls of one operation, at first and at most.
    attempts
        How often one call is tried before its page is given up.
    deadline
        Seconds that one page may take from its first submit on, all tries together.
    remote
        Whether pages leave this process for a service. What was sent to one may be billed, so it is
        written down before it leaves; a recognizer that reads here says False, and is spared that.
    price_per_1000
        What the service asks for a thousand pages, in any currency; None if nobody said.
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
        for rate in (self.calls_per_second, self.submits_per_second, self.polls_per_second):
            if rate is not None and not (math.isfinite(rate) and rate > 0):
                raise ValueError(f"a rate is a positive number of calls a second, not {rate}")
        if self.attempts < 1 or (self.in_flight is not None and self.in_flight < 1):
            raise ValueError("attempts and in_flight are at least 1")
        price = self.price_per_1000
        if price is not None and not (math.isfinite(price) and price >= 0):
            raise ValueError(f"price_per_1000 is what a thousand pages cost, not {price}")
        for name, seconds in (("first_poll", self.first_poll), ("deadline", self.deadline)):
            _check_seconds(name, seconds)
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
        Name of the recognizer that has or had the page; empty if there is none.
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
    """A page and what was read on it, in the page's own frame."""

    page: Page
    recognition: Recognition


class PageWalk(Protocol):
    """Pages that can be walked as often as one likes, loaded as they are walked."""

    def __iter__(self) -> Iterator[RecognizedPage]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RecognizedDocument:
    """A document whose pages were read, as a sink gets it.

    Parameters
    ----------
    pages
        In their order. Pages that failed are missing if the pipeline says ``on_failed_page = "skip"``;
        each page's number still says its place.
    """

    name: str
    origin: str
    pages: PageWalk
    folder: str = ""
    beside: Path | None = None


__all__ = [
    "Document",
    "EventContext",
    "ExistingText",
    "Homography",
    "Limits",
    "Line",
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
    "Word",
]
