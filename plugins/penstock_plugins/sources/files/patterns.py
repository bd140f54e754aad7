"""Patterns for paths: ``*`` and ``?`` do not match slashes, ``**`` is any number of folders.

Patterns are case-sensitive. Names are compared in Unicode's form NFC, because file systems differ in whether
they store an accented letter as one or as two characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

ANY_FOLDERS = "**"
WILDCARD = re.compile(r"[*?\[]")
_CLASS = re.compile(r"\[([!^]?)(\]?[^]]*)\]")


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _regex(part: str) -> str:
    regex, position = "", 0
    while position < len(part):
        letter, position = part[position], position + 1
        if letter == "*":
            regex += "[^/]*"
        elif letter == "?":
            regex += "[^/]"
        elif letter == "[" and (found := _CLASS.match(part, position - 1)):
            inside = found[2].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            regex += f"[{'^/' if found[1] else ''}{inside}]"
            position = found.end()
        else:
            regex += re.escape(letter)
    return regex


def _path_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of `Selection`. Without a slash, it matches a name in any folder."""
    parts = [part for part in _nfc(pattern).split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError(f"{pattern!r} is an empty pattern; write for example *.jpg, or drafts/**")
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, ANY_FOLDERS)
    regex = ""
    for part in parts[:-1]:
        regex += "(?:[^/]+/)*" if part == ANY_FOLDERS else _regex(part) + "/"
    regex += ".+" if parts[-1] == ANY_FOLDERS else _regex(parts[-1])
    return _compiled(regex, pattern)


def _compiled(regex: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(regex, re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a valid pattern ({error})") from None


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob as a shell interprets it, relative to a folder. Hidden names must be written out."""

    # One pattern for each part of the path; None for any number of folders.
    parts: tuple[re.Pattern[str] | None, ...]
    names_suffix: bool
    """Whether it says which suffix files have, as ``*.jpg`` does and ``*`` does not."""

    @classmethod
    def of(cls, parts: Iterable[str]) -> Glob:
        """Compile the parts of a path. Raises ValueError for an invalid one."""
        parts = tuple(parts)
        patterns = tuple(None if part == ANY_FOLDERS else _glob_part(part) for part in parts)
        return cls(patterns, names_suffix="." in parts[-1])

    def matches(self, names: tuple[str, ...]) -> bool:
        """Return whether the glob matches a file, given by the parts of its path."""
        return _fits(self.parts, names, whole=True)

    def may_match_in(self, names: tuple[str, ...]) -> bool:
        """Return whether the glob may match something in a folder."""
        return _fits(self.parts, names, whole=False)


def _glob_part(part: str) -> re.Pattern[str]:
    hidden = "" if part.startswith(".") else r"(?!\.)"
    return _compiled(hidden + _regex(_nfc(part)), part)


def _fits(parts: tuple[re.Pattern[str] | None, ...], names: tuple[str, ...], *, whole: bool) -> bool:
    """Match names against parts: all of the parts, or a beginning of them."""
    if not names:
        return not parts if whole else bool(parts)
    if not parts:
        return False
    first, rest = parts[0], parts[1:]
    if first is not None:
        return bool(first.fullmatch(_nfc(names[0]))) and _fits(rest, names[1:], whole=whole)
    # "**" either takes this name and goes on, or ends here.
    deeper = not names[0].startswith(".") and (_fits(parts, names[1:], whole=whole) or not rest)
    return deeper or _fits(rest, names, whole=whole)


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns that select paths below a folder. One that matches a folder applies to all of its content."""

    include: tuple[re.Pattern[str], ...] = ()  # without any, every path is selected
    exclude: tuple[tuple[str, re.Pattern[str]], ...] = ()  # each with its text
    used: set[str] = field(default_factory=set, compare=False)  # texts of excludes that have matched so far

    @classmethod
    def of(cls, include: Iterable[str], exclude: Iterable[str]) -> Selection:
        return cls(tuple(map(_path_pattern, include)), tuple((text, _path_pattern(text)) for text in exclude))

    def selects(self, path: str) -> bool:
        """Return whether a file is selected. Its path is relative, with forward slashes."""
        return (not self.include or _matches(self.include, path)) and not self.excludes(path)

    def excludes(self, path: str) -> bool:
        """Return whether a file, or everything in a folder, is excluded."""
        used = [text for text, pattern in self.exclude if _matches((pattern,), path)]
        self.used.update(used)
        return bool(used)

    def unused(self) -> list[str]:
        """Return the exclude patterns that have not matched anything."""
        return [text for text, _ in self.exclude if text not in self.used]


def _matches(patterns: Iterable[re.Pattern[str]], path: str) -> bool:
    parts = _nfc(path).split("/")
    with_folders = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    return any(pattern.fullmatch(each) for pattern in patterns for each in with_folders)
