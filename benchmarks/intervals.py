"""Bootstrap intervals of a mean over pages, and of the difference between two runs on the same pages.

B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13: percentile intervals.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

SAMPLES = 10_000
SEED = 1
COVERAGE = 95  # percent of the samples that an interval contains
Measures = dict[str, dict[str, float]]  # by page: "errors" (CER) and "words" (share found)


def interval(values: list[float]) -> tuple[float, float]:
    """Return the interval of the mean if the pages were drawn again."""
    drawn = np.random.default_rng(SEED).integers(0, len(values), (SAMPLES, len(values)))
    means = np.array(values)[drawn].mean(axis=1)
    low, high = np.percentile(means, [(100 - COVERAGE) / 2, (100 + COVERAGE) / 2])
    return float(low), float(high)


def summary(name: str, pages: Measures) -> list[str]:
    """Return lines with the means, their intervals and the worst page."""
    lines = [f"{name}: {len(pages)} pages, {COVERAGE} % intervals of the mean, pages resampled"]
    for field in ("errors", "words"):
        values = [page[field] for page in pages.values()]
        lines.append(_row(field, values))
    worst, measures = max(pages.items(), key=lambda item: item[1]["errors"])
    lines.append(f"  worst page: {worst}, CER {measures['errors']:.3f}, words {measures['words']:.1%}")
    return lines


def comparison(name: str, pages: Measures, other: str, before: Measures) -> list[str]:
    """Return lines with the mean differences to another run on the pages that both have."""
    common = [page for page in pages if page in before]
    if not common:
        return [f"{name} - {other}: no page in common"]
    rows = [
        _row(field, [pages[page][field] - before[page][field] for page in common])
        for field in ("errors", "words")
    ]
    return [f"{name} - {other}: {len(common)} pages, paired", *rows]


def _row(field: str, values: list[float]) -> str:
    low, high = interval(values)
    mean = float(np.mean(values))
    if field == "errors":
        return f"  CER   {mean:7.3f} ({low:.3f} to {high:.3f})"
    return f"  words {mean:7.1%} ({low:.1%} to {high:.1%})"


def saved(path: Path) -> dict[str, Measures]:
    """Return the measures of an earlier run, by engine."""
    measures: dict[str, Measures] = json.loads(path.read_text("utf-8"))
    return measures


def save(path: Path, measures: dict[str, Measures]) -> None:
    path.write_text(json.dumps(measures, indent=1, ensure_ascii=False) + "\n", "utf-8")
