"""Names of outputs: templates, their placeholders, and safe values."""

from __future__ import annotations

import functools
import hashlib
import re
import string
import unicodedata
from collections.abc import Sequence

from penstock.errors import StorageError
from penstock.storage import Address, is_address, lacks_a_slash, scheme_of

PLACEHOLDERS = ("document", "page", "folder", "name", "date", "beside", "searchable")
"""Placeholders of output names."""

SEARCHABLE = ".searchable"
"""Value of ``{searchable}`` if the document is a PDF, so that its output has another name."""

NAME_BYTES = 180
"""Maximum bytes of one value. File systems allow 255 for the name with its suffixes."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """Return a name that is valid on all common systems: not empty, not hidden, not a path."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if name.startswith(".") or _RESERVED.fullmatch(name) or not name:
        name = "_" + name.lstrip(".")
    if len(name.encode()) > NAME_BYTES:
        tail = "~" + hashlib.sha256(name.encode()).hexdigest()[:8]
        name = name.encode()[: NAME_BYTES - len(tail)].decode("utf-8", "ignore") + tail
    return name


@functools.lru_cache(maxsize=64)  # each document's outputs have the same few templates
def template_faults(template: str) -> Sequence[str]:
    """Return the faults of an output's name template, as clauses."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        return [f"has unmatched braces ({error})"]
    faults = []
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or form or conversion:
            known = ", ".join("{" + known + "}" for known in PLACEHOLDERS)
            faults.append(f"{{{name}}} is not a placeholder; use {known}")
        if name == "beside" and not template.startswith("{beside}"):
            faults.append("{beside} is an absolute folder and must come first")
    return faults + _address_faults(template)


def _address_faults(template: str) -> list[str]:
    """Return the faults of a template as an address of object storage; none for a path."""
    if lacks_a_slash(template):
        return [f"must have two slashes after the scheme of an address, got {template!r}"]
    if scheme_of(template) is None:
        return []
    try:
        address = Address.parse(template)
    except StorageError as error:
        return [f"is no address of object storage: {error}"]
    return [] if address.name else ["must name an object: {document}.pdf after the bucket, for example"]


def fixed_address(template: str) -> Address | None:
    """Return the folder of a template for object storage, up to its first placeholder; None for a path.

    Also None if the bucket or host is a placeholder.
    """
    if not is_address(template):
        return None
    fixed = ""
    for literal, name, _, _ in string.Formatter().parse(template):
        fixed += literal
        if name is not None:
            break
    folder = fixed.rpartition("/")[0]
    return Address.parse(folder) if "//" in folder else None


def with_page_number(template: str) -> str:
    """Return a template with ``{page}`` before its suffix."""
    head, dot, suffix = template.rpartition(".")
    return f"{head}.{{page}}{dot}{suffix}" if dot and "/" not in suffix else f"{template}.{{page}}"
