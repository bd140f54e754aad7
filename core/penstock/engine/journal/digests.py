"""Digests of the files that pictures are in, and of what is drawn on the pages of PDFs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.errors import PictureError
from penstock.model import Picture
from penstock.outputs import file_digest
from penstock.pdf.kind import is_pdf

FILE_SIZE = 32
"""Bytes of a file's digest."""
PAGE_SIZE = 16
"""Bytes of a page's digest."""
NONE = bytes(PAGE_SIZE)
"""Stands for a page that cannot be digested."""

_File = tuple[Path, int | None, int | None]


class Digests:
    """The digests of pictures' files, stored with path, size and time so that no file is read twice.

    In the table, the digest of a PDF is followed by those of its pages. Intake thread only. With
    ``read_only``, for a dry run, new digests are not stored.
    """

    def __init__(self, database: Database, *, read_only: bool = False) -> None:
        self._database, self._read_only = database, read_only
        # All pages of a PDF or TIFF have the same file.
        self._last: _File | None = None
        self._file = b""
        self._pages: _Pages | None = None

    def of(self, picture: Picture) -> bytes:
        """Return the digest of a picture's file. Raises OSError if the file cannot be read.

        If the file has changed since it was found, this is the digest of its present content. The recognizer
        that opens it notices the change.
        """
        asked = (picture.path, picture.size, picture.modified_ns)
        if asked != self._last:
            stored = self._stored(picture)
            self._file = stored[:FILE_SIZE] or bytes.fromhex(file_digest(picture.path))
            self._pages = None
            if len(stored) > FILE_SIZE or is_pdf(picture.path):
                self._pages = _Pages(picture, stored[FILE_SIZE:], lambda pages: self._store(picture, pages))
            if not stored:
                self._store(picture, b"")
            self._last = asked
        return self._file

    def of_page(self, picture: Picture) -> bytes | None:
        """Return the digest of what is drawn on a PDF's page; None for other files and damaged pages.

        Raises OSError if the file cannot be read.
        """
        self.of(picture)
        return self._pages.of(picture.page_index) if self._pages else None

    def of_unread_pdf(self, picture: Picture) -> bytes | None:
        """Return the stored digest of a PDF, without reading the file; None for other files."""
        return self._stored(picture)[:FILE_SIZE] or None if is_pdf(picture.path) else None

    def _stored(self, picture: Picture) -> bytes:
        if picture.size is None:
            return b""
        rows = self._database.look_up(
            "SELECT digest FROM digests WHERE path = ? AND size = ? AND modified_ns = ?",
            *(os.fsencode(picture.path), picture.size, picture.modified_ns),
        )
        return bytes(rows[0][0]) if rows else b""

    def _store(self, picture: Picture, pages: bytes) -> None:
        if picture.size is not None and not self._read_only:
            self._database.write_now(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                *(os.fsencode(picture.path), picture.size, picture.modified_ns, self._file + pages),
            )


class _Pages:
    """The digests of one PDF's pages: the stored ones, or each when it is first asked for."""

    def __init__(self, picture: Picture, stored: bytes, store: Callable[[bytes], None]) -> None:
        self._picture, self._store = picture, store
        self._known = {
            at // PAGE_SIZE: stored[at : at + PAGE_SIZE] for at in range(0, len(stored), PAGE_SIZE)
        }
        self._is_stored = bool(stored)
        self._compute: Callable[[int], bytes | None] | None = None
        self._count = 0

    def of(self, index: int) -> bytes | None:
        if index not in self._known and not self._is_stored:
            self._known[index] = self._computed(index) or NONE
            if len(self._known) == self._count:
                self._store(b"".join(digest for _, digest in sorted(self._known.items())))
                self._is_stored, self._compute = True, None
        digest = self._known.get(index, NONE)
        return None if digest == NONE else digest

    def _computed(self, index: int) -> bytes | None:
        if self._compute is None:
            self._compute = self._opened()
        return self._compute(index)

    def _opened(self) -> Callable[[int], bytes | None]:
        # Imports pikepdf, which must not slow down runs without PDFs.
        from penstock.pdf.opening import opened_with_qpdf
        from penstock.pdf.page_digest import PageDigests

        try:
            pdf = opened_with_qpdf(self._picture.path, str(self._picture.path))
        except PictureError:
            return lambda _: None
        self._count = len(pdf.pages)
        return PageDigests(pdf).of
