"""The keys of pages, from the digests of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock.engine.journal.answers import Answers
from penstock.engine.journal.digests import Digests
from penstock.engine.keys import ContentKey, content_key, drawn_key, extended_key
from penstock.errors import NotAnswered, PenstockError
from penstock.model import Document, FilePage, Page, Picture
from penstock.stages import RecognizerStage


class PageKeys(NamedTuple):
    """The keys of a page. Those of a PDF's page differ, so that a changed PDF is not recognized again.

    Parameters
    ----------
    content
        Key of its results.
    file
        Key that changes with the file, for its outputs: they also contain the PDF's metadata.
    """

    content: ContentKey
    file: ContentKey


def page_keys(picture: Picture, digests: Digests, answers: Answers, transforms: bytes) -> PageKeys:
    """Return the keys of a page. Intake thread only. Raises OSError if the file cannot be read.

    Results that an older penstock stored under the file's key are still found.
    """
    file = content_key(digests.of(picture), picture.page_index, transforms)
    drawn = digests.of_page(picture)
    if drawn is None:
        return PageKeys(file, file)
    return PageKeys(answers.first_known(drawn_key(drawn, transforms), file), file)


class Taken(NamedTuple):
    """What the recognizers say about a page before it is sent.

    Parameters
    ----------
    files
        The page of a file that the result depends on besides the picture, for each recognizer.
    reasons
        Why a recognizer leaves the page to the next one, by the recognizer's index.
    """

    files: list[FilePage | None]
    reasons: dict[int, NotAnswered]

    def extended(self, keys: PageKeys, digests: Digests) -> PageKeys:
        """Return the keys of a page whose result also depends on the files.

        ``digests`` are not those of the pictures, which remember the picture that they saw last.
        """
        parts = [_part(digests, file) for file in self.files]
        if not any(parts):
            return keys
        return PageKeys(extended_key(keys.content, parts), extended_key(keys.file, parts))


def _part(digests: Digests, file: FilePage | None) -> bytes:
    """Return the file's digest, and the index of a page after the first.

    Empty if the file cannot be read, which the recognizer will report.
    """
    if file is None:
        return b""
    try:
        status = file.path.stat()
        digest = digests.of(Picture(file.path, 0, status.st_size, status.st_mtime_ns))
    except OSError:
        return b""
    return digest + file.index.to_bytes(8) if file.index else digest


def taken_by(recognizers: Sequence[RecognizerStage], page: Page, document: Document) -> Taken:
    """Ask the recognizers which files a page's result depends on. Intake thread only."""
    taken = Taken([], {})
    for index, stage in enumerate(recognizers):
        file = None
        try:
            file = stage.page_file(page, document)
        except NotAnswered as error:
            taken.reasons[index] = error
        except PenstockError:
            pass  # `submit` raises it again, and the page fails with it
        taken.files.append(file)
    return taken
