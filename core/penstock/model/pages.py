"""Pictures and the pages in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from penstock.geometry import Homography
from penstock.model.recognition import Recognition

if TYPE_CHECKING:
    from penstock.storage import Place

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

    @property
    def place(self) -> Place:
        """Where the picture comes from: its address on object storage, else the path of its file."""
        from penstock.storage import Address, is_address

        return Address.parse(self.url) if self.url and is_address(self.url) else self.path


@dataclass(frozen=True, slots=True)
class FilePage:
    """A page of a file that holds the text of pages.

    Parameters
    ----------
    path
        The file.
    index
        Index of the page in the file, counted from 0.
    """

    path: Path
    index: int = 0

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"index must be at least 0, got {self.index}")


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
