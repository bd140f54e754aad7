"""The bytes of an XML or HTML file as UTF-8, without declarations and without damage a parser stops at."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from pathlib import Path
from typing import BinaryIO

from penstock.errors import InvalidTranscription

CHUNK = 1 << 16  # bytes

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_DECLARED_ENCODING = re.compile(
    rb"""<\?xml[^>]*?\bencoding\s*=\s*["']\s*([\w.:-]+)|charset\s*=\s*["']?\s*([\w.:-]+)"""
)
_DECLARATION = re.compile(r"(?:\s*<\?xml[^>]*\?>)+")  # some files have two
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(
    r"((?>\s|<!--.*?-->|<\?.*?\?>)*+)<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)

_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-fA-F]+)|([0-9]+));|([A-Za-z][A-Za-z0-9]*);)?")
_KEPT_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_UNPARSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_UNDECODED = re.compile("[\udc80-\udcff]+")
_EMPTY_ELEMENT = re.compile(r"<(script|style|title|span|div|p|a|em|strong|b|i)(\s[^<>]*)?/>", re.IGNORECASE)
_CUT = re.compile(r"(?:&[#\w]*|<!?-?)\Z")
_SURROGATES = range(0xD800, 0xE000)
_LAST_CHARACTER = 0x10FFFF
_LONGEST_REFERENCE = 40  # characters; longer ones are not names of characters


def head_of(path: Path) -> str:
    """Return the start of a text file, up to 65,536 bytes, without its declarations and comments.

    Raises InvalidTranscription if the file cannot be read, or if it declares entities.
    """
    with opened(path) as file:
        start = file.read(CHUNK)
    return _COMMENT.sub("", _without_prolog(start.decode(encoding_of(start), "replace"), path)).lstrip(
        "\ufeff \t\r\n"
    )


def opened(path: Path) -> BinaryIO:
    """Open a file with text. Raises InvalidTranscription if that fails."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidTranscription(path, f"cannot be read ({error.strerror or error})") from error


def encoding_of(start: bytes) -> str:
    """Return the encoding of a file from its first bytes.

    Byte order marks win over declarations. A declaration of UTF-16 or of an unknown encoding is ignored in
    a file whose first bytes are ASCII. A declaration of a single-byte encoding is ignored if there are
    letters outside ASCII and all are valid UTF-8.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    declared = _DECLARED_ENCODING.search(start[:4096])
    name = (declared[1] or declared[2]).decode("ascii") if declared else "utf-8"
    try:
        name = codecs.lookup(name).name
        "<".encode(name)
    except (LookupError, UnicodeError, TypeError):
        return "utf-8"
    if name.startswith(("utf-16", "utf-32")) or (name != "utf-8" and not start.isascii() and _is_utf8(start)):
        return "utf-8"
    # What calls itself Latin-1 is Windows-1252 almost always, as the HTML standard has it.
    return "cp1252" if name == "iso8859-1" else name


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _without_prolog(text: str, path: Path) -> str:
    """Remove the XML declaration and the document type declaration, so that no parser acts on them."""
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    doctype = _DOCTYPE.match(text)
    if doctype is None:
        return text
    if "<!ENTITY" in (doctype[2] or ""):
        raise InvalidTranscription(
            path,
            "declares entities, which can name other files or expand without limit; they are not read",
            "remove the <!DOCTYPE ...> declaration if you trust the file",
        )
    return doctype[1] + text[doctype.end() :]


def markup_chunks(file: BinaryIO, path: Path, *, is_repaired: bool) -> Iterator[bytes]:
    """Iterate over the content of a file in UTF-8, without XML declaration and document type.

    Repaired content has no characters that XML forbids. Names of characters (``&nbsp;``) are replaced by
    the characters, single ampersands are escaped, and bytes that are not UTF-8 are read as Windows-1252.
    A comment without an end is text.

    Raises InvalidTranscription if the file declares entities or cannot be read.
    """
    try:
        start = file.read(CHUNK)
        encoding = encoding_of(start)
        decoder = codecs.getincrementaldecoder(encoding)(
            "surrogateescape" if encoding.startswith("utf-8") else "replace"
        )
        text = _without_prolog(decoder.decode(start), path)
        rest = ""
        while text or start:
            if is_repaired:
                text, rest = _split(rest + text)
                text = _repaired(text)
            yield text.encode("utf-8", "surrogateescape")
            start = file.read(CHUNK)
            text = decoder.decode(start, final=not start)
        yield _repaired(rest).encode("utf-8")
    except OSError as error:
        raise InvalidTranscription(path, f"cannot be read ({error.strerror or error})") from error


def _split(text: str) -> tuple[str, str]:
    """Split a chunk before a comment or reference that its end cuts in two."""
    comment = text.rfind("<!--")
    if comment >= 0 and "-->" not in text[comment:] and len(text) - comment <= CHUNK:
        return text[:comment], text[comment:]
    cut = _CUT.search(text, max(0, len(text) - _LONGEST_REFERENCE))
    return (text[: cut.start()], text[cut.start() :]) if cut else (text, "")


def _repaired(text: str) -> str:
    text = _REFERENCE.sub(_character, text) if "&" in text else text
    text = _UNPARSABLE.sub("", _UNDECODED.sub(_from_windows, text))
    # HTML ignores the slash of <span/>, and everything that follows would be in the span.
    text = _EMPTY_ELEMENT.sub(r"<\1\2></\1>", text)
    # A comment without an end would hide the rest of the file. Such "comments" are misread print.
    closed = text.rfind("-->") + 1
    return text[:closed] + text[closed:].replace("<!--", "&lt;!--")


def _from_windows(undecoded: re.Match[str]) -> str:
    return undecoded[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _character(reference: re.Match[str]) -> str:
    """Return what stands for a reference to a character; nothing for characters that XML forbids."""
    hexadecimal, decimal, name = reference.groups()
    if name:
        return reference[0] if name in _KEPT_NAMES else escape(html5.get(f"{name};", reference[0]))
    digits = hexadecimal or decimal
    if not digits:
        return "&amp;"
    code = int(digits[:12], 16 if hexadecimal else 10)
    is_allowed = code <= _LAST_CHARACTER and code not in _SURROGATES and not _UNPARSABLE.match(chr(code))
    return reference[0] if is_allowed else ""
