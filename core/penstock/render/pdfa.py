"""PDF/A-2b (ISO 19005-2): make the metadata and colour profile that it requires, and check files for it."""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Literal
from xml.sax.saxutils import escape

from penstock.render.pdfa_obstacles import CHECK_MISSING, Obstacle, obstacle
from penstock.render.pdfa_validator import validator

FLAVOUR: Literal["2b"] = "2b"
VERSION = "1.7"
"""The newest version of PDF that PDF/A-2 allows."""
CLAIM = (
    '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
    "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>"
)
METADATA_SIZE = 1 << 20
"""Bytes from the start of the metadata within which the claim is searched."""


@functools.cache
def srgb_profile() -> bytes:
    """Return a colour profile of sRGB that is always the same bytes (ICC.1:2010, 7.2)."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    year_to_second = (2000, 1, 1, 0, 0, 0)
    struct.pack_into(">6H", profile, 24, *year_to_second)
    profile[84:100] = bytes(16)  # the profile identifier, an MD5 hash; zeros mean that there is no hash
    return bytes(profile)


def metadata(
    *, title: str | None, author: str | None, creator: str, made: datetime | None, claim: bool
) -> bytes:
    """Return the XMP packet (ISO 16684-1), with the same facts as the information dictionary."""
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
    """Return the creation time from the value of SOURCE_DATE_EPOCH; None if it is not set or not a time.

    Without it a PDF has no creation time, so that the same pages always make the same bytes.
    """
    if not environment_value or not environment_value.isdecimal():
        return None
    with suppress(ValueError, OverflowError, OSError):  # beyond the year 9999
        return datetime.fromtimestamp(int(environment_value), UTC)
    return None


def obstacles(file: IO[bytes], flavour: str = FLAVOUR) -> Sequence[Obstacle]:
    """Return why a written PDF does not conform to PDF/A; empty if it does.

    If the packages for the check are not installed, that is the only obstacle.
    """
    try:
        validate_written = validator()
    except ImportError:
        return [CHECK_MISSING]
    file.flush()
    file.seek(0)
    report = validate_written(file, flavour)
    if report.passed:
        return []
    return [obstacle(finding.message, finding.where) for finding in report.findings]


def remove_claim(file: IO[bytes], metadata_offset: int) -> None:
    """Overwrite the claim in a written PDF's metadata with spaces, so that no offset changes."""
    file.seek(metadata_offset)
    place = metadata_offset + file.read(METADATA_SIZE).index(CLAIM.encode())
    file.seek(place)
    file.write(b" " * len(CLAIM))
    file.seek(0, os.SEEK_END)
