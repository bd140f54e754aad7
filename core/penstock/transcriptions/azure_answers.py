"""Answers of Azure: Computer Vision Read, Image Analysis and Document Intelligence, as a user saved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from penstock.geometry import Homography
from penstock.transcriptions.answer_members import entries, text_of
from penstock.transcriptions.azure_documents import parse_document_result
from penstock.transcriptions.azure_read import InvalidResult, ParsedPage, ParsedResult, parse_read_result
from penstock.transcriptions.values import TranscribedPage

PIXELS_PER_INCH = 300.0
READ, DOCUMENTS, IMAGES = "Azure Read", "Azure Document Intelligence", "Azure Image Analysis"

Object = Mapping[str, Any]


def azure_pages(answer: object) -> Iterator[TranscribedPage]:
    """Iterate over the pages of a finished operation, or of its ``analyzeResult`` alone.

    Inches, in which the pages of a PDF are given, become pixels. Raises InvalidResult for another shape.
    """
    for body in entries(answer if isinstance(answer, list) else [answer]):
        name, result = _parsed(body)
        for index, page in enumerate(result.pages, 1):
            yield _transcribed(page, f"{name} {result.model}".strip(), index)


def _parsed(body: Object) -> tuple[str, ParsedResult]:
    if "readResult" in body:
        return IMAGES, parse_read_result(_as_read(body))
    if "analyzeResult" not in body and ("readResults" in body or "pages" in body):
        body = {"analyzeResult": body}
    result = body.get("analyzeResult")
    if isinstance(result, Mapping) and "readResults" not in result and "pages" in result:
        version = text_of(result.get("apiVersion") or result.get("api_version"))
        return DOCUMENTS, replace(parse_document_result(body), model=version)
    if "analyzeResult" in body and not isinstance(result, Mapping):
        raise InvalidResult(f"the operation has no result; its status is {text_of(body.get('status'))!r}")
    parsed = parse_read_result(body)
    version = text_of(result.get("version")) if isinstance(result, Mapping) else ""
    return READ, replace(parsed, model=parsed.model or version)


def _as_read(body: Object) -> Object:
    """Return an answer of Image Analysis 4.0 in the shape of Read 3.2."""
    result, size = body.get("readResult"), body.get("metadata")
    blocks = entries(result.get("blocks")) if isinstance(result, Mapping) else []
    lines = [
        {**_with_box(line), "words": [_with_box(word) for word in entries(line.get("words"))]}
        for block in blocks
        for line in entries(block.get("lines"))
    ]
    page = {**(size if isinstance(size, Mapping) else {}), "lines": lines}
    return {"analyzeResult": {"modelVersion": body.get("modelVersion"), "readResults": [page]}}


def _with_box(part: Object) -> dict[str, Any]:
    return {**part, "boundingBox": part.get("boundingPolygon")}


def _transcribed(page: ParsedPage, recognizer: str, index: int) -> TranscribedPage:
    is_in_inches = page.unit.startswith("inch")
    scale = PIXELS_PER_INCH if is_in_inches else 1.0
    recognition = page.recognition.mapped(Homography.scaling(scale, scale))
    return TranscribedPage(
        replace(recognition, recognizer=recognizer, note=""),
        page.width and page.width * scale,
        page.height and page.height * scale,
        dpi=(scale, scale) if is_in_inches else None,
        number=page.number or index,
        problems=(recognition.note,) if recognition.note else (),
    )
