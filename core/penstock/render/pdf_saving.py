"""Saving a PDF that came in: what it says of itself is kept, and filled in where it says nothing."""

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
"""What a PDF/A has to say of itself in its metadata, too (ISO 19005-2, 6.6.3)."""
PART, CONFORMANCE = "pdfaid:part", "pdfaid:conformance"


def save(
    pdf: pikepdf.Pdf, file: IO[bytes], facts: DocumentFacts, fallback_title: str | None, *, claim: bool
) -> Sequence[str]:
    """Save a PDF with its layers; says what speaks against calling it PDF/A, nothing if it is called so.

    Parameters
    ----------
    file
        Writable, readable and seekable, at its start.
    facts
        Replaces what the PDF says of itself where something is given.
    fallback_title
        For a PDF that has no title.
    claim
        Call it PDF/A-2b where a check finds nothing against it. If it says already that it is PDF/A of some
        kind, that is checked, and taken out if it does not hold.

    Raises
    ------
    OutputError
        The PDF is damaged where nobody had looked before.
    """
    _state(pdf, facts if Name.Title in pdf.docinfo else replace(facts, title=facts.title or fallback_title))
    if not claim:
        _write(pdf, file)
        return []
    flavour = _claimed(pdf)
    before = {name: pdf.Root.get(name) for name in (Name.OutputIntents, Name.Metadata)}
    obstacles = [] if flavour else _claim(pdf)
    if not obstacles:
        _write(pdf, file)
        obstacles = pdfa.findings(file, flavour or pdfa.FLAVOUR)
    if obstacles:
        if flavour:
            _take_claim_back(pdf)
        else:
            _put_back(pdf, before)
        _write(pdf, file)
    return obstacles


def _write(pdf: pikepdf.Pdf, file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()
    encrypted = pdf.is_encrypted
    try:
        # An encrypted file's identifier is part of its key, and stays.
        pdf.save(file, encryption=encrypted or None, deterministic_id=not encrypted)  # type: ignore[arg-type]
    except pikepdf.PdfError as error:
        raise OutputError(
            f"the PDF is damaged beyond repair ({error})", "print or save it anew, and read that"
        ) from error
    file.seek(0, os.SEEK_END)


def _state(pdf: pikepdf.Pdf, facts: DocumentFacts) -> None:
    """Fill in what its user says of the document; the rest stays as it was."""
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


def _claimed(pdf: pikepdf.Pdf) -> str | None:
    """The kind of PDF/A that the PDF says it is, as far as one can check: "2b"."""
    if Name.Metadata not in pdf.Root:
        return None
    part = str(pdf.open_metadata().get(PART, ""))
    return f"{part}b" if part in ("1", "2", "3") else None


def _claim(pdf: pikepdf.Pdf) -> Sequence[str]:
    """Make it say that it is PDF/A-2b, and carry what it then needs; what makes that impossible."""
    if pdf.is_encrypted:
        return ["it is encrypted"]
    if Name.OutputIntents not in pdf.Root:
        pdf.Root[Name.OutputIntents] = Array([pdf.make_indirect(_output_intent(pdf))])
    if (packet := pdf.Root.get(Name.Metadata)) is not None:
        # The one that was there is not written over, so that it can be put back.
        own = pdf.make_stream(packet.read_bytes(), Type=Name.Metadata, Subtype=Name.XML)
        pdf.Root[Name.Metadata] = own
    known = Dictionary({key: value for key, value in pdf.docinfo.items() if key in INFORMATION})
    try:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata.load_from_docinfo(known, raise_failure=True)
            metadata[PART], metadata[CONFORMANCE] = "2", "B"
    except ValueError as error:
        return [f"what it says of itself cannot be said in XMP ({error})"]
    return []


def _put_back(pdf: pikepdf.Pdf, before: Mapping[Name, pikepdf.Object | None]) -> None:
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


def _take_claim_back(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        for key in (PART, CONFORMANCE):
            if key in metadata:
                del metadata[key]


__all__ = ["save"]
