"""A page as a file with text describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    is_position
        Whether ``number`` is the position in the document for certain, because penstock wrote the file.
    """

    recognition: Recognition
    width: float | None = None
    height: float | None = None
    picture: str = ""
    dpi: tuple[float, float] | None = None
    number: int | None = None
    problems: tuple[str, ...] = ()
    is_relative: bool = False
    is_position: bool = False


def page_numbers(stated: Sequence[int | None], *, are_positions: bool) -> list[int]:
    """Return the numbers of a file's pages, from the numbers that the file states.

    Numbers that increase from 1 count, also with gaps: a page that failed is not in the file. Files with
    other numbers (an excerpt of a book, or the number 1 on each page) have the pages 1, 2, 3 and so on.

    Parameters
    ----------
    stated
        The numbers that the file states.
    are_positions
        Whether they are positions in the document for certain. Then they need not start with 1, because the
        first page may have failed.
    """
    numbers = [number for number in stated if number is not None]
    is_increasing = all(first < second for first, second in pairwise(numbers))
    if len(numbers) == len(stated) and is_increasing and (are_positions or numbers[:1] == [1]):
        return numbers
    return list(range(1, len(stated) + 1))
