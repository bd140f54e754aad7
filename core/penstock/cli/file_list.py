"""The list of `--files-from`: file names, one per line or separated by zero bytes (``find -print0``)."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path

from penstock.errors import Complaint, ConfigurationError

STANDARD_INPUT = "-"
OPTION = "--files-from"
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"%PDF-", b"II*\0", b"MM\0*", b"GIF8", b"RIFF")
"""First bytes of the pictures and PDFs that people name by mistake where a text file is expected."""


def names_in(given: str) -> list[str]:
    """Return the names in a list, exactly as they are written, without blank lines.

    There are no comments: a file's name may begin with "#". Names that are not UTF-8 are kept, too. Raises
    ConfigurationError for a list that cannot be read, is not a list, or has no name in it.
    """
    content = _content(given)
    if content.startswith(PICTURES):
        what = f"must be a list of names, but {_shown(given)} is a picture or a PDF"
        raise wrong(OPTION, what, "name it without the option")
    if b"\0" in content:
        parts = content.split(b"\0")
    else:
        parts = [line.rstrip(b"\r") for line in content.split(b"\n")]
    names = [os.fsdecode(part) for part in parts if part.strip()]
    if not names:
        raise wrong(OPTION, f"{_shown(given)} has no names in it", "write one name per line")
    return names


def is_picture(path: Path) -> bool:
    """Whether a file begins like a picture or a PDF."""
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(PICTURES)
    except OSError:
        return False


def _content(given: str) -> bytes:
    if given == STANDARD_INPUT:
        refuse_terminal(OPTION, "pipe names into it: find scans -name '*.jpg' | penstock read --files-from -")
        return sys.stdin.buffer.read()
    try:
        # Some editors begin a file with a byte order mark.
        return Path(given).read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise wrong(OPTION, f"there is no file {given!r}", "check the path") from None
    except OSError as error:
        raise wrong(OPTION, f"cannot read {given} ({error.strerror})", "check the path") from None
    except ValueError as error:  # a zero byte in the name
        raise wrong(OPTION, f"cannot read {given!r} ({error})", "check the path") from None


def refuse_terminal(place: str, instead: str) -> None:
    """Raise ConfigurationError if standard input is a terminal, where the command would wait for keys."""
    if sys.stdin.isatty():
        raise wrong(place, "standard input is a terminal", instead)


def _shown(given: str) -> str:
    return "standard input" if given == STANDARD_INPUT else given


def wrong(place: str, what: str, instead: str) -> ConfigurationError:
    return ConfigurationError([Complaint(place, what, instead)])
