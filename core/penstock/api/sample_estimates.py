"""What a sample of pages says about all pages: shares, costs and errors, with intervals."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.96
"""Standard deviations on each side of an interval that contains 95% of a normal distribution."""
RESAMPLES = 1000
SEED = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, and the 95% interval that the sample leaves for it."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Estimate:
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


def share(count: int, sampled: int, pages: int) -> Estimate:
    """Return the share of pages, of which ``count`` of ``sampled`` are. All ``pages`` may be in the sample.

    The interval is that of E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", 1927. The sample counts as larger if it is a good part of the pages.
    """
    value = count / sampled
    if sampled >= pages:
        return Estimate(value, value, value)
    size = sampled * (pages - 1) / (pages - sampled)
    middle = (value + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * math.sqrt(value * (1 - value) / size + Z**2 / (4 * size**2))
    return Estimate(value, max(0.0, middle - half), min(1.0, middle + half))


def mean(values: Sequence[float]) -> Estimate | None:
    """Return the mean with a bootstrap interval, the values resampled; None without values."""
    if not values:
        return None
    chance = random.Random(SEED)  # noqa: S311  no secret
    means = sorted(statistics.fmean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round(RESAMPLES * 0.025)
    return Estimate(statistics.fmean(values), means[cut], means[-cut - 1])
