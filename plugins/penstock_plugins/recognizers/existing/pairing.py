"""Find the file with the transcription of a page."""

from __future__ import annotations

import glob
import string
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from penstock.errors import InvalidTranscription, NotAnswered
from penstock.model import Document, Page
from penstock.transcriptions.detection import format_of
from penstock.transcriptions.file_names import composed, is_file, picture_stem, spellings
from penstock.transcriptions.reading import read_transcription
from penstock_plugins.recognizers.existing.default_places import (
    mets_in,
    reason_against,
    transcriptions_in,
)
from penstock_plugins.recognizers.existing.mets import TEXT_SUFFIXES, Mets, is_mets, read_mets

PLACEHOLDERS = ("beside", "document", "folder", "page", "picture")
HINT = "export it, name its file with files = ..., or list a recognizer after this one"


@dataclass(frozen=True, slots=True)
class Found:
    """The file of a page.

    Parameters
    ----------
    is_shared
        Whether the file may hold the pages of several pictures.
    is_numbered
        Whether the file's name has the number of the page.
    """

    path: Path
    is_shared: bool = False
    is_numbered: bool = False


class Places(ABC):
    """Where transcriptions are looked for."""

    @abstractmethod
    def find(self, page: Page, document: Document) -> Found:
        """Return the file of a page.

        Raises NotAnswered if there is no such file, and InvalidTranscription for a METS file that cannot be
        read.
        """


def places_of(files: Path | None) -> Places:
    """Return where to look for transcriptions. Raises ValueError for an invalid pattern.

    Parameters
    ----------
    files
        A pattern with placeholders, a folder, a glob, a METS file or another file; None for the files beside
        the pictures.
    """
    if files is None:
        return BesidePictures()
    text = str(files)
    if files.is_file():
        return MetsFilePlaces(files) if is_mets(files) else SingleFile(files)
    if files.is_dir():
        return Folder(files)
    if "{" in text or "}" in text:
        return Pattern(_from_beside(text))
    if glob.has_magic(text):
        return Collection(_matches(text), text)
    raise ValueError(
        f"there is no file or folder {text}; files must be a file, a folder, a glob or a pattern such as "
        '"{beside}/page/{picture}.xml"'
    )


def _from_beside(text: str) -> str:
    """Remove the folder of the pipeline in front of ``{beside}``, which is an absolute folder itself."""
    start = text.find("{beside}")
    return text[start:] if start > 0 else text


def name_to_pair(page: Page, document: Document) -> str:
    """Return the name of a page's picture; of a download, the document's name."""
    return document.name if page.picture.url else page.picture.path.name


def stem_to_pair(page: Page, document: Document) -> str:
    """Return the name of a page's picture without its suffix; of a download, the document's name."""
    return document.name if page.picture.url else page.picture.path.stem


def _beside(page: Page, document: Document) -> Path:
    return (document.beside or Path.cwd()) if page.picture.url else page.picture.path.parent


