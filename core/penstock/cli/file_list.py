"""The list of `--files-from`: file names, one per line or separated by zero bytes (``find -print0``)."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path, PureWindowsPath

from penstock.errors import Complaint, ConfigurationError

STANDARD_INPUT = "-"
OPTION = "--files-from"
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"%PDF-", b"II*\0", b"MM\0*", b"GIF8", b"RIFF")
"""First bytes of the pictures and PDFs that people name by mistake where a text file is expected."""
MARKS = (
    # Before UTF-16, whose mark for little endian is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, which some shells write, and their encodings."""
MOST_ZEROS = 0.4
"""Share of zero bytes from which a list is UTF-16. ``find -print0`` writes one after each name only."""


def names_in(given: str) -> list[str]:
    """Return the names in a list, exactly as they are written, without blank lines.

    There are no comments: a file's name may begin with "#". Names of files that are not UTF-8 are kept, too;
    a list with a byte order mark is decoded by it. Raises ConfigurationError for a list that cannot be read,
    is not a list, has no name in it, has another encoding, or names a whole disk, the current folder or a
    folder above it.
    """
    content = _content(given)
    if content.startswith(PICTURES):
        what = f"must be a list of names, but {_shown(given)} is a picture or a PDF"
        raise wrong(OPTION, what, "name it without the option")
    content = _decoded(content, given)
    if b"\0" in content:
        parts = content.split(b"\0")
    else:
        parts = [line.rstrip(b"\r") for line in content.split(b"\n")]
    names = [os.fsdecode(part) for part in parts if part.strip()]
    if not names:
        raise wrong(OPTION, f"{_shown(given)} has no names in it", "write one name per line")
    for name in names:
        _refuse_everything(name, given)
        _refuse_other_encodings(name, given)
    return names


def _decoded(content: bytes, given: str) -> bytes:
    """Return a list in UTF-8, or in the encoding of its file names if it has no byte order mark."""
    if content.startswith(codecs.BOM_UTF8):
        return content.removeprefix(codecs.BOM_UTF8)
    for mark, encoding in MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding).encode()
            except UnicodeError:
                what = f"{_shown(given)} begins like {encoding.upper()}, but has another encoding"
                raise wrong(OPTION, what, "save it as UTF-8") from None
    if content.count(b"\0") >= MOST_ZEROS * len(content) > 0:
        what = f"{_shown(given)} has a zero byte beside each letter, as UTF-16 does, but no byte order mark"
        raise wrong(OPTION, what, "save it as UTF-8")
    return content


def _refuse_everything(name: str, given: str) -> None:
    """Raise ConfigurationError for a name of a whole disk, of the current folder or of one above it.

    A damaged list holds such names by accident, and everything below them would be sent to a service.
    """
    written = name.strip()
    windows = PureWindowsPath(written)
    path = Path(os.path.normpath(Path.cwd() / written))
    if (windows.anchor and windows == PureWindowsPath(windows.anchor)) or path == path.parent:
        what = "is a whole disk or network share"
    elif path == Path.cwd():
        what = "is the current folder"
    elif path in Path.cwd().parents:
        what = "is a folder above the current one"
    else:
        return
    instead = f"name files or folders in it, or give {written} as an argument if all of it is to be read"
    raise wrong(OPTION, f"{_shown(given)} contains {written!r}, which {what}", instead)


def _refuse_other_encodings(name: str, given: str) -> None:
    """Raise ConfigurationError for a name in another encoding, such as Windows writes, that no file has."""
    if name.isascii() or os.path.lexists(name):
        return
    try:
        os.fsencode(name).decode()
    except UnicodeDecodeError:
        shown = os.fsencode(name).decode(errors="replace")
        what = f"{_shown(given)} is not in UTF-8, and no file has the name {shown!r}"
        raise wrong(OPTION, what, "save the list as UTF-8") from None


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
        return Path(given).read_bytes()
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
