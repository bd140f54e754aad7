"""The keys of pages, from the digests of their files."""

from __future__ import annotations

from typing import NamedTuple

from penstock.engine.journal.answers import Answers
from penstock.engine.journal.digests import Digests
from penstock.engine.keys import ContentKey, content_key, drawn_key
from penstock.model import Picture


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
