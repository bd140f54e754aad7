"""Azure's recognizers, to be loaded from a file, and a source that downloads pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.images import find_pages
from penstock.model import Document
from penstock.spool import Spool
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.read import AzureRead


@dataclass(eq=False)
class Url:
    """Downloads pictures with `requests`, so that a cassette can replay the responses.

    The `url` source opens its connections itself, where no cassette can intercept them.
    """

    fetches: ClassVar[bool] = True

    urls: tuple[str, ...]

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document]:
        import requests

        for url in self.urls:
            place = spool.keep(requests.get(url, timeout=10).content, ".picture")
            (page,) = find_pages(place, url)
            picture = replace(page.picture, url=url)
            name = url.rpartition("/")[2].partition(".")[0]
            yield Document(name, url, [replace(page, picture=picture)])


__all__ = ["AzureDocumentIntelligence", "AzureRead", "Url"]
