"""What the offline recognizer's errors in handwriting cost, measured by `training/fit_confusions.py`.

A cost of 1 is that of an error that is hardly ever made. Errors that are not listed cost 1; pairs of letters
that are not listed are never one letter.
"""

SUBSTITUTED: dict[str, float] = {
    "ac": 0.85, "ae": 0.68, "ao": 0.56, "ar": 0.85, "as": 0.78, "au": 0.69, "bl": 0.62, "bs": 0.75,
    "ce": 0.75, "cf": 0.69, "cp": 0.77, "dl": 0.73, "ds": 0.74, "dt": 0.85, "ei": 0.65, "el": 0.87,
    "eo": 0.68, "er": 0.71, "es": 0.76, "eu": 0.68, "fp": 0.6, "fs": 0.64, "gj": 0.56, "gq": 0.45,
    "gy": 0.53, "hm": 0.65, "ij": 0.76, "in": 0.79, "io": 0.78, "ir": 0.71, "is": 0.85, "iu": 0.72,
    "js": 0.74, "ls": 0.76, "lt": 0.6, "mn": 0.54, "mu": 0.72, "nr": 0.64, "ns": 0.79, "nu": 0.54,
    "nv": 0.78, "ny": 0.8, "or": 0.8, "os": 0.78, "ou": 0.78, "ps": 0.73, "rs": 0.58, "rt": 0.79,
    "ru": 0.72, "rv": 0.65, "rx": 0.8, "rz": 0.73, "st": 0.64, "sv": 0.71, "sw": 0.8, "uv": 0.61,
}  # fmt: skip
"""Two letters of which one is read as the other."""

INSERTED: dict[str, float] = {
    "e": 0.5, "i": 0.57, "l": 0.71, "n": 0.68, "s": 0.62, "t": 0.71,
}  # fmt: skip
"""Letters that are read where there are none."""

DELETED: dict[str, float] = {
    "a": 0.68, "b": 0.54, "c": 0.49, "d": 0.56, "e": 0.49, "g": 0.53, "h": 0.47, "i": 0.54, "j": 0.45,
    "l": 0.53, "m": 0.54, "n": 0.51, "o": 0.59, "p": 0.5, "r": 0.46, "s": 0.46, "t": 0.56, "u": 0.6,
    "v": 0.59, "y": 0.4, "z": 0.4,
}  # fmt: skip
"""Letters that are not read."""

PAIRS: dict[str, float] = {
    "cea": 0.74, "rea": 0.74, "rum": 0.68, "sta": 0.81,
}  # fmt: skip
"""Two letters that are read as the third, or the third as the two."""
