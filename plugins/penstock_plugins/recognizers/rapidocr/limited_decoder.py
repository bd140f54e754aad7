"""A CTC decoder that gives only characters of some scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.scripts import Script, script_of


class LimitedDecoder:
    """rapidocr's decoder, with the probabilities of all other characters set to 0.

    Digits, punctuation and symbols are of no script and always allowed. The probabilities of the others are
    not scaled up: a letter that the model took for one of another script keeps its low confidence.
    """

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        # The list begins with the blank, which has a name instead of a character.
        characters = [name if len(name) == 1 else " " for name in decoder.character]
        self._scripts = np.array([script_of(character) or "" for character in characters])
        self._allowed: NDArray[np.bool_] | None = None
        self._limit: frozenset[Script] | None = None

    def limit(self, scripts: frozenset[Script] | None) -> None:
        """Allow these scripts only from now on; all, for None."""
        if scripts != self._limit:
            self._limit = scripts
            self._allowed = None if scripts is None else np.isin(self._scripts, ["", *scripts])

    def __call__(self, probabilities: NDArray[np.float32], *arguments: Any, **options: Any) -> Any:
        """Decode the probabilities of strips by columns by characters."""
        if self._allowed is not None:
            probabilities = probabilities * self._allowed
        return self._decoder(probabilities, *arguments, **options)
