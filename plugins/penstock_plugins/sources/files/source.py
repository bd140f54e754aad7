"""The `files` source: files, folders and globs of pictures and PDFs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from annotated_types import MinLen, Predicate

from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Problem
from penstock.spool import Spool
from penstock.storage import Address, is_address
from penstock_plugins.sources.ahead import Ahead
from penstock_plugins.sources.files.changed_files import ChangedFiles, FollowedPaths
from penstock_plugins.sources.files.documents import (
    AnyFound,
    Place,
    document_of_each_file,
    document_of_each_folder,
    pages_of_all_files,
)
from penstock_plugins.sources.files.local_files import LocalFiles, first_folder
from penstock_plugins.sources.files.object_downloads import ObjectDownloads
from penstock_plugins.sources.files.object_walk import FoundObject
from penstock_plugins.sources.files.page_order import in_page_order
from penstock_plugins.sources.files.patterns import WILDCARD, Selection
from penstock_plugins.sources.files.stored_objects import PARALLEL, StoredObjects
from penstock_plugins.sources.page_ranges import PageRanges
from penstock_plugins.sources.pages import PageFinder

if TYPE_CHECKING:
    Paths = Sequence[Path | str] | Path | str
    """What Python callers may pass."""
else:
    # What a pipeline file is validated as: relative paths are resolved only if they are Paths.
    Paths = tuple[Annotated[str, Predicate(is_address)] | Path, ...]


@dataclass(eq=False)
class Files:
    """Pictures in files: PDF and TIFF (all pages), JPEG, PNG, HEIC, AVIF, JPEG 2000, WebP, GIF, BMP and PNM.

    Of an animation, the first picture is read. Encrypted PDFs are opened with the password in the environment
    variable PENSTOCK_PDF_PASSWORD.

    Parameters
    ----------
    paths
        Files, folders (with their subfolders) and globs such as ``scans/**/*.jpg``, relative to the pipeline
        file. In folders, and for globs without a suffix, such as ``scans/*``, pictures and PDFs are chosen
        by their suffix, and by their content if the suffix is unknown. A file that is named is read whatever
        its suffix. Links are followed. No file is read twice. Names that begin with a dot are skipped, and so
        are thumbnails and deleted files of NAS systems.

        Or addresses of object storage (extra ``storage``): ``s3://bucket/letters``, ``az://box/**/*.jpg``,
        ``gs://`` and ``sftp://host/folder``. Objects in folders are chosen by their suffix. They are stored
        in the state folder, and downloaded again only if they have changed.
    include, exclude
        Patterns that select files of folders and globs, such as ``*.jpg``, ``2019/**`` or ``drafts``. A
        pattern with a slash applies to the path below the given folder, one without to any name in it. A
        pattern that matches a folder applies to all of its content. Files that are named are always read.
    document
        What becomes one document: ``"file"``, ``"folder"`` (the pictures directly in one folder), or
        ``"all"``. Its files are in the order of the paths, but paths in the order of a shell, which puts
        ``page10.jpg`` before ``page2.jpg``, are ordered by their numbers. With ``"file"``, pictures in one
        folder that differ only in their suffix are named with it: ``a.jpg.pdf`` and ``a.heic.pdf``.
    document_name
        Name of the document with ``document = "all"``.
    pages
        Which pages of each file are read, counted from 1, such as ``"1-3,7,10-"``. Default: all. Outputs have
        only these pages.
    existing_text
        How text that a PDF's page already has is treated. "auto" does not send a page that is all text, and
        adds only missing words to a page of text and pictures; "skip" leaves every page with text as it is;
        "add" adds all recognized text; "redo" removes invisible text first.
    break_signatures
        Also read signed PDFs. The signature is not valid for the PDF that is written.
    """

    paths: Annotated[Paths, MinLen(1)]
    document: Literal["file", "folder", "all"] = "file"
    document_name: Annotated[str, MinLen(1)] = "all"
    existing_text: ExistingText = "auto"
    break_signatures: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pages: str = ""

    # Objects are downloaded. Declared by each instance, because it depends on the paths.
    fetches = False

    def __post_init__(self) -> None:
        given = (self.paths,) if isinstance(self.paths, (str, Path)) else tuple(self.paths)
        if not given:
            raise ValueError("paths is empty; name at least one file or folder")
        self._addresses = tuple(_address(path) for path in given if _is_address(path))
        self._paths = tuple(Path(path) for path in given if not _is_address(path))
        if self._paths and self._addresses:
            raise ValueError(
                f"paths must all be on this machine, or all on object storage, got {self._paths[0]} and "
                f"{self._addresses[0]}; name the others in a second [[sources]]"
            )
        self.paths = self._paths or tuple(map(str, self._addresses))
        self.fetches = bool(self._addresses)
        Selection.of(self.include, self.exclude)  # raises ValueError for an invalid pattern
        self._finder = PageFinder(self.existing_text, self.break_signatures, PageRanges.parse(self.pages))
        self._downloads: Ahead[FoundObject, Path] | None = None
        self._followed_paths: FollowedPaths | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._downloads is not None:
            self._downloads.stop()

    @hookimpl
    def find_documents(
        self, show_status: Callable[[str], None], spool: Spool
    ) -> Iterator[Document | Problem]:
        """Yield the documents of the paths in their order, and each folder in natural order."""
        if self._addresses:
            yield from self._on_storage(show_status, spool)
            return
        paths = self._paths if self.document == "file" else in_page_order(self._paths)
        local = LocalFiles(paths, Selection.of(self.include, self.exclude), self._finder)
        by_number = paths != self._paths
        beside = first_folder(self._paths) if self.document == "all" else None
        yield from self._documents(local, show_status, by_number=by_number, beside=beside)

    @property
    def joins_files(self) -> bool:
        """Whether a document can have several files."""
        return self.document != "file"

    def watched_paths(self) -> Sequence[Path]:
        """Return the folders and files to watch; none on object storage."""
        return self._followed().places

    def group_of(self, path: Path) -> Path | None:
        """Return the file, or the folder of files, that becomes one document with a file.

        None if the source does not read the file.
        """
        top = self._followed().top_of(path)
        if top is None or self.document == "file":
            return None if top is None else path
        return path.parent if self.document == "folder" else self._followed().places[0]

    def find_changed(
        self, files: Iterable[Path], show_status: Callable[[str], None]
    ) -> Iterator[Document | Problem]:
        """Yield the documents of some files."""
        followed = self._followed()
        changed = ChangedFiles(self._paths, followed.selection, self._finder, followed.tops(files))
        beside = first_folder(self._paths) if self.document == "all" else None
        yield from self._documents(changed, show_status, by_number=False, beside=beside)

    def _followed(self) -> FollowedPaths:
        if self._followed_paths is None:
            self._followed_paths = FollowedPaths(self._paths, Selection.of(self.include, self.exclude))
        return self._followed_paths

    def _on_storage(self, show_status: Callable[[str], None], spool: Spool) -> Iterator[Document | Problem]:
        download = ObjectDownloads(spool).path_of
        with Ahead(download, PARALLEL, "penstock-objects") as self._downloads:
            selection = Selection.of(self.include, self.exclude)
            stored = StoredObjects(self._addresses, selection, self._finder, self._downloads)
            for item in self._documents(stored, show_status, by_number=False, beside=None):
                yield item
                stored.check_reachable()

    def _documents(
        self,
        place: Place[AnyFound],
        show_status: Callable[[str], None],
        *,
        by_number: bool,
        beside: Path | None,
    ) -> Iterator[Document | Problem]:
        if self.document == "file":
            yield from document_of_each_file(place, show_status)
        elif self.document == "folder":
            yield from document_of_each_folder(place, show_status)
        else:
            pages = pages_of_all_files(place, show_status, by_number=by_number)
            yield Document(self.document_name, self.document_name, pages, beside=beside)


def _is_address(path: Path | str) -> bool:
    return isinstance(path, str) and is_address(path)


def _address(path: Path | str) -> Address:
    """Return the address that a path stands for. A slash at its end says that it is a folder.

    Raises StorageError, or ValueError for a glob of buckets.
    """
    address = Address.parse(str(path))
    if WILDCARD.search(address.root):
        raise ValueError(f"paths: the bucket or host must be written out, got {address.root}")
    key = address.key.rstrip("/")
    return Address(address.scheme, address.root, f"{key}/" if key and key != address.key else key)
