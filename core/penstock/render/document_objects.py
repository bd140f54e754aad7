"""Write the objects of the document as a whole: page tree, metadata, output intent and catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from penstock.render import pdfa
from penstock.render.pdf_writer import PdfWriter, text_string


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a PDF states about itself.

    Parameters
    ----------
    language
        BCP 47 tag.
    creator
        Name and version of the program.
    made
        Time of creation; None to leave it out.
    """

    title: str | None
    author: str | None
    language: str | None
    creator: str
    made: datetime | None


def write_document_objects(
    writer: PdfWriter,
    facts: DocumentFacts,
    tree: int,
    pages: Sequence[int],
    *,
    claim: bool,
    extra: bytes = b"",
) -> int:
    """Write everything that follows the pages, and return the object number of the metadata.

    Parameters
    ----------
    tree
        Reserved object number of the page tree.
    pages
        Object numbers of the pages.
    claim
        Claim conformance with PDF/A-2b, and write the output intent that it requires.
    extra
        Further entries of the catalog.
    """
    writer.add_page_tree(pages, tree)
    packet = pdfa.metadata(
        title=facts.title, author=facts.author, creator=facts.creator, made=facts.made, claim=claim
    )
    metadata = writer.add_stream(b"/Type/Metadata/Subtype/XML", packet, compress=False)
    entries = b"/Pages %d 0 R/Metadata %d 0 R%b" % (tree, metadata, extra)
    if claim:
        entries += b"/OutputIntents[%b]" % _output_intent(writer)
    if facts.language:
        entries += b"/Lang" + text_string(facts.language)
    if facts.title:
        entries += b"/ViewerPreferences<</DisplayDocTitle true>>"
    root = writer.add(b"<</Type/Catalog%b>>" % entries)
    writer.finish(root, writer.add(_information(facts)))
    return metadata


def _output_intent(writer: PdfWriter) -> bytes:
    profile = writer.add_stream(b"/N 3", pdfa.srgb_profile())
    return (
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)"
        b"/RegistryName(http://www.color.org)/DestOutputProfile %d 0 R>>" % profile
    )


def information(facts: DocumentFacts) -> dict[str, str]:
    """Return the entries of the information dictionary (ISO 32000-1, 14.3.3)."""
    entries = {
        "Title": facts.title,
        "Author": facts.author,
        "Creator": facts.creator,
        "Producer": facts.creator,
    }
    if facts.made:
        when = facts.made.strftime("D:%Y%m%d%H%M%SZ")
        entries |= {"CreationDate": when, "ModDate": when}
    return {key: value for key, value in entries.items() if value}


def _information(facts: DocumentFacts) -> bytes:
    entries = information(facts).items()
    return b"<<%b>>" % b"".join(b"/%b%b" % (key.encode(), text_string(value)) for key, value in entries)
