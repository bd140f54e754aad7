"""How the picture of a page gets to a worker: as bytes, or as the path of a file in a shared folder."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import PictureError
from penstock.images import check_unchanged, open_upright
from penstock.images.tiff_directories import directory_count
from penstock.model import UPRIGHT, Page, Picture
from penstock.pdf.kind import is_pdf

WHOLE_FILE = 2 << 20
"""Bytes up to which a file with several pages is sent as a whole with each of them."""
LARGEST_PICTURE = 512 << 20
"""Bytes of a picture that can be sent. Scheduler and worker hold it in memory."""


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page on its way to a worker. Without content, the worker opens the file of the picture itself."""

    page: Page
    content: NDArray[np.uint8] | None  # an array, because Dask sends arrays without copying them


def packed(page: Page, shared_folders: Sequence[Path]) -> SentPage:
    """Return a page with the bytes of its picture, unless the picture lies in a shared folder.

    Of a large PDF or TIFF with several pages, only the page is sent. Nothing is lost: a page of a PDF is sent
    as a PDF, and one of a TIFF as its upright pixels.

    Raises
    ------
    PictureError
        The file is gone, has changed, cannot be read, or is too large to be sent.
    """
    path = page.picture.path
    if any(path.is_relative_to(folder) for folder in shared_folders):
        return SentPage(replace(page, picture=replace(page.picture, url=None)), None)
    check_unchanged(page.picture, page.origin)
    try:
        sent = _content(page)
    except OSError as error:
        why = error.strerror or str(error)
        raise PictureError(f"{page.origin}: the file cannot be read ({why})") from error
    # If the file changed while it was read, its parts may belong to different pictures.
    check_unchanged(page.picture, page.origin)
    return sent


def _content(page: Page) -> SentPage:
    path = page.picture.path
    size = path.stat().st_size
    if is_pdf(path):
        if (part := _pdf_page(page, size)) is not None:
            return _sent(page, part, 0)
    elif size > WHOLE_FILE and _is_tiff(path) and directory_count(path) > 1:
        upright = io.BytesIO()
        open_upright(page).save(upright, "PNG", compress_level=1)
        return _sent(replace(page, orientation=UPRIGHT), upright.getvalue(), 0, ".png")
    _check_size(page, size)
    return _sent(page, path.read_bytes(), page.picture.page_index)


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _pdf_page(page: Page, size: int) -> bytes | None:
    """Return a PDF with only one page of a PDF; None if the whole file should be sent.

    An encrypted PDF is always sent without its encryption: workers do not get its password.
    """
    from penstock.pdf.opening import open_with_qpdf

    with open_with_qpdf(page.picture.path, page.origin) as pdf:
        if not pdf.is_encrypted and (size <= WHOLE_FILE or len(pdf.pages) == 1):
            return None
        index = page.picture.page_index
        # The document's own entries stay, because layers and forms change what a page shows.
        del pdf.pages[index + 1 :]
        del pdf.pages[:index]
        for name in _OF_WHOLE_DOCUMENTS:
            if name in pdf.Root:
                del pdf.Root[name]
        content = io.BytesIO()
        pdf.save(content)
        return content.getvalue()


_OF_WHOLE_DOCUMENTS = (
    "/Outlines",
    "/StructTreeRoot",
    "/Dests",
    "/Names",
    "/PageLabels",
    "/Threads",
    "/Metadata",
)
"""Entries of a PDF's catalog that change no page, and that may refer to other pages."""


def _sent(page: Page, content: bytes, index: int, suffix: str = "") -> SentPage:
    _check_size(page, len(content))
    # Neither the address of a download nor the size and time of the file here mean anything to a worker.
    path = page.picture.path
    picture = Picture(path.with_suffix(suffix) if suffix else path, index)
    return SentPage(replace(page, picture=picture), np.frombuffer(content, np.uint8))


def _check_size(page: Page, size: int) -> None:
    if size > LARGEST_PICTURE:
        raise PictureError(
            f"{page.origin}: {size >> 20} MB are too many to be sent to a worker; the limit is"
            f" {LARGEST_PICTURE >> 20} MB",
            "put the scans into a folder that the workers see, and name it in [engine] shared_folders",
        )


@contextmanager
def unpacked(sent: SentPage, folder: Path, worker: str) -> Iterator[Page]:
    """Yield the page for a recognizer in a worker. A picture that was sent is a file in ``folder`` meanwhile.

    Raises PictureError if the file cannot be seen from the worker, and OSError if it cannot be written.
    """
    page, path = sent.page, sent.page.picture.path
    if sent.content is None:
        if not path.exists():
            raise PictureError(
                f"{page.origin}: the worker {worker} does not see {path}",
                "mount the folder there under the same path, or remove it from [engine] shared_folders",
            )
        yield page
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix="penstock-", suffix=path.suffix) as file:
        file.write(sent.content.data)
        file.flush()
        yield replace(page, picture=replace(page.picture, path=Path(file.name)))
