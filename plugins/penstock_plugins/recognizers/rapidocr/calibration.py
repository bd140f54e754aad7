"""What a word's confidence means: the share of words with it that are right.

The networks are too sure of themselves, and a word that the language model chose has the probabilities of
letters that it was chosen in spite of. The tables give the share of right words at some confidences, and are
interpolated between them. They were fitted by `training/fit_confidences.py` on 5,322 words of
handwriting that no network was trained on. Printed words are right more often than the tables say.

Thresholds within the recognizer, such as `min_confidence`, are compared with the networks' own confidences.
"""

from __future__ import annotations

import numpy as np

Table = tuple[tuple[float, float], ...]  # confidence of the network, share of right words

PLAIN: Table = (
    (0.264, 0.027), (0.343, 0.038), (0.385, 0.049), (0.509, 0.335), (0.75, 0.384), (0.83, 0.578),
    (0.875, 0.589), (0.911, 0.665), (0.939, 0.708), (0.962, 0.822), (0.978, 0.876), (0.989, 0.908),
    (0.995, 0.951), (0.999, 0.962),
)  # fmt: skip
"""For words as a network read them."""
DECODED: Table = (
    (0.329, 0.459), (0.492, 0.486), (0.631, 0.6), (0.744, 0.607), (0.801, 0.687), (0.861, 0.711),
    (0.912, 0.776), (0.962, 0.844), (0.995, 0.946),
)  # fmt: skip
"""For words that decoding changed."""


def calibrated(confidence: float, *, is_decoded: bool) -> float:
    """Return the probability from 0 to 1 that a word is right, given the mean confidence of its letters."""
    confidences, shares = zip(*(DECODED if is_decoded else PLAIN), strict=True)
    return round(float(np.interp(confidence, confidences, shares)), 4)
