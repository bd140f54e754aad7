"""Set what a PDF that is open in pikepdf states about itself: title, author, language, program and time."""

from __future__ import annotations

from dataclasses import replace

import pikepdf
from pikepdf import Dictionary, Name, Stream, String

from penstock.render import pdfa
from penstock.render.document_objects import DocumentFacts, information


def update_facts(pdf: pikepdf.Pdf, facts: DocumentFacts, fallback_title: str | None) -> None:
    """Set title, author and language of an existing PDF where given; keep everything else.

    ``fallback_title`` is the title of a PDF that has none. The language of a PDF that has one is kept.
    Metadata that are not a stream are removed: no reader can read them.
    """
    if Name.Metadata in pdf.Root and not isinstance(pdf.Root[Name.Metadata], Stream):
        del pdf.Root[Name.Metadata]
    if Name.Title not in pdf.docinfo:
        facts = replace(facts, title=facts.title or fallback_title)
    if facts.language and "/Lang" not in pdf.Root:
        pdf.Root[Name.Lang] = String(facts.language)
    if facts.title:
        pdf.docinfo[Name.Title] = String(facts.title)
    if facts.author:
        pdf.docinfo[Name.Author] = String(facts.author)
    if Name.Metadata in pdf.Root and (facts.title or facts.author):
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            if facts.title:
                metadata["dc:title"] = facts.title
            if facts.author:
                metadata["dc:creator"] = [facts.author]


def remove_right_to_left(pdf: pikepdf.Pdf) -> bool:
    """Remove the entry by which a PDF is read from right to left, and return whether there was one.

    PDFium (Chrome, Edge) orders the words of all pages by it (ISO 32000-1, table 150).
    """
    preferences = pdf.Root.get("/ViewerPreferences")
    if not isinstance(preferences, Dictionary) or preferences.get("/Direction") != Name.R2L:
        return False
    del preferences[Name.Direction]
    return True


def set_facts(pdf: pikepdf.Pdf, facts: DocumentFacts) -> None:
    """Set all facts of a new PDF, in the information dictionary and in XMP."""
    for key, value in information(facts).items():
        pdf.docinfo[Name("/" + key)] = String(value)
    packet = pdfa.metadata(
        title=facts.title, author=facts.author, creator=facts.creator, made=facts.made, claim=False
    )
    pdf.Root[Name.Metadata] = pdf.make_stream(packet, Type=Name.Metadata, Subtype=Name.XML)
    if facts.language:
        pdf.Root[Name.Lang] = String(facts.language)
    if facts.title:
        pdf.Root[Name.ViewerPreferences] = Dictionary(DisplayDocTitle=True)
