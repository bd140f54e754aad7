"""What a word's confidence means: the share of words with it that are right.

The networks are too sure of themselves, and a word that the language model chose has the probabilities of
letters that it was chosen in spite of. The tables give the share of right words at some confidences, and are
interpolated between them. They were fitted by `training/fit_confidences.py` on 5,689 words of
handwriting that no network was trained on. Printed words are right more often than the tables say.

Thresholds within the recognizer, such as `min_confidence`, are compared with the networks' own confidences.
"""

from __future__ import annotations

import numpy as np

Table = tuple[tuple[float, float], ...]  # confidence of the network, share of right words

PLAIN: Table = (
    (0.0, 0.0), (0.643, 0.404), (0.765, 0.44), (0.816, 0.532), (0.851, 0.596), (0.877, 0.61), (0.9, 0.702),
    (0.92, 0.716), (0.938, 0.723), (0.96, 0.804), (0.982, 0.893), (0.991, 0.914), (0.995, 0.936),
    (0.998, 0.957), (0.999, 0.964),
)  # fmt: skip
"""For words as a network read them. The first entry is not fitted: so low are words in scripts that it cannot
read, of which the fitted lines have none."""
DECODED: Table = (
    (0.296, 0.512), (0.475, 0.54), (0.566, 0.605), (0.671, 0.651), (0.751, 0.656), (0.796, 0.665),
    (0.828, 0.735), (0.862, 0.753), (0.899, 0.772), (0.94, 0.814), (0.975, 0.833), (0.994, 0.94),
)  # fmt: skip
"""For words that decoding changed."""


def calibrated(confidence: float, *, is_decoded: bool) -> float:
    """Return the probability from 0 to 1 that a word is right, given the mean confidence of its letters."""
    confidences, shares = zip(*(DECODED if is_decoded else PLAIN), strict=True)
    return round(float(np.interp(confidence, confidences, shares)), 4)
