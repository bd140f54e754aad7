"""What a document is called: by Content-Disposition (RFC 6266), by its address, or by its host.

The names come from outside: they are no paths, and nothing in them steers a terminal or a reader's eye.
`penstock.outputs` makes file names of them.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote, unquote_to_bytes

from penstock_plugins.sources.url.addresses import Address

Folders = Literal["none", "host", "address"]

_PARAMETER = re.compile(
    r';\s*(?P<name>[\w!#$%&+^`|~.-]+\*?)\s*=\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<token>[^;]*))'
)
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name_of(address: Address, disposition: str | None = None) -> str:
    """What a document is called.

    Parameters
    ----------
    address
        Where it was asked for.
    disposition
        The answer's Content-Disposition, as `http.client` gives it: bytes as Latin-1.
    """
    candidates = (disposed_name(disposition or ""), unquote(address.parts.path, errors="replace"))
    return next((name for each in candidates if (name := stem(each))), address.parts.hostname or "picture")


def stem(text: str) -> str:
    """The last part of what may look like a path, without its ending; empty if nothing is left of it."""
    visible = "".join(each for each in text if not _steers(each))
    last = visible.replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    return "" if set(last) <= {".", " "} else PurePosixPath(last).stem.strip()


def _steers(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDIRECTIONAL


def disposed_name(disposition: str) -> str:
    """The file name of a Content-Disposition, ``filename*`` before ``filename``; empty if it has none."""
    found = {match["name"].lower(): match for match in reversed(list(_PARAMETER.finditer(";" + disposition)))}
    if extended := found.get("filename*"):
        charset, _, rest = (extended["quoted"] or extended["token"] or "").strip().partition("'")
        if name := _decoded(unquote_to_bytes(rest.partition("'")[2]), charset):
            return name
    if plain := found.get("filename"):
        text = re.sub(r"\\(.)", r"\1", plain["quoted"]) if plain["quoted"] is not None else plain["token"]
        return _decoded(text.strip().encode("latin-1", "replace"), "utf-8")
    return ""


def _decoded(raw: bytes, charset: str) -> str:
    """Text in the charset that is named, else in Latin-1; only the charsets of RFC 8187 and before."""
    known = charset.strip().lower() if charset.strip().lower() in ("utf-8", "iso-8859-1") else "utf-8"
    try:
        return raw.decode(known)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def folder_of(address: Address, folders: Folders) -> str:
    """What ``{folder}`` stands for: nothing, the host, or the host and the folders of the address."""
    if folders == "none":
        return ""
    host = address.host.replace(":", "_").strip("[]")
    if folders == "host":
        return host
    above = unquote(address.parts.path, errors="replace").replace("\\", "/").strip("/").split("/")[:-1]
    named = [part for part in above if set(part) - set(". ")]
    return "/".join([host, *named])


__all__ = ["Folders", "disposed_name", "folder_of", "name_of"]
