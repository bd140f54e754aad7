"""Save an existing PDF with its text layers, as PDF/A if that is possible."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

import pikepdf

from penstock.errors import OutputError
from penstock.render import pdfa
from penstock.render.pdf_claims import claimed_flavour, remove_pdfa_claim
from penstock.render.pdfa_check import obstacles_of
from penstock.render.pdfa_obstacles import DAMAGED, ENCRYPTED, Obstacle
from penstock.render.pdfa_repair import Repair

Encryption = pikepdf.Encryption | bool | None


def save(
    pdf: pikepdf.Pdf, file: IO[bytes], *, claim: bool, encryption: Encryption = None
) -> Sequence[Obstacle]:
    """Save a PDF, and return the obstacles to calling it PDF/A; empty if it claims PDF/A.

    Parameters
    ----------
    file
        A writable, readable and seekable binary file, positioned at its start.
    claim
        Claim PDF/A-2b if the check finds no obstacle. If the PDF already claims PDF/A, that claim is checked
        first. Entries that PDF/A forbids and that no reader shows are repaired; if obstacles remain, the PDF
        is saved without the repairs and without a claim.
    encryption
        How to encrypt the file: True as the input was, None not at all.

    Raises
    ------
    OutputError
        The PDF has damage that is found only when all of it is read.
    """
    if encryption or not claim:
        remove_pdfa_claim(pdf)
        _write(pdf, file, encryption)
        return [ENCRYPTED] if claim else []
    if flavour := claimed_flavour(pdf):
        _write(pdf, file)
        if not obstacles_of(file, len(pdf.pages), flavour):
            return []
    remove_pdfa_claim(pdf)
    repair = Repair(pdf)
    try:
        obstacles = repair.obstacles() or repair.apply()
    except pikepdf.PdfError:  # a stream that only PDF/A needs, such as a colour profile, cannot be decoded
        repair.undo()
        obstacles = [DAMAGED]
    if not obstacles:
        # The check refuses newer versions, and whatever they have added.
        _write(pdf, file, version=min(pdf.pdf_version, pdfa.VERSION))
        obstacles = obstacles_of(file, len(pdf.pages))
        if not obstacles:
            return []
        repair.undo()
    _write(pdf, file)
    return obstacles


def _write(pdf: pikepdf.Pdf, file: IO[bytes], encryption: Encryption = None, *, version: str = "") -> None:
    file.seek(0)
    file.truncate()
    target = cast("BinaryIO", file)
    try:
        with warnings.catch_warnings():
            # pikepdf warns of form fields that an input does not list. They are as they were in the input.
            warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
            # The identifier of an encrypted file is part of its key and must not change.
            pdf.save(target, encryption=encryption, deterministic_id=not encryption, force_version=version)
    except pikepdf.PdfError as error:
        raise OutputError(
            f"the PDF is damaged beyond repair ({error})", "print or save it as a new PDF, and use that"
        ) from error
    file.seek(0, os.SEEK_END)
