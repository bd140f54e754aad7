"""A page as a file with text describes it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.model import Recognition


@dataclass(frozen=True, slots=True)
class TranscribedPage:
    """One page of a file with text.

    Parameters
    ----------
    recognition
        In pixels of a page of ``width`` x ``height``. Lengths in tenths of a millimetre or in 1/1200 inch
        are converted to pixels if the file gives a resolution or the size of the picture. Otherwise the
        recognition, ``width`` and ``height`` keep the file's unit.
    width, height
        Size of the page in the unit of the recognition; None if the file gives no usable size.
    picture
        Name of the picture as the file gives it; may be empty. Never opened by a reader.
    dpi
        Pixels per inch, across and down; None if the file gives none.
    number
        Page number that the file states, counted from 1; None if it states none.
    problems
        What could not be read or kept, one clause each: "the box of line 7 has a negative width".
    is_relative
        Whether coordinates are shares of the page's width and height, from 0 to 1. The page then has no size.
    """

    recognition: Recognition
    width: float | None = None
    height: float | None = None
    picture: str = ""
    dpi: tuple[float, float] | None = None
    number: int | None = None
    problems: tuple[str, ...] = ()
    is_relative: bool = False
