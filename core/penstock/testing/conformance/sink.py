"""What every sink does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import OutputClash, PenstockError
from penstock.model import ReadDocument, Recognition
from penstock.outputs import file_digest
from penstock.pipeline import SinkDoor
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import NotConforming, said_by
from penstock.testing.conformance.files import FileWatch, snapshot, watched_files
from penstock.testing.drawing import DrawnPage, draw_page
from penstock.testing.trial import GivenPages, TrialLedger, read_document, trial_outputs

__tracebackhide__ = True

THROUGH_OUTPUTS = (
    "open every file with outputs.open(self.path), which makes names safe and leaves whole files or none"
)

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


@dataclass(frozen=True, slots=True)
class Written:
    """What one call of `write` left.

    Parameters
    ----------
    files
        Digests of what came through ``outputs``, by path.
    raised
        What the sink raised.
    """

    files: dict[Path, str]
    raised: Exception | None


class SinkConformance(Conformance):
    """Subclass it with your sink as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "sink"

    def pages(self, folder: Path, count: int = 2) -> list[DrawnPage]:
        """The pages that documents are made of."""
        words = ("Dear Anna", "thank you", "they came", "on Monday")
        return [
            draw_page(
                folder / "scans" / f"page-{index + 1}.png", [words[index % len(words)]], number=index + 1
            )
            for index in range(count)
        ]

    def test_writes_through_outputs_alone(self, tmp_path: Path) -> None:
        """It opens its files through outputs alone, and changes nothing else."""
        self._written(tmp_path, read_document(self.pages(tmp_path)))

    def test_leaves_whole_files_or_none(self, tmp_path: Path) -> None:
        """When a page cannot be loaded midway, it says so and leaves no half file."""
        document = read_document(self.pages(tmp_path), fail_at=1)
        late: list[Path] = []
        pages = document.pages
        ledger = _ledger_of(document)
        ledger.on_written = lambda place: late.append(place) if _has_failed(pages) else None
        try:
            written = self._written(tmp_path, document, ledger)
        except NotConforming as fault:
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
        first, second = read_document(pages[:2], name="first"), read_document(pages[2:], name="second")
        alone = self._written(tmp_path, second, root=tmp_path / "alone")
        ledger = _ledger_of(first, second)
        with self._watched(tmp_path, tmp_path / "both", ledger) as (door, watch):
            self._write(door, first, tmp_path / "both", ledger, watch)
            self._refuse_fault(self._clash_free(door, second, tmp_path / "both", ledger, watch), second)
        both = {path.relative_to(tmp_path / "both"): digest for path, digest in ledger.digests.items()}
        for path, digest in alone.files.items():
            place = path.relative_to(tmp_path / "alone")
            if both.get(place) != digest:
                raise NotConforming(
                    f"{place} of the second document is another file if a first one was written before",
                    "keep nothing of a document on self when `write` has ended",
                )

    def test_takes_odd_names(self, tmp_path: Path) -> None:
        """A document may be called anything; its files stay in their folder."""
        pages = self.pages(tmp_path, 1)
        for index, name in enumerate(ODD_NAMES):
            root = tmp_path / "odd" / str(index) / "root"
            document = replace(read_document(pages, name="odd"), name=name, origin=name)
            written = self._written(tmp_path, document, root=root)
            self._refuse_fault(written, document)
            if escaped := [path for path in written.files if self._escaped(path, root, document)]:
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
            document = read_document(pages, name=name)
            self._refuse_fault(self._written(tmp_path, document, root=tmp_path / name), document)

    def test_same_input_gives_the_same_output(self, tmp_path: Path) -> None:
        """The same document becomes the same files, byte for byte."""
        document = read_document(self.pages(tmp_path))
        first = self._written(tmp_path, document, root=tmp_path / "out" / "one")
        second = self._written(tmp_path, document, root=tmp_path / "out" / "two")
        one = {path.relative_to(tmp_path / "out" / "one"): digest for path, digest in first.files.items()}
        two = {path.relative_to(tmp_path / "out" / "two"): digest for path, digest in second.files.items()}
        if one != two:
            name = next(path for path in sorted({*one, *two}) if one.get(path) != two.get(path))
            raise NotConforming(
                f"{name} is not the same when the same document is written once more",
                "leave out times, random numbers and the order of sets",
            )

    def _written(
        self,
        folder: Path,
        document: ReadDocument,
        ledger: TrialLedger | None = None,
        root: Path | None = None,
    ) -> Written:
        """Write one document with a new component; files that came another way are a fault."""
        ledger = ledger or _ledger_of(document)
        root = root or folder / "out"
        with self._watched(folder, root, ledger) as (door, watch):
            return self._write(door, document, root, ledger, watch)

    @contextlib.contextmanager
    def _watched(self, folder: Path, root: Path, ledger: TrialLedger) -> Iterator[tuple[SinkDoor, FileWatch]]:
        """A sink at work in an empty current folder, and what it does to files."""
        here = folder / "current-folder"
        for each in (here, root):
            each.mkdir(parents=True, exist_ok=True)
        with self.opened(root) as door, contextlib.chdir(here):
            before = snapshot(folder)
            with watched_files(self.owner(root)) as watch:
                yield door, watch
            self._refuse_strangers(folder, before, ledger, watch)

    def _write(
        self, door: SinkDoor, document: ReadDocument, root: Path, ledger: TrialLedger, watch: FileWatch
    ) -> Written:
        outputs = trial_outputs(document, root, ledger)
        raised: Exception | None = None
        try:
            door.write(document, outputs)
        except Exception as error:
            raised = error
        watch.touches[:] = [each for each in watch.touches if each.what == "write"]
        return Written({place: file_digest(place) for place in outputs.written}, raised)

    def _clash_free(
        self, door: SinkDoor, document: ReadDocument, root: Path, ledger: TrialLedger, watch: FileWatch
    ) -> Written:
        written = self._write(door, document, root, ledger, watch)
        if isinstance(written.raised, OutputClash):
            raise NotConforming(
                "two documents are written to one file",
                'put {document} into the option\'s default: path: str = "{document}.txt"',
            )
        return written

    def _refuse_fault(self, written: Written, document: ReadDocument) -> None:
        """Pass on what the sink raised over a document that it should have written."""
        if written.raised is None:
            return
        hint = written.raised.hint if isinstance(written.raised, PenstockError) else _WRITE_IT
        raise NotConforming(
            f"the document {document.name!r} is not written: {said_by(written.raised)}", hint
        ) from written.raised

    def _refuse_strangers(
        self, folder: Path, before: dict[Path, Any], ledger: TrialLedger, watch: FileWatch
    ) -> None:
        """Complain of files that were written, and not through outputs."""
        known = {*ledger.parts, *ledger.digests}
        for touch in watch.touches:
            if touch.what == "write" and touch.path not in known and _is_left(touch.path, folder):
                raise NotConforming(
                    f"it opens {_shown(touch.path, folder)} for writing past outputs ({touch.where})",
                    THROUGH_OUTPUTS,
                )
        after = snapshot(folder)
        for path in (path for path in after if path not in known and before.get(path) != after[path]):
            raise NotConforming(f"it wrote {_shown(path, folder)} past outputs", THROUGH_OUTPUTS)
        for path in (path for path in before if path not in after):
            raise NotConforming(f"it took {_shown(path, folder)} away", "leave the inputs as they are")

    def _escaped(self, path: Path, root: Path, document: ReadDocument) -> bool:
        """Whether a file stands elsewhere than its template's fixed part says."""
        beside = document.beside or root
        return not any(path.is_relative_to(each) for each in (root, beside))


_WRITE_IT = "write what there is: any name, and pages without lines, are no reason to fail"


def _has_failed(pages: object) -> bool:
    return isinstance(pages, GivenPages) and pages.failed


def _ledger_of(*documents: ReadDocument) -> TrialLedger:
    return TrialLedger(frozenset(page.page.picture.path for each in documents for page in _pages_of(each)))


def _pages_of(document: ReadDocument) -> Sequence[Any]:
    return document.pages.pages if isinstance(document.pages, GivenPages) else list(document.pages)


def _is_left(path: Path, folder: Path) -> bool:
    """Whether a file that was written matters: scratch files elsewhere that are gone again do not."""
    if path.suffix == ".pyc" or "__pycache__" in path.parts or _in_cache(path):
        return False
    return path.is_relative_to(folder) or path.is_file()


def _in_cache(path: Path) -> bool:
    """Whether it lies in the user's own folder of caches, where libraries keep fonts and models."""
    from platformdirs import user_cache_path

    return path.is_relative_to(user_cache_path())


def _shown(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)


__all__ = ["SinkConformance"]
