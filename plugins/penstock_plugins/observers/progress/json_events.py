"""The order in which events become JSON lines: pages that already have a result become one line."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from penstock.json_lines import json_line
from penstock.model import EventContext

KEPT_DOCUMENTS = 10_000
"""Documents whose line may wait for the first page that is not known; it bounds memory."""


class JsonEvents:
    """Makes lines from events. A run that finds nothing new makes a handful, however many pages there are.

    The lines of documents and pages that were found wait until something happens to them. Those of pages that
    turn out to have a result already are dropped, and counted by one line at the end.
    """

    def __init__(self) -> None:
        self._documents: OrderedDict[str, str] = OrderedDict()
        self._pages: dict[str, str] = {}
        self._known = 0

    def lines(self, name: str, context: EventContext, **facts: Any) -> Iterator[str]:
        """Yield the lines to print now."""
        document = facts.get("document", "")
        if name == "page_known":
            self._known += 1
            self._pages.pop(context.page_key, None)
            return
        line = json_line(name, context, **facts)
        if name == "document_found":
            self._documents[document] = line
            if len(self._documents) > KEPT_DOCUMENTS:
                self._documents.popitem(last=False)
            return
        if name == "page_found":
            self._pages[context.page_key] = line
            return
        if name == "run_finished" and self._known:
            yield json_line("pages_known", context, pages=self._known)
        waiting = (self._documents.pop(document, ""), self._pages.pop(context.page_key, ""))
        yield from filter(None, waiting)
        yield line
