"""What every sink does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from penstock.errors import OutputClash, PenstockError
from penstock.model import Recognition, RecognizedDocument
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import NotConforming, PastOutputs, said_by
from penstock.testing.conformance.writing import SinkTrial, Written, ledger_of, sink_trial
from penstock.testing.drawing import DrawnPage, draw_page
from penstock.testing.trial import GivenPages, TrialLedger, recognized_document

__tracebackhide__ = True

ODD_NAMES = (
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
    """Subclass it with your sink as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "sink"

    def pages(self, folder: Path, count: int = 2) -> list[DrawnPage]:
        """The pages that documents are made of."""
        words = ("Dear Anna", "thank you", "they came", "on Monday")
        return [
            draw_page(folder / "scans" / f"page-{number}.png", [words[number % len(words)]], number=number)
            for number in range(1, count + 1)
        ]

    def test_writes_through_outputs_alone(self, tmp_path: Path) -> None:
        """It opens its files through outputs alone, and changes nothing else."""
        document = recognized_document(self.pages(tmp_path))
        self._refuse_fault(self._written(tmp_path, document, tmp_path / "out"), document)

    def test_leaves_whole_files_or_none(self, tmp_path: Path) -> None:
        """When a page cannot be loaded midway, it says so and leaves no half file."""
        document = recognized_document(self.pages(tmp_path), fail_at=1)
        late: list[Path] = []
        pages = document.pages
        ledger = ledger_of(document)
        ledger.on_written = lambda place: late.append(place) if _has_failed(pages) else None
        try:
            written = self._written(tmp_path, document, tmp_path / "out", ledger)
        except PastOutputs as fault:
            what = f"it leaves half a file when a page cannot be loaded midway: {fault.what}"
            raise NotConforming(what, fault.instead) from None
        if late:
            raise NotConforming(
                f"it put {late[0].name} in its place after a page could not be loaded: half a document",
                "let what the walk over document.pages raises go through `with outputs.open(...)`",
            )
        if written.raised is None and _has_failed(pages):
            raise NotConforming(
                "it kept silent about a page that could not be loaded",
                "let what the walk over document.pages raises go through: the run reports it",
            )

    def test_keeps_two_documents_apart(self, tmp_path: Path) -> None:
        """Of two documents, neither is in the other's files."""
        pages = self.pages(tmp_path, 3)
        first, second = (
            recognized_document(pages[:2], name="first"),
            recognized_document(pages[2:], name="second"),
        )
        alone = self._written(tmp_path, second, tmp_path / "alone")
        with self._trial(tmp_path, tmp_path / "both", ledger_of(first, second)) as trial:
            trial.write(first)
            after_first = trial.write(second)
        if isinstance(after_first.raised, OutputClash):
            raise NotConforming(
                "two documents are written to one file",
                'put {document} into the option\'s default: path: str = "{document}.txt"',
            )
        self._refuse_fault(after_first, second)
        for path, digest in alone.files.items():
            if after_first.files.get(path) != digest:
                raise NotConforming(
                    f"{path} of the second document is another file if a first one was written before",
                    "keep nothing of a document on self when `write` has ended",
                )

    def test_takes_odd_names(self, tmp_path: Path) -> None:
        """A document may be called anything; its files stay in their folder."""
        pages = self.pages(tmp_path, 1)
        for index, name in enumerate(ODD_NAMES):
            root = tmp_path / "odd" / str(index) / "root"
            document = replace(recognized_document(pages, name="odd"), name=name, origin=name)
            written = self._written(tmp_path, document, root)
            self._refuse_fault(written, document)
            if escaped := [path for path in written.places if _escaped(path, root, document)]:
                raise NotConforming(
                    f"the document named {name!r} was written to {escaped[0]}",
                    "never put a name into the template yourself: give outputs.open the option with its "
                    "{document}, which is filled in safely",
                )

    def test_takes_pages_without_text(self, tmp_path: Path) -> None:
        """A page, or a whole document, on which nothing was read is written like any other."""
        first, second = self.pages(tmp_path)
        bare = replace(first, recognition=Recognition())
        for name, pages in (("half-empty", [bare, second]), ("empty", [bare])):
            document = recognized_document(pages, name=name)
            self._refuse_fault(self._written(tmp_path, document, tmp_path / name), document)

    def test_same_input_gives_the_same_output(self, tmp_path: Path) -> None:
        """The same document becomes the same files, byte for byte."""
        document = recognized_document(self.pages(tmp_path))
        one, two = (self._files(tmp_path, document, tmp_path / each) for each in ("one", "two"))
        if one != two:
            name = next(path for path in sorted({*one, *two}) if one.get(path) != two.get(path))
            raise NotConforming(
                f"{name} is not the same when the same document is written once more",
                "leave out times, random numbers and the order of sets",
            )

    def _written(
        self, folder: Path, document: RecognizedDocument, root: Path, ledger: TrialLedger | None = None
    ) -> Written:
        """Write one document with a new component; files that came another way are a fault."""
        with self._trial(folder, root, ledger or ledger_of(document)) as trial:
            return trial.write(document)

    def _files(self, folder: Path, document: RecognizedDocument, root: Path) -> dict[Path, str]:
        written = self._written(folder, document, root)
        self._refuse_fault(written, document)
        return written.files

    @contextlib.contextmanager
    def _trial(self, folder: Path, root: Path, ledger: TrialLedger) -> Iterator[SinkTrial]:
        root.mkdir(parents=True, exist_ok=True)
        with (
            self.opened(root) as door,
            sink_trial(door, folder, root, ledger, self.owner(root)) as trial,
        ):
            yield trial

    def _refuse_fault(self, written: Written, document: RecognizedDocument) -> None:
        """Pass on what the sink raised over a document that it should have written."""
        if written.raised is None:
            return
        hint = written.raised.hint if isinstance(written.raised, PenstockError) else _WRITE_IT
        raise NotConforming(
            f"the document {document.name!r} is not written: {said_by(written.raised)}", hint
        ) from written.raised


def _escaped(path: Path, root: Path, document: RecognizedDocument) -> bool:
    """Whether a file stands elsewhere than its template's fixed part says."""
    beside = document.beside or root
    return not any(path.is_relative_to(each) for each in (root, beside))


_WRITE_IT = "mend it; any name, and pages without lines, are no reason to fail"


def _has_failed(pages: object) -> bool:
    return isinstance(pages, GivenPages) and pages.failed


__all__ = ["SinkConformance"]
