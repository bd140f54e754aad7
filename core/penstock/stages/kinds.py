"""What the engine calls of each kind of component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from penstock.errors import (
    PenstockError,
    PluginError,
    is_disk_full,
    sort_of,
)
from penstock.model import (
    Document,
    EventContext,
    FilePage,
    Limits,
    Operation,
    Page,
    Pending,
    Problem,
    Recognition,
    RecognizedDocument,
    Resources,
)
from penstock.outputs import Outputs
from penstock.spool import Spool
from penstock.stages.stage import Stage, fault_of
from penstock.storage import Address, is_address


class SourceStage(Stage):
    """A source."""

    @property
    def fetches(self) -> bool:
        """Whether walking the source costs time or has effects, so that ``check`` must not do it."""
        # The component itself may say so: for some sources it depends on the options.
        return bool(getattr(self.configured.component, "fetches", False))

    @property
    def is_live(self) -> bool:
        """Whether each run finds other documents."""
        return bool(self._declared("is_live", default=False))

    @property
    def storage(self) -> list[Address]:
        """An address of each bucket and host of object storage among the source's options."""
        values = self.configured.options.values()
        texts = [text for value in values for text in (value if isinstance(value, tuple) else (value,))]
        addresses = (Address.parse(text) for text in texts if isinstance(text, str) and is_address(text))
        return list({(each.scheme, each.root): each for each in addresses}.values())

    def find_documents(
        self, spool: Spool, show_status: Callable[[str], None]
    ) -> Iterator[Document | Problem]:
        """Iterate over the documents and problems that the source yields, checking each of them."""
        found = self.caller("find_documents")(spool=spool, show_status=show_status)
        must = "find_documents must yield Documents and Problems"
        if not isinstance(found, Iterable):
            raise self._fault(f"{must}, got {sort_of(found)}")
        for item in found:
            if not isinstance(item, Document | Problem):
                raise self._fault(f"{must}, got {sort_of(item)}")
            yield item if isinstance(item, Problem) else _with_pages(item)

    def request_stop(self) -> bool:
        """Ask the source to stop; True if it will now finish by itself."""
        try:
            return self.caller("request_stop")() is True
        except (Exception, SystemExit):
            # The caller then interrupts the run, which stops every source.
            return False


class TransformStage(Stage):
    """A transform."""

    def prepare(self, page: Page, spool: Spool) -> Page:
        """Return the page as the next stage should see it. Raises PluginError if the transform fails."""
        try:
            result: Page = self.call("prepare", (Page,), page=page, spool=spool)
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, OSError) and is_disk_full(error):
                raise
            raise PluginError(f"{type(error).__name__}: {error}", fault_of(self.title, error)) from error
        return result


class RuleStage(Stage):
    """A rule of a recognizer."""

    @property
    def version(self) -> str:
        """The ``version`` that the rule declares, or that it set for what its options name; or empty."""
        return str(getattr(self.configured.component, "version", ""))

    def accepts(self, page: Page, recognition: Recognition) -> bool:
        """Return whether a page keeps a recognition."""
        result: bool = self.call("accepts", (bool,), page=page, recognition=recognition)
        return result


class RecognizerStage(Stage):
    """A recognizer."""

    rules: Sequence[RuleStage] = ()
    """The rules that must accept its results; otherwise a page goes on to the next recognizer."""

    @property
    def takes_lines(self) -> bool:
        """Whether it is sent only the doubtful lines of pages that an earlier recognizer has read."""
        return self.configured.unit == "lines"

    def limits(self) -> Limits:
        """Return the service's limits: the component's, overridden by those of the pipeline file.

        A recognizer that names no limits, has no operations to poll and has no price is not a service, and
        neither is one that computes.
        """
        given = self.configured.limits.given()
        if self.computes:
            return Limits(**given, remote=False)
        if not self.implements("limits"):
            return Limits(**given, remote=self.implements("poll") or "price_per_1000" in given)
        limits: Limits = self.ask("limits", Limits)
        return replace(limits, **given)

    @property
    def computes(self) -> bool:
        """Whether it reads pages itself, in workers."""
        return self.implements("read")

    def resources(self) -> Resources:
        """Return what a worker needs: what the component says, or the defaults."""
        return self.ask("resources", Resources) if self.implements("resources") else Resources()

    def note(self) -> str:
        """Return what people should know about the component; empty for nothing."""
        return self.ask("note", str) if self.implements("note") else ""

    def read(self, page: Page) -> Recognition | None:
        """Recognize a page. Called in a worker."""
        result: Recognition | None = self.call("read", (Recognition, type(None)), page=page)
        return result

    def cache_key(self) -> Mapping[str, Any] | None:
        """Return what the component says changes its results; None without the hook. It is asked once."""
        return self._asked_key

    @cached_property
    def _asked_key(self) -> Mapping[str, Any] | None:
        if not self.implements("cache_key"):
            return None
        key: Mapping[str, Any] = self.ask("cache_key", Mapping)
        return key

    def page_file(self, page: Page, document: Document) -> FilePage | None:
        """Return the file's page that a page's result depends on besides its picture; None without the hook.

        Raises NotAnswered if the recognizer leaves the page to the next one.
        """
        if not self.implements("page_file"):
            return None
        file: Path | FilePage | None = self.call(
            "page_file", (Path, FilePage, type(None)), page=page, document=document
        )
        return FilePage(file) if isinstance(file, Path) else file

    def submit(self, page: Page, original: Page, document: Document) -> Operation | Recognition | None:
        """Send a page; None if the recognizer leaves it to the next one."""
        result: Operation | Recognition | None = self.call(
            "submit", (Operation, Recognition, type(None)), page=page, original=original, document=document
        )
        if isinstance(result, Operation) and not self.implements("poll"):
            raise self._fault("submit returned an Operation, but there is no hook poll")
        return result

    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask once for the result of an operation."""
        result: Recognition | Pending | Operation = self.call(
            "poll", (Recognition, Pending, Operation), operation=operation
        )
        return result


class AmenderStage(Stage):
    """An amender."""

    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        """Return the recognition to use instead."""
        result: Recognition = self.call("amend", (Recognition,), page=page, recognition=recognition)
        return result


class SinkStage(Stage):
    """A sink."""

    @property
    def is_stateless(self) -> bool:
        """Whether it writes each document by itself, so that workers may write several at once."""
        return bool(self._declared("is_stateless", default=False))

    @property
    def output_template(self) -> str | None:
        """The name template of the output file; None if the sink has no such option."""
        return self.configured.output_template

    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write a document."""
        results = self.caller("write")(document=document, outputs=outputs)
        if results:
            raise self._fault(
                f"write must return None, got {sort_of(results[0])}",
                "it must not be a generator or a coroutine; tell the plugin's author",
            )


class ObserverStage(Stage):
    """An observer, or a component of another kind that implements events."""

    def listens(self, event: str) -> bool:
        """Whether the component, or an observer that wraps it, implements an event."""
        return bool(self._callers[event].get_hookimpls())

    def notify(self, event: str, context: EventContext, **arguments: Any) -> None:
        """Deliver an event."""
        self.caller(event)(context=context, **arguments)


def _with_pages(document: Document) -> Document | Problem:
    """Return the document, or a problem if its pages are not iterable."""
    if isinstance(document.pages, Iterable):
        return document
    why = f"pages must be iterable, got {sort_of(document.pages)}"
    return Problem(document.origin, why, "tell the author of the source")
