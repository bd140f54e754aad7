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
from typing import Any, Protocol

Point = tuple[float, float]

CORNERS = 4
UPRIGHT = 1
"""EXIF orientation of a picture that is stored as it is to be seen."""


@dataclass(frozen=True, slots=True)
class Quad:
    """Four corners of a word or line, in pixels, clockwise from the text's own top left.

    "The text's own" means that a line that runs upwards has its first corner at the bottom left of the
    page's frame: the side from the first corner to the second is always the direction of reading.
    """

    corners: tuple[Point, Point, Point, Point]

    def __post_init__(self) -> None:
        if len(self.corners) != CORNERS:
            raise ValueError(f"a quad has four corners, not {len(self.corners)}")
        if not all(math.isfinite(value) for corner in self.corners for value in corner):
            raise ValueError(f"a quad's corners are finite numbers, not {self.corners}")

    @classmethod
    def from_numbers(cls, numbers: Iterable[float]) -> Quad:
        """From eight numbers ``x1, y1 … x4, y4``, as the Azure services write a bounding box."""
        flat = [float(number) for number in numbers]
        if len(flat) != 2 * CORNERS:
            raise ValueError(f"a quad is made of eight numbers, not {len(flat)}")
        return cls.from_points(zip(flat[::2], flat[1::2], strict=True))

    @classmethod
    def from_points(cls, points: Iterable[Iterable[float]]) -> Quad:
        """From four ``(x, y)`` pairs of any kind of sequence."""
        pairs = [tuple(float(value) for value in point) for point in points]
        if len(pairs) != CORNERS or any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"a quad is made of four (x, y) pairs, not {pairs}")
        first, second, third, fourth = ((pair[0], pair[1]) for pair in pairs)
        return cls((first, second, third, fourth))

    @classmethod
    def from_box(cls, left: float, top: float, right: float, bottom: float) -> Quad:
        """An upright box."""
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def around(cls, quads: Iterable[Quad]) -> Quad:
        """The smallest box, turned as the first quad is, that holds all of them.

        Raises ValueError if there are none.
        """
        members = list(quads)
        if not members:
            raise ValueError("no quads to put a box around")
        angle = members[0].angle
        along, down = unit(angle), unit(angle + 90)
        places = [(dot(corner, along), dot(corner, down)) for quad in members for corner in quad.corners]
        left, right = min(u for u, _ in places), max(u for u, _ in places)
        top, bottom = min(v for _, v in places), max(v for _, v in places)
        return cls.from_points(
            (u * along[0] + v * down[0], u * along[1] + v * down[1])
            for u, v in ((left, top), (right, top), (right, bottom), (left, bottom))
        )

    @property
    def angle(self) -> float:
        """Direction of reading in degrees, clockwise positive, in (-180, 180]."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        return math.degrees(math.atan2((y2 - y1) + (y3 - y4), (x2 - x1) + (x3 - x4)))

    @property
    def width(self) -> float:
        """Length along the direction of reading, in pixels: the mean of the two long sides."""
        first, second, third, fourth = self.corners
        return (math.dist(first, second) + math.dist(fourth, third)) / 2

    @property
    def height(self) -> float:
        """Length across the direction of reading, in pixels."""
        first, second, third, fourth = self.corners
        return (math.dist(first, fourth) + math.dist(second, third)) / 2

    @property
    def center(self) -> Point:
        """The mean of the four corners."""
        return (sum(x for x, _ in self.corners) / CORNERS, sum(y for _, y in self.corners) / CORNERS)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The upright box around it: left, top, right, bottom."""
        xs = [x for x, _ in self.corners]
        ys = [y for _, y in self.corners]
        return (min(xs), min(ys), max(xs), max(ys))

    def mapped(self, places: PlaceMap) -> Quad:
        """The same quad in another frame. The order of its corners is kept."""
        return Quad.from_points(places.apply(corner) for corner in self.corners)


