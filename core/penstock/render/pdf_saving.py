"""Save an existing PDF with its text layers: update its metadata, and check a claim of PDF/A."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from penstock.errors import OutputError
from penstock.render import pdfa
from penstock.render.document_objects import DocumentFacts

INFORMATION = frozenset(
    f"/{key}"
    for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate")
)
"""Entries of the information dictionary that PDF/A requires in the XMP metadata, too (ISO 19005-2, 6.6.3)."""
PART, CONFORMANCE = "pdfaid:part", "pdfaid:conformance"


def save(
    pdf: pikepdf.Pdf, file: IO[bytes], facts: DocumentFacts, fallback_title: str | None, *, claim: bool
) -> Sequence[str]:
    """Save a PDF, and return the obstacles to calling it PDF/A; empty if it claims PDF/A.

    Parameters
    ----------
    file
        A writable, readable and seekable binary file, positioned at its start.
    facts
        Replaces the PDF's own title, author and language where given.
    fallback_title
        Title for a PDF that has none.
    claim
        Claim PDF/A-2b if the check finds no obstacle. If the PDF already claims PDF/A, that claim is checked,
        and removed if it is not true.

    Raises
    ------
    OutputError
        The PDF has damage that is found only when all of it is read.
    """
    _update_facts(
        pdf, facts if Name.Title in pdf.docinfo else replace(facts, title=facts.title or fallback_title)
    )
    if not claim:
        _write(pdf, file)
        return []
    flavour = _claimed_flavour(pdf)
    before = {name: pdf.Root.get(name) for name in (Name.OutputIntents, Name.Metadata)}
    obstacles = [] if flavour else _add_claim(pdf)
    if not obstacles:
        _write(pdf, file)
        obstacles = pdfa.obstacles(file, flavour or pdfa.FLAVOUR)
    if obstacles:
        if flavour:
            _remove_claim(pdf)
        else:
            _restore(pdf, before)
        _write(pdf, file)
    return obstacles


def _write(pdf: pikepdf.Pdf, file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()
    encrypted = pdf.is_encrypted
    try:
        # The identifier of an encrypted file is part of its key and must not change.
        pdf.save(file, encryption=encrypted or None, deterministic_id=not encrypted)  # type: ignore[arg-type]
    except pikepdf.PdfError as error:
        raise OutputError(
            f"the PDF is damaged beyond repair ({error})", "print or save it as a new PDF, and use that"
        ) from error
    file.seek(0, os.SEEK_END)


def _update_facts(pdf: pikepdf.Pdf, facts: DocumentFacts) -> None:
    """Set title, author and language where given, in the information dictionary and in existing XMP."""
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


def _claimed_flavour(pdf: pikepdf.Pdf) -> str | None:
    """Return the flavour to check a PDF's claim of PDF/A against, such as "2b"; None without a claim.

    Level b is checked whatever level the PDF claims.
    """
    if Name.Metadata not in pdf.Root:
        return None
    part = str(pdf.open_metadata().get(PART, ""))
    return f"{part}b" if part in ("1", "2", "3") else None


def _add_claim(pdf: pikepdf.Pdf) -> Sequence[str]:
    """Claim PDF/A-2b and add the output intent that it requires. Returns the obstacles to that."""
    if pdf.is_encrypted:
        return ["it is encrypted"]
    if Name.OutputIntents not in pdf.Root:
        pdf.Root[Name.OutputIntents] = Array([pdf.make_indirect(_output_intent(pdf))])
    if (packet := pdf.Root.get(Name.Metadata)) is not None:
        # Work on a copy of the metadata, so that the original can be restored.
        copied = pdf.make_stream(packet.read_bytes(), Type=Name.Metadata, Subtype=Name.XML)
        pdf.Root[Name.Metadata] = copied
    information = Dictionary({key: value for key, value in pdf.docinfo.items() if key in INFORMATION})
    try:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata.load_from_docinfo(information, raise_failure=True)
            metadata[PART], metadata[CONFORMANCE] = "2", "B"
    except ValueError as error:
        return [f"its information dictionary cannot be converted to XMP ({error})"]
    return []


def _restore(pdf: pikepdf.Pdf, before: Mapping[Name, pikepdf.Object | None]) -> None:
    for name, value in before.items():
        if value is not None:
            pdf.Root[name] = value
        elif name in pdf.Root:
            del pdf.Root[name]


def _output_intent(pdf: pikepdf.Pdf) -> Dictionary:
    return Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=pdf.make_stream(pdfa.srgb_profile(), N=3),
    )


def _remove_claim(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        for key in (PART, CONFORMANCE):
            if key in metadata:
                del metadata[key]
