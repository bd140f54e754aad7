"""Limits and paths of each version of the services.

From the services' Swagger files and documentation ("Read API: input requirements", "Document Intelligence:
service quotas and limits"). Where two sources disagree, the smaller limit is used. A megabyte counts as a
million bytes, which satisfies both definitions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Tier = Literal["paid", "free"]

MB = 1_000_000
FREE_BYTES = 4 * MB


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Largest size of a file in bytes, and the range of its sides in pixels."""

    max_bytes: int
    min_side: int
    max_side: int

    def for_tier(self, tier: Tier) -> PictureLimits:
        """Return the limits in a tier; the free one accepts at most four megabytes."""
        return replace(self, max_bytes=min(FREE_BYTES, self.max_bytes)) if tier == "free" else self


@dataclass(frozen=True, slots=True)
class ApiVersion:
    path: str  # of a submit
    pictures: PictureLimits  # in the paid tier
    options: frozenset[str] = frozenset()  # options of the recognizer that not all versions have


_SMALL = PictureLimits(20 * MB, 50, 4200)
_MIDDLE = PictureLimits(50 * MB, 50, 10_000)
_LARGE = PictureLimits(500 * MB, 50, 10_000)

ReadVersion = Literal["2.0", "2.1", "3.0", "3.1", "3.2"]

READ: dict[str, ApiVersion] = {
    "2.0": ApiVersion("vision/v2.0/read/core/asyncBatchAnalyze", _SMALL, frozenset({"recognize_text"})),
    "2.1": ApiVersion("vision/v2.1/read/core/asyncBatchAnalyze", _SMALL, frozenset({"recognize_text"})),
    "3.0": ApiVersion("vision/v3.0/read/analyze", _MIDDLE, frozenset({"language"})),
    "3.1": ApiVersion("vision/v3.1/read/analyze", _MIDDLE, frozenset({"language"})),
    "3.2": ApiVersion(
        "vision/v3.2/read/analyze", _LARGE, frozenset({"language", "model_version", "reading_order"})
    ),
}

DocumentVersion = Literal["2023-07-31", "2024-11-30"]

DOCUMENT: dict[str, ApiVersion] = {
    "2023-07-31": ApiVersion("formrecognizer/documentModels/prebuilt-read:analyze", _LARGE),
    "2024-11-30": ApiVersion("documentintelligence/documentModels/prebuilt-read:analyze", _LARGE),
}
