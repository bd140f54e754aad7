"""What a word's confidence means: the share of words with it that are right.

The networks are too sure of themselves, and a word that the language model chose has the probabilities of
letters that it was chosen in spite of. The tables give the share of right words at some confidences, and are
interpolated between them. They were fitted by `training/fit_confidences.py` on 3,566 words of
handwriting that no network was trained on. Printed words are right more often than the tables say.

Thresholds within the recognizer, such as `min_confidence`, are compared with the networks' own confidences.
"""

from __future__ import annotations

import numpy as np

Table = tuple[tuple[float, float], ...]  # confidence of the network, share of right words

PLAIN: Table = (
    (0.513, 0.04), (0.673, 0.068), (0.746, 0.146), (0.784, 0.241), (0.818, 0.277), (0.856, 0.358),
    (0.891, 0.511), (0.925, 0.591), (0.954, 0.664), (0.982, 0.832), (0.998, 0.92),
)  # fmt: skip
"""For words as the network read them."""
DECODED: Table = (
    (0.506, 0.541), (0.76, 0.571), (0.885, 0.634), (0.936, 0.767), (0.969, 0.788), (0.99, 0.882)
)  # fmt: skip
"""For words that decoding changed."""


def calibrated(confidence: float, *, is_decoded: bool) -> float:
    """Return the probability from 0 to 1 that a word is right, given the mean confidence of its letters."""
    confidences, shares = zip(*(DECODED if is_decoded else PLAIN), strict=True)
    return round(float(np.interp(confidence, confidences, shares)), 4)
