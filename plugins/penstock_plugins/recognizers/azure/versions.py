"""What each version of the services takes, as data.

From the services' swaggers and documentation; where two sources disagree the smaller number stands. A
megabyte is counted as a million bytes, so that both ways of counting are kept to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["paid", "free"]

MB = 1_000_000
FREE_BYTES = 4 * MB


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture may be: bytes at most, and pixels along its shortest and its longest side."""

    max_bytes: int
    min_side: int
    max_side: int

    def for_tier(self, tier: Tier) -> PictureLimits:
        """The same on the free tier, where four megabytes are the most."""
        max_bytes = min(FREE_BYTES, self.max_bytes) if tier == "free" else self.max_bytes
        return PictureLimits(max_bytes, self.min_side, self.max_side)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an API.

    Parameters
    ----------
    path
        Where pictures are submitted.
    pictures
        What it takes on the paid tier.
    options
        The options of the recognizer that it understands.
    """

    path: str
    pictures: PictureLimits
    options: frozenset[str] = frozenset()


_SMALL = PictureLimits(20 * MB, 50, 4200)
_MIDDLE = PictureLimits(50 * MB, 50, 10_000)
_LARGE = PictureLimits(500 * MB, 50, 10_000)

ReadVersion = Literal["2.0", "2.1", "3.0", "3.1", "3.2"]

READ: dict[str, Version] = {
    "2.0": Version("vision/v2.0/read/core/asyncBatchAnalyze", _SMALL, frozenset({"recognize_text"})),
    "2.1": Version("vision/v2.1/read/core/asyncBatchAnalyze", _SMALL, frozenset({"recognize_text"})),
    "3.0": Version("vision/v3.0/read/analyze", _MIDDLE, frozenset({"language"})),
    "3.1": Version("vision/v3.1/read/analyze", _MIDDLE, frozenset({"language"})),
    "3.2": Version(
        "vision/v3.2/read/analyze", _LARGE, frozenset({"language", "model_version", "reading_order"})
    ),
}

DocumentVersion = Literal["2023-07-31", "2024-11-30"]

DOCUMENT: dict[str, Version] = {
    "2023-07-31": Version("formrecognizer/documentModels/prebuilt-read:analyze", _LARGE),
    "2024-11-30": Version("documentintelligence/documentModels/prebuilt-read:analyze", _LARGE),
}
