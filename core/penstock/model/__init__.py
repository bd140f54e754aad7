"""The values that plugins and the engine exchange: documents, pages, recognitions, limits and events.

All values are frozen and check themselves when they are made. Coordinates are pixels: origin at the top
left, x to the right, y down. "Pixels of the page" are those of the page's picture turned upright (EXIF, TIFF
or PDF rotation applied). Every recognition that leaves the engine is in pixels of the page.
"""

import os

from penstock.geometry import Homography, Point, Quad
from penstock.model.documents import (
    Document,
    MissingPage,
    PageWalk,
    Problem,
    RecognizedDocument,
    RecognizedPage,
)
from penstock.model.events import EventContext, StageTiming
from penstock.model.operations import Limits, Operation, Pending
from penstock.model.page_confidence import page_confidence
from penstock.model.pages import UPRIGHT, ExistingText, FilePage, Page, Picture
from penstock.model.prices import PriceStep
from penstock.model.recognition import Recognition, Region
from penstock.model.resources import Resources
from penstock.model.words import Alternative, Line, TextDirection, Word

StrPath = str | os.PathLike[str]
"""A path as functions accept it."""

__all__ = [
    "UPRIGHT",
    "Alternative",
    "Document",
    "EventContext",
    "ExistingText",
    "FilePage",
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
    "PriceStep",
    "Problem",
    "Quad",
    "Recognition",
    "RecognizedDocument",
    "RecognizedPage",
    "Region",
    "Resources",
    "StageTiming",
    "StrPath",
    "TextDirection",
    "Word",
    "page_confidence",
]
