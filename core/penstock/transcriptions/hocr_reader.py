"""Read hOCR: HTML with the places of lines and words, as Tesseract and many other programs write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.transcriptions.drafts import Size
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.hocr_lines import HocrPage
from penstock.transcriptions.hocr_properties import Properties, box_of, numbers_in, properties_of
from penstock.transcriptions.hocr_text import class_of
from penstock.transcriptions.values import TranscribedPage
from penstock.transcriptions.xml_input import Element, MarkupFile, local_name

_PAGE = "ocr_page"
_PAGE_TAGS = ("div", "section", "article", "body")


def read_hocr(path: Path) -> Iterator[TranscribedPage]:
    """Iterate over the pages of an hOCR file. Without any ``ocr_page``, the whole file is one page.

    Raises InvalidTranscription if the file is no HTML, or has no text in classes of hOCR.
    """
    file = MarkupFile(path, is_html=True)
    program = generator = ""
    count = 0
    for element in file.elements(_PAGE_TAGS, _is_page):
        if class_of(element) != _PAGE and (count or not _has_lines(element)):
            continue
        program = program or _in_head(element, "ocr-system")
        generator = generator or _in_head(element, "generator")
        count += 1
        yield _page(element, program, file.take_problems(), is_own=generator.startswith("penstock "))
    if not count:
        raise InvalidTranscription(path, "is HTML without pages or lines of hOCR", "export the page as hOCR")


def _is_page(element: Element) -> bool:
    return class_of(element) == _PAGE or local_name(element) == "body"


def _has_lines(element: Element) -> bool:
    return any(class_of(each).startswith("ocr") for each in element.iterdescendants())


def _in_head(element: Element, name: str) -> str:
    """Return the content of ``<meta name="...">`` in the head of a page's file; empty without it."""
    root = element.getroottree().getroot()
    head = root[0] if len(root) else root
    contents = (meta.get("content") for meta in head.iter("{*}meta") if meta.get("name") == name)
    return " ".join((next(contents, None) or "").split())


def _page(element: Element, program: str, problems: list[str], *, is_own: bool) -> TranscribedPage:
    properties = properties_of(element.get("title"))
    findings = Findings(problems)
    size = _size(properties, findings)
    content = HocrPage(element, size, findings, is_spaced=is_own).content()
    return replace(
        content.transcribed(program, findings),
        picture=_picture(properties.get("image", "")),
        dpi=_dpi(properties),
        number=_number(properties),
        is_position=is_own,
    )


def _picture(image: str) -> str:
    """Return the name of the picture; empty if the file contains the picture itself."""
    return "" if image.lower().startswith("data:") else image


def _size(properties: Properties, findings: Findings) -> Size | None:
    """Return width and height of a page; None if they are not known, or 0 (gcv2hocr)."""
    if "bbox" not in properties:
        return None
    box = box_of(properties["bbox"])
    if box is None:
        findings.add("the bbox of the page is not four numbers", properties["bbox"][:40])
    return (box[2], box[3]) if box and min(box[2:]) > 0 else None


def _dpi(properties: Properties) -> tuple[float, float] | None:
    numbers = numbers_in(properties.get("scan_res"))
    return (numbers[0], numbers[-1]) if numbers and len(numbers) <= 2 and min(numbers) > 0 else None


def _number(properties: Properties) -> int | None:
    """Return the number of the page, which hOCR counts from 0."""
    number = properties.get("ppageno", "")
    return int(number) + 1 if number.isdecimal() and len(number) < 10 else None
