"""Tests of a sink."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from penstock.errors import OutputClash, PenstockError
from penstock.model import Recognition, RecognizedDocument
from penstock.storage import Place
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import ConformanceError, WroteOutsideOutputs, describe
from penstock.testing.conformance.writing import Writer, Written, registry_of, watched_writer
from penstock.testing.drawing import DrawnPage, draw_page
from penstock.testing.outputs import PageList, RecordingRegistry, recognized_document

__tracebackhide__ = True

UNUSUAL_NAMES = (
    "../../escaped",
    "a/b\\c",
    ".hidden",
    "CON",
    "ends with a dot.",
    'what? "quotes" <and> more|*',
    "{document}",
    "{page:03d} 100% $HOME",
    "two\nlines\tand a tab",
    "Grüße 手紙 رسالة 💌",
    "n" * 300,
)


class SinkConformance(Conformance):
    """Subclass this with your sink as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "sink"

    def pages(self, folder: Path, count: int = 2) -> list[DrawnPage]:
        """Return the pages of the test's documents."""
        words = ("Dear Anna", "thank you", "they came", "on Monday")
        return [
            draw_page(folder / "scans" / f"page-{number}.png", [words[number % len(words)]], number=number)
            for number in range(1, count + 1)
        ]

    def test_writes_only_through_outputs(self, tmp_path: Path) -> None:
        """It writes its files through outputs, and changes no other file."""
        document = recognized_document(self.pages(tmp_path))
        self._check_written(self._write(tmp_path, document, tmp_path / "out"), document)

    def test_leaves_no_partial_file(self, tmp_path: Path) -> None:
        """If a page cannot be loaded, it raises and leaves no partial file."""
        document = recognized_document(self.pages(tmp_path), fail_at=1)
        late: list[Place] = []
        pages = document.pages
        registry = registry_of(document)
        registry.on_written = lambda path: late.append(path) if _has_failed(pages) else None
        try:
            written = self._write(tmp_path, document, tmp_path / "out", registry)
        except WroteOutsideOutputs as error:
            message = f"if a page cannot be loaded, there must be no partial file: {error.message}"
            raise ConformanceError(message, error.hint) from None
        if late:
            raise ConformanceError(
                f"if a page cannot be loaded, there must be no partial file, got {late[0].name}", _RAISE
            )
        if written.raised is None and _has_failed(pages):
            raise ConformanceError("if a page cannot be loaded, write must raise", _RAISE)

    def test_keeps_documents_apart(self, tmp_path: Path) -> None:
        """The files of a document do not depend on the documents before it."""
        pages = self.pages(tmp_path, 3)
        first = recognized_document(pages[:2], name="first")
        second = recognized_document(pages[2:], name="second")
        alone = self._write(tmp_path, second, tmp_path / "alone")
        with self._writer(tmp_path, tmp_path / "both", registry_of(first, second)) as writer:
            writer.write(first)
            after_first = writer.write(second)
        if isinstance(after_first.raised, OutputClash):
            raise ConformanceError(
                "two documents must not be written to one file",
                'put {document} into the option\'s default: path: str = "{document}.txt"',
            )
        self._check_written(after_first, second)
        for path, digest in alone.digests.items():
            if after_first.digests.get(path) != digest:
                raise ConformanceError(
                    f"{path} of the second document must be the same whether or not a first document was "
                    "written before, but differs",
                    "keep nothing of a document on self after `write` returns",
                )

    def test_accepts_any_document_name(self, tmp_path: Path) -> None:
        """It accepts every document name, and its files stay in their folder."""
        pages = self.pages(tmp_path, 1)
        for index, name in enumerate(UNUSUAL_NAMES):
            root = tmp_path / "odd" / str(index) / "root"
            document = replace(recognized_document(pages, name="odd"), name=name, origin=name)
            written = self._write(tmp_path, document, root)
            self._check_written(written, document)
            folders = (root, document.beside or root)
            if escaped := [path for path in written.paths if not any(map(path.is_relative_to, folders))]:
                raise ConformanceError(
                    f"the document named {name!r} must be written into its folder, got {escaped[0]}",
                    "do not insert names into the template: pass outputs.open the option with its "
                    "{document}, which is replaced safely",
                )

    def test_accepts_pages_without_text(self, tmp_path: Path) -> None:
        """It writes documents in which some or all pages have no text."""
        first, second = self.pages(tmp_path)
        empty = replace(first, recognition=Recognition())
        for name, pages in (("half-empty", [empty, second]), ("empty", [empty])):
            document = recognized_document(pages, name=name)
            self._check_written(self._write(tmp_path, document, tmp_path / name), document)

    def test_is_deterministic(self, tmp_path: Path) -> None:
        """The same document gives the same files, byte for byte."""
        document = recognized_document(self.pages(tmp_path))
        one, two = (self._digests(tmp_path, document, tmp_path / each) for each in ("one", "two"))
        if one != two:
            name = next(path for path in sorted({*one, *two}) if one.get(path) != two.get(path))
            raise ConformanceError(
                f"{name} must be the same when the same document is written again, but differs",
                "do not use times, random numbers or the order of sets",
            )

    def _write(
        self,
        folder: Path,
        document: RecognizedDocument,
        root: Path,
        registry: RecordingRegistry | None = None,
    ) -> Written:
        """Write one document with a new component."""
        with self._writer(folder, root, registry or registry_of(document)) as writer:
            return writer.write(document)

    def _digests(self, folder: Path, document: RecognizedDocument, root: Path) -> dict[Path, str]:
        written = self._write(folder, document, root)
        self._check_written(written, document)
        return written.digests

    @contextlib.contextmanager
    def _writer(self, folder: Path, root: Path, registry: RecordingRegistry) -> Iterator[Writer]:
        root.mkdir(parents=True, exist_ok=True)
        with (
            self.opened(root) as stage,
            watched_writer(stage, folder, root, registry, self.owner(root)) as writer,
        ):
            yield writer

    def _check_written(self, written: Written, document: RecognizedDocument) -> None:
        """Raise ConformanceError if the sink raised for a document that it should have written."""
        if written.raised is None:
            return
        hint = written.raised.hint if isinstance(written.raised, PenstockError) else _NO_REASON
        raise ConformanceError(
            f"write must not raise for the document {document.name!r}, got {describe(written.raised)}", hint
        ) from written.raised


_NO_REASON = "fix it; neither an unusual name nor a page without lines is a reason to fail"
_RAISE = "do not catch what `for page in document.pages` raises inside `with outputs.open(...)`"


def _has_failed(pages: object) -> bool:
    return isinstance(pages, PageList) and pages.failed
