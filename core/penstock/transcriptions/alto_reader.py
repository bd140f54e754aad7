"""Read ALTO, versions 1 to 4 and their dialects: XML of libraries and of eScriptorium and kraken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penstock.transcriptions.alto_head import UNITS, AltoHead
from penstock.transcriptions.alto_lines import AltoPage
from penstock.transcriptions.drafts import Size
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.numbers import number_of
from penstock.transcriptions.values import TranscribedPage
from penstock.transcriptions.xml_input import Element, MarkupFile, local_name

_HEAD = ("Description", "Tags", "ReadingOrder")


def read_alto(path: Path) -> Iterator[TranscribedPage]:
    """Iterate over the pages of an ALTO file.

    Tenths of a millimetre are pixels of a page with 254 dpi, and 1/1200 inch are pixels of a page with
    1200 dpi. A hyphen at the end of a line belongs to the line's text. The undivided word, which ALTO calls
    SUBS_CONTENT, is an alternative of each part.

    Raises InvalidTranscription if the file is no XML.
    """
    head = AltoHead()
    file = MarkupFile(path)
    for element in file.elements((*_HEAD, "Page")):
        if local_name(element) == "Page":
            yield _page(element, head, file.take_problems())
        else:
            head.add(element)


def _page(element: Element, head: AltoHead, problems: list[str]) -> TranscribedPage:
    findings = Findings(problems)
    if head.unit and head.unit not in UNITS:
        findings.add(f'the unit "{head.unit}" is not one of {", ".join(UNITS)}, so pixels are assumed')
    content = AltoPage(element, head, _size(element, findings), findings).content()
    number = element.get("PHYSICAL_IMG_NR") or ""
    return replace(
        content.transcribed(", ".join(head.programs), findings),
        picture=head.picture,
        dpi=(head.dpi, head.dpi) if head.dpi else None,
        number=int(number) or None if number.isdecimal() and len(number) < 10 else None,
    )


def _size(page: Element, findings: Findings) -> Size | None:
    width, height = number_of(page.get("WIDTH")), number_of(page.get("HEIGHT"))
    if width and height and width > 0 and height > 0:
        return width, height
    given = page.get("WIDTH"), page.get("HEIGHT")
    if any(given):
        findings.add(f"the size of the page, {given[0]} x {given[1]}, is not two positive numbers")
    return None
