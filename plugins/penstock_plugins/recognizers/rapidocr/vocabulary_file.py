"""Read the file of the option ``vocabulary``: names and places, one entry of one or more words per line."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16, whose mark for little endian is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")  # control characters that no text file contains
ONE_PER_LINE = "write one name per line into a text file in UTF-8"


@dataclass(frozen=True, slots=True)
class VocabularyFile:
    """The content of a vocabulary file.

    Attributes
    ----------
    text
        The decoded file.
    digest
        SHA-256 of the file's bytes, in hexadecimal digits.
    remark
        What the user should know about the encoding; empty if it is certain.
    """

    text: str
    digest: str
    remark: str = ""


def read_vocabulary(path: Path) -> VocabularyFile:
    """Read a vocabulary file, in the encoding of its byte order mark, in UTF-8 or in Windows-1252.

    Raises ValueError for a file that is missing, cannot be read, is no text, or has no entry in it.
    """
    if path.is_dir():
        raise ValueError(f"vocabulary must be a text file, but {path} is a folder; {ONE_PER_LINE}")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"vocabulary: there is no file {path}; check the path") from None
    except OSError as error:
        raise ValueError(f"vocabulary: cannot read {path} ({error.strerror}); check the file") from None
    text, remark = _decoded(content, path)
    if _BINARY.search(text):
        raise ValueError(f"vocabulary must be a text file, but {path} is none; {ONE_PER_LINE}")
    if not any(any(map(str.isalpha, line)) and not any(map(str.isdigit, line)) for line in text.splitlines()):
        raise ValueError(f"vocabulary: {path} has no entry of letters without digits; {ONE_PER_LINE}")
    return VocabularyFile(text, hashlib.sha256(content).hexdigest(), remark)


def _decoded(content: bytes, path: Path) -> tuple[str, str]:
    """Return the text, and a remark if its encoding was guessed."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), ""
            except UnicodeError:
                name = encoding.removesuffix("-sig").upper()
                what = f"vocabulary: {path} begins like {name}, but has another encoding; save it as UTF-8"
                raise ValueError(what) from None
    try:
        return content.decode(), ""
    except UnicodeDecodeError:
        remark = f"the vocabulary {path} is not in UTF-8: it was read as Windows-1252; save it as UTF-8"
    try:
        return content.decode("cp1252"), remark
    except UnicodeDecodeError:  # five bytes have no character in Windows-1252
        return content.decode("latin-1"), remark
