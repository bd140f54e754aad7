"""The JSON files that the ``json`` sink writes, of all versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.json_form import READABLE_VERSIONS, recognition_from_json
from penstock.transcriptions.answer_members import entries, number_of, text_of
from penstock.transcriptions.azure_read import SHAPE_ERRORS, InvalidResult, shape_reason
from penstock.transcriptions.values import TranscribedPage

_PAGE_OF_FILE = re.compile(r", page \d+\Z")
"""The end of the origin of a page in a file with several pages."""


class LaterVersion(InvalidResult):
    """A file of a later version of penstock."""


def penstock_pages(document: object) -> Iterator[TranscribedPage]:
    """Iterate over the pages of a document. Raises InvalidResult for another shape or a later version."""
    if not isinstance(document, Mapping):
        raise InvalidResult("penstock's JSON must be an object, got a list")
    version = document.get("penstock")
    if isinstance(version, int) and version > max(READABLE_VERSIONS):
        raise LaterVersion(_wrong_version(version))
    if version not in READABLE_VERSIONS:
        raise InvalidResult(_wrong_version(version))
    for index, form in enumerate(entries(document.get("pages")), 1):
        yield _page(form, index)


def _wrong_version(version: object) -> str:
    known = " or ".join(map(str, READABLE_VERSIONS))
    return f"the version of penstock's JSON must be {known}, got {version!r}"


def _page(form: Mapping[str, Any], index: int) -> TranscribedPage:
    try:
        recognition = recognition_from_json(form)
        dpi = (float(form["dpi"][0]), float(form["dpi"][1])) if form.get("dpi") else None
    except SHAPE_ERRORS as error:
        raise InvalidResult(
            f"page {index} is not as penstock writes it: {shape_reason(error)}"[:200]
        ) from error
    number = number_of(form.get("number"))
    return TranscribedPage(
        recognition,
        number_of(form.get("width")),
        number_of(form.get("height")),
        _PAGE_OF_FILE.sub("", text_of(form.get("origin"))),
        dpi,
        int(number) if number else index,
        is_position=True,
    )
