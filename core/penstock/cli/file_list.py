"""The list of `--files-from`: names of files, one a line, or parted by zero bytes as `find -print0` does."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path

from penstock.errors import Complaint, ConfigurationError

STANDARD_INPUT = "-"
OPTION = "--files-from"
NO_LISTS = (b"\xff\xd8\xff", b"\x89PNG", b"%PDF-", b"II*\0", b"MM\0*", b"GIF8", b"RIFF")
"""How files begin that are to be read themselves."""


def names_in(given: str) -> list[str]:
    """The names in a list, each just as it stands there; blank lines are passed over.

    Every other line is a name, also one that begins with "#": files may be called so. Names that are no
    UTF-8 are the files' own, too.

    Raises
    ------
    ConfigurationError
        The list cannot be had, is none, or names nothing.
    """
    content = _content(given)
    if content.startswith(NO_LISTS):
        raise _wrong(
            f"{_shown(given)} is no list of names, but a picture or PDF", "name it without the option"
        )
    parts = (
        content.split(b"\0") if b"\0" in content else [line.rstrip(b"\r") for line in content.split(b"\n")]
    )
    names = [os.fsdecode(part) for part in parts if part.strip()]
    if not names:
        raise _wrong(f"{_shown(given)} names nothing to read", "write one name a line")
    return names


def _content(given: str) -> bytes:
    if given == STANDARD_INPUT:
        refuse_terminal(OPTION, "pipe names into it: find scans -name '*.jpg' | penstock read --files-from -")
        return sys.stdin.buffer.read()
    try:
        # Some editors begin a file with a mark that is none of its text.
        return Path(given).read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise _wrong(f"there is no file {given!r}", "check the path") from None
    except (OSError, ValueError) as error:
        raise _wrong(f"{given} cannot be read ({error})", "check the path") from None


def refuse_terminal(place: str, instead: str) -> None:
    """Raise ConfigurationError if nothing but a person's keys would come from standard input."""
    if sys.stdin.isatty():
        raise ConfigurationError([Complaint(place, "standard input is the terminal", instead)])


def _shown(given: str) -> str:
    return "standard input" if given == STANDARD_INPUT else given


def _wrong(what: str, instead: str) -> ConfigurationError:
    return ConfigurationError([Complaint(OPTION, what, instead)])


__all__ = ["STANDARD_INPUT", "names_in", "refuse_terminal"]