def unit(degrees: float) -> Point:
    """The vector of length one in a direction, clockwise positive from the x axis."""
    return (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def dot(first: Point, second: Point) -> float:
    """The scalar product."""
    return first[0] * second[0] + first[1] * second[1]


Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """A projective map from places in one frame to places in another: a 3 by 3 matrix, row by row."""

    rows: tuple[Row, Row, Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for row in self.rows for value in row):
            raise ValueError(f"a map's numbers are finite, not {self.rows}")

    @classmethod
    def scaling(cls, x: float, y: float) -> PlaceMap:
        """Multiplies places by ``x`` across and ``y`` down."""
        return cls(((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, 1.0)))

    @property
    def is_identity(self) -> bool:
        """Whether places stay where they are."""
        return self == PlaceMap()

    def apply(self, point: Point) -> Point:
        """Where a place lands. Raises ValueError for a place on the map's horizon."""
        x, y, w = (row[0] * point[0] + row[1] * point[1] + row[2] for row in self.rows)
        if w == 0:
            raise ValueError(f"the place {point} has no counterpart in the other frame")
        return (x / w, y / w)

    def then(self, after: PlaceMap) -> PlaceMap:
        """This map first, then ``after``."""
        columns = list(zip(*self.rows, strict=True))
        first, second, third = (
            tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
            for row in after.rows
        )
        return PlaceMap((_row(first), _row(second), _row(third)))


def _row(values: tuple[float, ...]) -> Row:
    return (values[0], values[1], values[2])


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the bytes of a picture are: a file, one of its frames, and the file as it was when found.

    Parameters
    ----------
    path
        Absolute.
    frame
        Counted from 0: a TIFF's page, 0 elsewhere.
    size, modified_ns
        Of the file when it was found, in bytes and nanoseconds, so that whoever opens it later can tell
        whether it is still the same. None where nobody looked.
    url
        Where it was downloaded from, whole; never shown, since its query may hold a signature.
    """

    path: Path
    frame: int = 0
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
    to_frame
        Only for a page that a transform made: the map from places in *its* picture to places in the
        page's own frame.
    """

    number: int
    origin: str
    picture: Picture
    width: int
    height: int
    dpi: tuple[float, float] | None = None
    orientation: int = UPRIGHT
    to_frame: PlaceMap = field(default_factory=PlaceMap)

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
    flagged_low
        Whether the service called it doubtful in words instead of a number (Azure v2: ``Low``).
    """

    text: str
    quad: Quad
    confidence: float | None = None
    flagged_low: bool = False

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence is from 0 to 1, not {self.confidence}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words, in the order of reading.

    Parameters
    ----------
    text
        The line as the recognizer wrote it; not always its words joined by spaces (Chinese).
    handwritten
        How probable it is that it was written by hand, 0 to 1; None if the service did not say.
    language
        A BCP 47 tag, where the service said one.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...] = ()
    handwritten: float | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if self.handwritten is not None and not 0 <= self.handwritten <= 1:
            raise ValueError(f"a probability is from 0 to 1, not {self.handwritten}")


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
    """

    lines: tuple[Line, ...] = ()
    angle: float | None = None
    recognizer: str = ""
    language: str | None = None

    @property
    def text(self) -> str:
        """Its lines, one under the other."""
        return "\n".join(line.text for line in self.lines)

    def mapped(self, places: PlaceMap) -> Recognition:
        """The same recognition in another frame."""
        if places.is_identity:
            return self
        lines = tuple(
            Line(
                line.text,
                line.quad.mapped(places),
                tuple(
                    Word(word.text, word.quad.mapped(places), word.confidence, word.flagged_low)
                    for word in line.words
                ),
                line.handwritten,
                line.language,
            )
            for line in self.lines
        )
        return Recognition(lines, _turned(self.angle, places), self.recognizer, self.language)


def _turned(angle: float | None, places: PlaceMap) -> float | None:
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


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer of a `poll` that came too early.

    Parameters
    ----------
    poll_after
        Seconds from now before which it makes no sense to ask again; None leaves that to the engine.
    """

    poll_after: float | None = None


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
    """

    calls_per_second: float | None = None
    submits_per_second: float | None = None
    polls_per_second: float | None = None
    in_flight: int | None = None
    first_poll: float = 1.0
    poll_interval: tuple[float, float] = (1.0, 5.0)
    attempts: int = 6
    deadline: float = 900.0


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page and what was read on it, in the page's own frame."""

    page: Page
    recognition: Recognition


class PageWalk(Protocol):
    """Pages that can be walked as often as one likes, loaded as they are walked."""

    def __iter__(self) -> Iterator[ReadPage]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ReadDocument:
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
    "Limits",
    "Line",
    "Operation",
    "Page",
    "PageWalk",
    "Pending",
    "Picture",
    "PlaceMap",
    "Point",
    "Problem",
    "Quad",
    "ReadDocument",
    "ReadPage",
    "Recognition",
    "Word",
]
