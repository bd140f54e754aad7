"""METS files: which files of a work belong to the same page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from penstock.errors import InvalidTranscription
from penstock.transcriptions.file_names import composed, is_file, spellings
from penstock.transcriptions.xml_input import Element, MarkupFile, local_name

TEXT_SUFFIXES = (".xml", ".alto", ".hocr", ".html", ".htm", ".json")
_TEXT_TYPES = re.compile(r"xml|html|json|alto|page")
_TEXT_USES = re.compile(r"text|alto|page|ocr|hocr|transcri|trans", re.IGNORECASE)
_HREF = "{http://www.w3.org/1999/xlink}href"
_REMOTE = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MetsFile:
    """A file that METS lists.

    Parameters
    ----------
    href
        Its address as METS gives it.
    use
        USE of its group, such as ``FULLTEXT``; the names of nested groups are joined by slashes.
    is_text
        Whether the file is a transcription or other markup, and not a picture.
    """

    href: str
    use: str
    is_text: bool

    @property
    def is_remote(self) -> bool:
        """Whether the address names another machine. Such a file is looked for by its name only."""
        return _REMOTE.match(self.href) is not None

    @property
    def path(self) -> str:
        """The path below the folder of the METS file; for a remote file its name."""
        path = re.sub(r"^file:(//)?", "", unquote(self.href), flags=re.IGNORECASE)
        if self.is_remote:
            path = path.split("?")[0].rstrip("/").rpartition("/")[2]
        return os.path.normpath(path)

    @property
    def stem(self) -> str:
        """The name without its suffix, composed."""
        return composed(Path(self.path).stem)

    def places(self, folder: Path) -> Iterator[Path]:
        """Iterate over the existing files that this one may be, the most likely one first."""
        path, groups = Path(self.path), self.use.split("/")
        below = [path, *(Path(group) / path.name for group in reversed(groups)), Path(path.name)]
        suffixes = TEXT_SUFFIXES if self.is_text and path.suffix.lower() not in TEXT_SUFFIXES else ()
        for place in below:
            for candidate in (place, *(place.with_name(place.name + suffix) for suffix in suffixes)):
                for spelling in dict.fromkeys(spellings(str(candidate))):
                    # Joined to an absolute path, the folder has no effect.
                    if is_file(folder / spelling):
                        yield folder / spelling


@dataclass(slots=True)
class MetsPage:
    """The files of one page, in the order of METS."""

    pictures: list[MetsFile] = field(default_factory=list)
    texts: list[MetsFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mets:
    """The pages of a METS file, and the files that belong to no page of it."""

    folder: Path
    pages: tuple[MetsPage, ...]
    unpaired: tuple[MetsFile, ...]

    def texts_of(self, picture: Path) -> list[Path]:
        """Return the existing files with text of a picture, the last processing step first.

        Files are paired by the physical structure. Files that it does not name are paired by their names.
        """
        page = self._page_of(picture)
        named = page.texts if page else [file for file in self.unpaired if file.is_text]
        if page is None:
            named = [file for file in named if file.stem == composed(picture.stem)]
        return [path for file in reversed(named) for path in list(file.places(self.folder))[:1]]

    def _page_of(self, picture: Path) -> MetsPage | None:
        """The page of a picture: by its path, else by its name, else by its name without the suffix.

        An address on another machine has a name that need not be that of the picture here, so it counts last.
        """
        name, stem = composed(picture.name), composed(picture.stem)
        tests = (
            lambda file: any(place.samefile(picture) for place in file.places(self.folder)),
            lambda file: not file.is_remote and composed(Path(file.path).name) == name,
            lambda file: not file.is_remote and file.stem == stem,
            lambda file: file.is_remote and file.stem == stem,
        )
        for test in tests:
            found = [page for page in self.pages if any(map(test, page.pictures))]
            if found:
                return next((page for page in found if page.texts), found[0])
        return None

    def is_certain(self, picture: Path) -> bool:
        """Return whether METS names the picture by a path on this machine."""
        page = self._page_of(picture)
        return page is not None and not all(file.is_remote for file in page.pictures)

    def all_texts(self) -> Iterator[Path]:
        """Iterate over all existing files with text."""
        files = [file for page in self.pages for file in page.texts]
        for file in (*files, *(each for each in self.unpaired if each.is_text)):
            yield from list(file.places(self.folder))[:1]


def is_mets(path: Path) -> bool:
    """Return whether a file is METS, from its content."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return re.search(rb"<(?:[\w.-]+:)?mets[\s>]", start.replace(b"\0", b"")) is not None


def read_mets(path: Path) -> Mets:
    """Return the pages of a METS file. Raises InvalidTranscription if it is no XML, or lists no files."""
    files: dict[str, MetsFile] = {}
    nameless: list[MetsFile] = []
    pages: list[MetsPage] = []
    for part in MarkupFile(path).elements(["fileSec", "structMap"]):
        if local_name(part) == "fileSec":
            for identity, file in _listed(part, ""):
                if identity:
                    files[identity] = file
                else:
                    nameless.append(file)
        else:
            pages += _pages(part, files)
    if not files and not nameless:
        raise InvalidTranscription(path, "lists no files", "export the METS file again, with its files")
    paired = {id(file) for page in pages for file in (*page.pictures, *page.texts)}
    unpaired = [file for file in (*files.values(), *nameless) if id(file) not in paired]
    return Mets(path.parent, tuple(pages), tuple(unpaired))


def _listed(group: Element, use: str) -> Iterator[tuple[str, MetsFile]]:
    """Iterate over the files of a group and of the groups in it, with their IDs."""
    for child in group:
        match local_name(child):
            case "fileGrp":
                own = child.get("USE") or child.get("ID") or ""
                yield from _listed(child, "/".join(filter(None, [use, own])))
            case "file":
                location = next((each for each in child if local_name(each) == "FLocat"), None)
                href = "" if location is None else (location.get(_HREF) or location.get("href") or "")
                if href:
                    yield child.get("ID") or "", _file(href, use, child.get("MIMETYPE") or "")


def _file(href: str, use: str, media_type: str) -> MetsFile:
    suffix = Path(href.split("?", maxsplit=1)[0]).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return MetsFile(href, use, is_text=True)
    if media_type:
        return MetsFile(href, use, is_text=_TEXT_TYPES.search(media_type) is not None)
    return MetsFile(href, use, is_text=not suffix and _TEXT_USES.search(use) is not None)


def _pages(structure: Element, files: dict[str, MetsFile]) -> list[MetsPage]:
    """Return the pages of a structure: the parts that name a picture. Their TYPE does not matter."""
    pages = []
    for part in structure.iter("{*}div"):
        page = MetsPage()
        for pointer in (child for child in part if local_name(child) == "fptr"):
            for named in pointer.iter("{*}fptr", "{*}area"):
                file = files.get(named.get("FILEID") or "")
                if file is not None:
                    (page.texts if file.is_text else page.pictures).append(file)
        if page.pictures:
            pages.append(page)
    return pages
