"""Safe parsing of XML and HTML files: no DTD, no entities, no network, limited depth and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from penstock.errors import InvalidTranscription
from penstock.transcriptions.markup_text import markup_chunks, opened

Element = Any
"""An element of lxml, which has no types."""

LARGEST_PAGE = 256 << 20
"""Bytes of one page's markup that are read at most. A newspaper page has about a million."""

_HTML_END = b"</html"
_LONGEST_END = 1000  # bytes at the end of a file in which its last tag must be

_Grammar = Literal["xml", "recovered xml", "html"]
_Attempt = tuple[_Grammar, bool]  # how to parse, and whether to repair the characters first
_XML_ATTEMPTS: tuple[_Attempt, ...] = (("xml", False), ("xml", True), ("recovered xml", True))
_HTML_ATTEMPTS: tuple[_Attempt, ...] = (("xml", False), ("xml", True), ("html", True))
_LIMIT_HINT = "penstock reads at most 256 nested elements and 10 million characters in a row"


@dataclass
class MarkupFile:
    """An XML or HTML file that is parsed while its elements are iterated over.

    Well-formed XML is parsed as such. Otherwise damaged characters are repaired, and then markup too: by
    lxml's recovery for XML, by the rules of HTML for HTML.

    Parameters
    ----------
    path
        The file.
    is_html
        Whether a file that is not well-formed XML is parsed as HTML.
    """

    path: Path
    is_html: bool = False
    _problems: list[str] = field(default_factory=list, init=False)

    def take_problems(self) -> list[str]:
        """Return what was wrong with the markup since the last call."""
        problems, self._problems = self._problems, []
        return problems

    def elements(
        self, tags: Sequence[str], is_wanted: Callable[[Element], bool] = lambda _element: True
    ) -> Iterator[Element]:
        """Iterate over elements with all their content, in the order in which they end.

        An element is emptied when the next one is asked for, so that memory does not grow with the file.

        Raises InvalidTranscription if nothing can be parsed, or if a limit is exceeded.
        """
        count = 0
        attempts = _HTML_ATTEMPTS if self.is_html else _XML_ATTEMPTS
        failure: etree.XMLSyntaxError | None = None
        for attempt in attempts:
            try:
                for index, element in enumerate(self._parsed(attempt, tags, is_wanted)):
                    if index >= count:
                        self._note_damage(attempt, failure)
                        count += 1
                        yield element
                    element.clear()
            except etree.XMLSyntaxError as error:
                failure = failure or error
            else:
                return
        if count == 0:
            raise InvalidTranscription(
                self.path, f"is no XML ({failure})", "export the file again"
            ) from failure

    def _note_damage(self, attempt: _Attempt, failure: etree.XMLSyntaxError | None) -> None:
        if attempt[0] == "recovered xml" and failure is not None:
            self._note(f"the file is not well-formed XML ({failure.msg}), so text may be missing")

    def _note(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)

    def _parsed(
        self, attempt: _Attempt, tags: Sequence[str], is_wanted: Callable[[Element], bool]
    ) -> Iterator[Element]:
        grammar, is_repaired = attempt
        parser = _parser(grammar, [f"{{*}}{tag}" for tag in tags])
        size, tail = 0, b""
        with opened(self.path) as file:
            for chunk in markup_chunks(file, self.path, is_repaired=is_repaired):
                self._feed(parser, chunk)
                tail = (tail + chunk)[-_LONGEST_END:]
                size += len(chunk)
                for _event, element in parser.read_events():
                    if is_wanted(element):
                        size = 0
                        yield element
                if size > LARGEST_PAGE:
                    raise InvalidTranscription(
                        self.path, f"has a page of more than {LARGEST_PAGE >> 20} MB", "split the file"
                    )
        try:
            parser.close()
        finally:
            self._check_limits(parser)
        for _event, element in parser.read_events():
            if is_wanted(element):
                if grammar == "html" and _HTML_END not in tail.lower():
                    self._note("the file is cut off, so text may be missing")
                yield element

    def _feed(self, parser: Any, chunk: bytes) -> None:
        try:
            parser.feed(chunk)
        finally:
            self._check_limits(parser)

    def _check_limits(self, parser: Any) -> None:
        """Raise InvalidTranscription if the parser stopped at a limit, which some parsers do silently."""
        for entry in parser.feed_error_log:
            if entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
                raise InvalidTranscription(
                    self.path,
                    f"exceeds a limit in line {entry.line} ({entry.message.split(',')[0]})",
                    _LIMIT_HINT,
                )


def _parser(grammar: _Grammar, tags: list[str]) -> Any:
    common = {"events": ("end",), "tag": tags, "encoding": "utf-8", "no_network": True, "huge_tree": False}
    common |= {"remove_comments": True, "remove_pis": True}
    if grammar == "html":
        return etree.HTMLPullParser(recover=True, **common)
    return etree.XMLPullParser(
        recover=grammar == "recovered xml", resolve_entities=False, load_dtd=False, **common
    )


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return _local_name(element.tag)


@lru_cache(maxsize=512)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]
