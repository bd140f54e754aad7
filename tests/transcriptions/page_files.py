"""Small PAGE XML files for tests."""

from __future__ import annotations

from pathlib import Path

from penstock.model import Line
from penstock.transcriptions.page_reader import read_page_xml
from penstock.transcriptions.values import TranscribedPage

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15"


def written(
    folder: Path, content: str, page: str = "", metadata: str = "", namespace: str = NAMESPACE
) -> Path:
    """Write a file with one page of 1000 x 1400 pixels."""
    path = folder / "page.xml"
    size = 'imageFilename="scan.jpg" imageWidth="1000" imageHeight="1400"'
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<PcGts xmlns="{namespace}"><Metadata>{metadata}</Metadata>'
        f"<Page {size} {page}>{content}</Page></PcGts>",
        "utf-8",
    )
    return path


def read(folder: Path, content: str, page: str = "", metadata: str = "") -> TranscribedPage:
    (found,) = read_page_xml(written(folder, content, page, metadata))
    return found


def read_line(folder: Path, content: str, attributes: str = "", region: str = "") -> Line:
    text_line = f'<TextLine id="l1" {attributes}>{content}</TextLine>'
    (line,) = read(folder, f'<TextRegion id="r1" {region}>{text_line}</TextRegion>').recognition.lines
    return line


def text(content: str, attributes: str = "") -> str:
    return f"<TextEquiv {attributes}><Unicode>{content}</Unicode></TextEquiv>"


def box(left: int, top: int, right: int, bottom: int) -> str:
    return f'<Coords points="{left},{top} {right},{top} {right},{bottom} {left},{bottom}"/>'


def region(identity: str, content: str = "", attributes: str = "", top: int = 100) -> str:
    """Return a region of one line with a text."""
    line = f"<TextLine>{box(100, top, 500, top + 40)}{text(content)}</TextLine>" if content else ""
    return f'<TextRegion id="{identity}" {attributes}>{box(90, top, 600, top + 50)}{line}</TextRegion>'


def word(content: str, left: int, attributes: str = "") -> str:
    return f"<Word {attributes}>{box(left, 100, left + 80, 140)}{text(content)}</Word>"