def _matches(pattern: str) -> list[Path]:
    return [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207  an absolute pattern


class BesidePictures(Places):
    """The files beside the pictures, as programs write them."""

    def __init__(self) -> None:
        self._mets: dict[Path, MetsFilePlaces] = {}

    def find(self, page: Page, document: Document) -> Found:
        folder = _beside(page, document)
        name, stem = name_to_pair(page, document), stem_to_pair(page, document)
        passed_over = ""
        for path in transcriptions_in(folder, name, stem):
            if not (reason := reason_against(path)):
                return Found(path)
            passed_over = passed_over or f" that can be taken: {path.name} {reason}"
        if (mets := mets_in(folder)) and is_mets(mets):
            return self._of_mets(mets).find(page, document)
        missing = f"there is no {stem}.xml, .hocr or .json in {folder}"
        raise NotAnswered(f"has no transcription: {missing}{passed_over}", HINT)

    def _of_mets(self, path: Path) -> MetsFilePlaces:
        if path not in self._mets:
            self._mets = {path: MetsFilePlaces(path)}  # the pages of a folder follow each other
        return self._mets[path]


class Pattern(Places):
    """A pattern with placeholders."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}
        except ValueError as error:
            raise ValueError(f"files has unmatched braces ({error}): {pattern}") from None
        if unknown := sorted(names - set(PLACEHOLDERS)):
            known = ", ".join("{" + name + "}" for name in PLACEHOLDERS)
            raise ValueError(f"files has the unknown placeholder {{{unknown[0]}}}; there are {known}")
        self._is_numbered = "page" in names
        self._is_shared = not names & {"page", "picture"}
        try:
            self._formatted({name: "" for name in PLACEHOLDERS if name != "page"}, 1)
        except ValueError as error:
            raise ValueError(f"files has a placeholder with an invalid format ({error}): {pattern}") from None

    def find(self, page: Page, document: Document) -> Found:
        beside, stem = str(_beside(page, document)), stem_to_pair(page, document)
        for picture, name in zip(spellings(stem), spellings(document.name), strict=True):
            values = {"beside": beside, "document": name, "folder": document.folder, "picture": picture}
            escaped = {key: glob.escape(value) for key, value in values.items()}
            exact = Path(self._formatted(values, page.number))
            for path in (exact, *_matches(self._formatted(escaped, page.number))):
                if is_file(path):
                    return Found(path, self._is_shared, self._is_numbered)
        missing = self._formatted(values | {"document": document.name, "picture": stem}, page.number)
        raise NotAnswered(f"has no transcription: there is no file {missing}", HINT)

    def _formatted(self, values: dict[str, str], number: int) -> str:
        return self._pattern.format(**values, page=_PageNumber(number))


class _PageNumber(int):
    """A number with three digits, as in the names of outputs, unless a format such as ``04d`` is given."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec or "03d")


class SingleFile(Places):
    """One file for all pages."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, page: Page, document: Document) -> Found:  # noqa: ARG002
        return Found(self._path, is_shared=True)


class Collection(Places):
    """Files whose names are those of the pictures, or that name the pictures."""

    def __init__(self, paths: Iterable[Path], shown: str) -> None:
        self._paths = [path for path in paths if path.is_file() and not is_mets(path)]
        self._shown = shown
        self._by_stem: dict[str, Path] = {}
        for path in self._paths:
            inner = Path(composed(path.stem))
            self._by_stem.setdefault(inner.name, path)
            if inner.suffix.lower() in (".alto", ".page", ".hocr", ".gt"):
                self._by_stem.setdefault(inner.stem, path)

    def find(self, page: Page, document: Document) -> Found:
        for name in (name_to_pair(page, document), stem_to_pair(page, document)):
            if path := self._by_stem.get(composed(name)):
                return Found(path)
        if path := self._by_picture.get(composed(stem_to_pair(page, document))):
            return Found(path, is_shared=True)
        raise NotAnswered(
            f"has no transcription: no file of {self._shown} has the name of the picture or names it", HINT
        )

    @cached_property
    def _by_picture(self) -> dict[str, Path]:
        """The files by the pictures that they name. Files that cannot be read name none."""
        found: dict[str, Path] = {}
        for path in self._paths:
            try:
                for page in read_transcription(path):
                    if page.picture:
                        found.setdefault(picture_stem(page.picture), path)
            except InvalidTranscription:
                continue
        return found


class Folder(Places):
    """A folder with files that are called like the pictures, or with a METS file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        mets = next((path for path in sorted(folder.glob("*.xml")) if is_mets(path)), None)
        self._mets = MetsFilePlaces(mets) if mets else None

    def find(self, page: Page, document: Document) -> Found:
        name, stem = name_to_pair(page, document), stem_to_pair(page, document)
        for folder in dict.fromkeys((self._folder / document.folder, self._folder)):
            for path in transcriptions_in(folder, name, stem):
                return Found(path)
        return (self._mets or self._files).find(page, document)

    @cached_property
    def _files(self) -> Collection:
        files = (path for path in sorted(self._folder.rglob("*")) if path.suffix.lower() in TEXT_SUFFIXES)
        return Collection(files, str(self._folder))


class MetsFilePlaces(Places):
    """The files that a METS file pairs with the pictures."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _mets(self) -> Mets:
        return read_mets(self._path)

    @cached_property
    def _files(self) -> Collection:
        return Collection(self._mets.all_texts(), str(self._path))

    def find(self, page: Page, document: Document) -> Found:
        picture, mets = page.picture.path, self._mets
        if not mets.is_certain(picture) and (path := self._named(page, document)):
            return Found(path, is_shared=True)
        for path in mets.texts_of(picture):
            if _is_transcription(path):
                return Found(path)
        raise NotAnswered(
            f"has no transcription: {self._path} lists no file with text for {picture.name} that is there",
            "check that the files lie where METS says, or name them with files = ...",
        )

    def _named(self, page: Page, document: Document) -> Path | None:
        """The file that names the picture, which is surer than an address on another machine."""
        try:
            return self._files.find(page, document).path
        except NotAnswered:
            return None


def _is_transcription(path: Path) -> bool:
    try:
        format_of(path)
    except InvalidTranscription:
        return False
    return True
