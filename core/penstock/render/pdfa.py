"""PDF/A-2b (ISO 19005-2): what such a file has to carry, and whether one may be called so."""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, Literal
from xml.sax.saxutils import escape

FLAVOUR: Literal["2b"] = "2b"
CLAIM = (
    '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
    "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>"
)
SHOWN_FINDINGS = 3
CHECK_MISSING = "the check needs more packages: pip install 'pikepdf[pdfa]'"
METADATA_SIZE = 1 << 20
"""Bytes within which the claim stands, from where the metadata begins."""


@functools.cache
def srgb_profile() -> bytes:
    """A colour profile of sRGB, the same bytes every time (ICC.1:2010, 7.2: the header)."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    year_to_second = (2000, 1, 1, 0, 0, 0)
    struct.pack_into(">6H", profile, 24, *year_to_second)
    profile[84:100] = bytes(16)  # the identifier: an MD5 sum, zeros where none was made
    return bytes(profile)


def metadata(
    *, title: str | None, author: str | None, creator: str, made: datetime | None, claim: bool
) -> bytes:
    """The XMP packet (ISO 16684-1), saying the same as the document's information dictionary."""
    parts = ["<dc:format>application/pdf</dc:format>"]
    if title:
        parts.append(
            f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        )
    if author:
        parts.append(f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>")
    parts.append(f"<xmp:CreatorTool>{escape(creator)}</xmp:CreatorTool>")
    parts.append(f"<pdf:Producer>{escape(creator)}</pdf:Producer>")
    if made:
        when = made.strftime("%Y-%m-%dT%H:%M:%SZ")
        parts.append(f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
        f"{''.join(parts)}</rdf:Description>{CLAIM if claim else ''}</rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    ).encode()


def time_of_making(environment_value: str | None) -> datetime | None:
    """The time that a document says it was made: SOURCE_DATE_EPOCH's, else none.

    The same pages thus give the same bytes.
    """
    if not environment_value or not environment_value.isdecimal():
        return None
    return datetime.fromtimestamp(int(environment_value), UTC)


def findings(file: IO[bytes], flavour: str = FLAVOUR) -> Sequence[str]:
    """What speaks against calling a written file PDF/A-2b; nothing if it may be.

    Whoever lacks what the check needs may not claim anything, and gets that as the finding.
    """
    try:
        from pikepdf.pdfa import validate_written
    except ImportError:
        return [CHECK_MISSING]
    file.flush()
    file.seek(0)
    report = validate_written(file, flavour)  # type: ignore[arg-type]
    if report.passed:
        return []
    return [f"{finding.message} ({finding.where})" for finding in report.findings]


def take_back(file: IO[bytes], metadata_offset: int) -> None:
    """Blank the claim out of a written file's metadata, in its place: nothing else moves."""
    file.seek(metadata_offset)
    place = metadata_offset + file.read(METADATA_SIZE).index(CLAIM.encode())
    file.seek(place)
    file.write(b" " * len(CLAIM))
    file.seek(0, os.SEEK_END)
