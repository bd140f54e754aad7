"""Which format a file with text has, from its content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from penstock.errors import InvalidTranscription
from penstock.transcriptions.markup_text import head_of

Format = Literal["hocr", "alto", "page", "json"]
JsonFormat = Literal["penstock", "azure", "vision", "textract"]

FORMATS = "hOCR, ALTO, PAGE XML, or JSON of penstock, Azure, Google Vision or Amazon Textract"

_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_ROOTS: dict[str, Format] = {"alto": "alto", "pcgts": "page", "html": "hocr"}
_JSON_KEYS: dict[str, JsonFormat] = {
    "penstock": "penstock",
    "analyzeResult": "azure",
    "recognitionResults": "azure",
    "recognitionResult": "azure",
    "readResults": "azure",
    "readResult": "azure",
    "apiVersion": "azure",
    "api_version": "azure",
    "responses": "vision",
    "fullTextAnnotation": "vision",
    "textAnnotations": "vision",
    "Blocks": "textract",
}


def format_of(path: Path) -> Format:
    """Return the format of a file. Its name does not matter.

    Raises InvalidTranscription for a format that is not read.
    """
    head = head_of(path)
    if not head:
        raise InvalidTranscription(path, "is empty", "export the file again")
    if head[0] in "{[":
        return "json"
    root = _ROOT.match(head)
    if root is None:
        raise InvalidTranscription(path, "is neither XML nor HTML nor JSON", f"penstock reads {FORMATS}")
    name = root[1].lower()
    if name in _ROOTS:
        return _ROOTS[name]
    if "ocr_page" in head or "ocr_line" in head:
        return "hocr"
    if name == "mets":
        raise InvalidTranscription(
            path, "is METS, which holds no text itself", "name the files that it lists"
        )
    raise InvalidTranscription(path, f"has the root element <{root[1]}>", f"penstock reads {FORMATS}")


def json_format_of(value: object, path: Path) -> JsonFormat:
    """Return the format of parsed JSON. A list has the format of its first item.

    Raises InvalidTranscription for a format that is not read.
    """
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, Mapping):
        for key, name in _JSON_KEYS.items():
            if key in first:
                return name
    raise InvalidTranscription(path, "is JSON without any key of a known answer", f"penstock reads {FORMATS}")
