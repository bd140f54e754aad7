"""Patterns for paths: ``*`` and ``?`` stop at slashes, ``**`` is any folders, ``[a-z]`` one letter.

Capitals count. A letter with an accent is the same letter in either of Unicode's forms: what one system
writes as one character, another one writes as two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

ANY_FOLDERS = "**"
WILD = re.compile(r"[*?\[]")
_CLASS = re.compile(r"\[([!^]?)(\]?[^]]*)\]")


def one_form(name: str) -> str:
    """A name in the one of Unicode's forms that patterns are compared in."""
    return unicodedata.normalize("NFC", name)


def _translated(part: str) -> str:
    regex, place = "", 0
    while place < len(part):
        letter, place = part[place], place + 1
        if letter == "*":
            regex += "[^/]*"
        elif letter == "?":
            regex += "[^/]"
        elif letter == "[" and (found := _CLASS.match(part, place - 1)):
            inside = found[2].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            regex += f"[{'^/' if found[1] else ''}{inside}]"
            place = found.end()
        else:
            regex += re.escape(letter)
    return regex


def _path_regex(pattern: str) -> re.Pattern[str]:
    """A pattern without a slash is for a name in any folder, one with a slash for the whole path."""
    parts = [part for part in one_form(pattern).split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError(f"{pattern!r} is an empty pattern; write for example *.jpg, or drafts/**")
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, ANY_FOLDERS)
    regex = ""
    for part in parts[:-1]:
        regex += "(?:[^/]+/)*" if part == ANY_FOLDERS else _translated(part) + "/"
    regex += ".+" if parts[-1] == ANY_FOLDERS else _translated(parts[-1])
    return _compiled(regex, pattern)


def _compiled(regex: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(regex, re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern ({error})") from None


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob as a shell takes it, below the folder that it starts in: a name with a dot wants to be named.

    Parameters
    ----------
    parts
        Between its slashes; None for any folders.
    """

    parts: tuple[re.Pattern[str] | None, ...]

    @classmethod
    def of(cls, parts: Iterable[str]) -> Glob:
        """From the parts of a path. Raises ValueError for one that means nothing."""
        return cls(tuple(None if part == ANY_FOLDERS else _part(part) for part in parts))

    def matches(self, names: tuple[str, ...]) -> bool:
        """Whether a file is meant, by the names of its path."""
        return _fits(self.parts, names, whole=True)

    def leads_to(self, names: tuple[str, ...]) -> bool:
        """Whether something may be meant that is in a folder."""
        return _fits(self.parts, names, whole=False)


def _part(part: str) -> re.Pattern[str]:
    hidden = "" if part.startswith(".") else r"(?!\.)"
    return _compiled(hidden + _translated(one_form(part)), part)


def _fits(parts: tuple[re.Pattern[str] | None, ...], names: tuple[str, ...], *, whole: bool) -> bool:
    if not names:
        return not parts if whole else bool(parts)
    if not parts:
        return False
    first, rest = parts[0], parts[1:]
    if first is not None:
        return bool(first.fullmatch(one_form(names[0]))) and _fits(rest, names[1:], whole=whole)
    deeper = not names[0].startswith(".") and (_fits(parts, names[1:], whole=whole) or not rest)
    return deeper or _fits(rest, names, whole=whole)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the paths below a folder are wanted.

    Parameters
    ----------
    include
        A path is wanted that one of them matches, or matches a folder above; none: every path.
    exclude
        But not one that one of these matches, or matches a folder above; each with the word for it.
    met
        Those of the words that have left something out so far.
    """

    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[tuple[str, re.Pattern[str]], ...] = ()
    met: set[str] = field(default_factory=set, compare=False)

    @classmethod
    def of(cls, include: Iterable[str], exclude: Iterable[str]) -> Selection:
        """From patterns as people write them. Raises ValueError for one that means nothing."""
        return cls(tuple(map(_path_regex, include)), tuple((word, _path_regex(word)) for word in exclude))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.include and not self.exclude

    def wants(self, path: str) -> bool:
        """Whether a file is wanted; its path is relative, with forward slashes."""
        return (not self.include or _matches(self.include, path)) and not self.leaves_out(path)

    def leaves_out(self, path: str) -> bool:
        """Whether a file is not wanted, or nothing that is in a folder: it need not be entered."""
        met = [word for word, pattern in self.exclude if _matches((pattern,), path)]
        self.met.update(met)
        return bool(met)

    def idle(self) -> list[str]:
        """What of exclude has left nothing out so far."""
        return [word for word, _ in self.exclude if word not in self.met]


def _matches(patterns: Iterable[re.Pattern[str]], path: str) -> bool:
    parts = one_form(path).split("/")
    above = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    return any(pattern.fullmatch(each) for pattern in patterns for each in above)


__all__ = ["WILD", "Glob", "Selection"]
