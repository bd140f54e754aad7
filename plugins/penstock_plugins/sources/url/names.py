"""Document names from Content-Disposition (RFC 6266), from the address, or from the host.

Servers choose these names, so they are stripped of folders, control characters and characters that change
the direction of text. `penstock.outputs` turns names into file names.
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
    """Return the name of a document; the Content-Disposition is decoded as Latin-1, as by `http.client`."""
    candidates = (disposed_name(disposition or ""), unquote(address.parts.path, errors="replace"))
    return next((name for each in candidates if (name := stem(each))), address.parts.hostname or "picture")


def stem(text: str) -> str:
    """Return the last part of a path without its suffix; empty if nothing readable is left."""
    visible = "".join(each for each in text if not _is_control(each))
    last = visible.replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    return "" if set(last) <= {".", " "} else PurePosixPath(last).stem.strip()


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDIRECTIONAL


def disposed_name(disposition: str) -> str:
    """Return the file name of a Content-Disposition, preferably ``filename*``; empty without one."""
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
    """Decode by the stated charset if RFC 8187 allows it, else as UTF-8, and as Latin-1 if that fails."""
    known = charset.strip().lower() if charset.strip().lower() in ("utf-8", "iso-8859-1") else "utf-8"
    try:
        return raw.decode(known)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def folder_of(address: Address, folders: Folders) -> str:
    """Return what ``{folder}`` stands for in the names of outputs."""
    if folders == "none":
        return ""
    host = address.host.replace(":", "_").strip("[]")
    if folders == "host":
        return host
    above = unquote(address.parts.path, errors="replace").replace("\\", "/").strip("/").split("/")[:-1]
    named = [part for part in above if set(part) - set(". ")]
    return "/".join([host, *named])
