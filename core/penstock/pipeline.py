"""Make the components of a configuration, and call their hooks.

All components of a pipeline are registered with one pluggy manager, which checks their signatures. Each
component is then wrapped in a `Stage`. A stage calls one component by itself, so that one that raises does
not keep pluggy from calling the others, and checks what the hook returned.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pluggy

from penstock.config import Configuration, Configured
from penstock.errors import (
    Complaint,
    ConfigurationError,
    PenstockError,
    PluginError,
    is_disk_full,
    raised_at,
    sort_of,
    with_article,
)
from penstock.hookspecs import KIND_HOOKS, PROJECT, ObserverHooks, hookimpl
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
from penstock.plugins import hook_complaints
from penstock.spool import Spool
from penstock.storage import Address, is_address


class _OwnResults:
    """Remembers what a component itself returned or raised, inside all observers that wrap it.

    A wrapper can replace the result of a hook. Observers are not part of any cache key, so a result that
    one of them changed must not be stored. `Stage.call` therefore uses what is remembered here.
    """

    def __init__(self) -> None:
        self.ignored_changes: set[Problem] = set()
        self._thread = threading.local()  # hooks are called on several threads at once

    def clear(self) -> None:
        """Forget this thread's last call."""
        self._thread.returned, self._thread.result, self._thread.error = False, None, None

    def _watch(self) -> Generator[None, Any, Any]:
        self.clear()
        try:
            self._thread.result = yield
        except BaseException as error:
            self._thread.error = error
            raise
        self._thread.returned = True
        return self._thread.result

    # Called with trylast and registered last, so that each of these is the innermost wrapper.

    @hookimpl(wrapper=True, trylast=True)
    def prepare(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def submit(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def read(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def page_file(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def poll(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def accepts(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @hookimpl(wrapper=True, trylast=True)
    def amend(self) -> Generator[None, Any, Any]:
        return (yield from self._watch())

    @property
    def has_ended(self) -> bool:
        """Whether the component returned or raised in this thread's last call: no wrapper refused it."""
        return self._thread.returned or self._thread.error is not None

    def last(self) -> tuple[Any, BaseException | None]:
        """Return what the component returned and raised in this thread's last call."""
        return self._thread.result, self._thread.error


class Stage:
    """One component of a pipeline, by a name that is unique there.

    ``callers`` has, for each hook, the pluggy caller that calls only this component and the observers that
    wrap it; ``own_results`` is the innermost wrapper of the callers.
    """

    def __init__(
        self,
        name: str,
        configured: Configured,
        callers: Mapping[str, pluggy.HookCaller],
        own_results: _OwnResults,
    ) -> None:
        self.name, self.configured = name, configured
        self._callers, self._own_results = callers, own_results

    @property
    def title(self) -> str:
        """The component for use in a sentence: ``the sink 'pdf'``."""
        return f"the {self.configured.kind} {self.name!r}"

    @property
    def version(self) -> str:
        """The ``version`` that the component declares; empty if it declares none."""
        return str(self._declared("version", default=""))

    def _declared(self, name: str, *, default: Any) -> Any:
        """The value of a class attribute that `penstock.hookspecs` lists."""
        return getattr(type(self.configured.component), name, default)

    def caller(self, hook: str) -> Callable[..., Any]:
        """The function that calls one hook of this component."""
        return self._callers[hook]

    def implements(self, hook: str) -> bool:
        """Whether the component itself implements a hook."""
        component = self.configured.component
        return any(each.plugin is component for each in self._callers[hook].get_hookimpls())

    def is_wrapped(self, hook: str) -> bool:
        """Whether an observer wraps a hook of this component."""
        own = (self.configured.component, self._own_results)
        return any(each.plugin not in own for each in self._callers[hook].get_hookimpls())

    def call(self, hook: str, expected: tuple[type, ...], **arguments: Any) -> Any:
        """Call a hook whose result is stored, and check its type. Raises PluginError for a wrong type.

        Observers that wrap the hook can refuse it by raising before the component is called, but cannot
        change its result.
        """
        return self._checked(hook, self._own_result(hook, arguments), expected)

    def _own_result(self, hook: str, arguments: Mapping[str, Any]) -> Any:
        """Call a hook with its wrappers; returns or raises what the component itself did."""
        self._own_results.clear()
        result, raised = None, None
        try:
            result = self.caller(hook)(**arguments)
        except BaseException as error:  # a wrapper may raise anything
            if isinstance(error, KeyboardInterrupt) or not self._own_results.has_ended:
                raise
            raised = error
        own_result, own_error = self._own_results.last()
        if raised is not own_error or (raised is None and result is not own_result):
            self._note_change(hook)
        if own_error is not None:
            raise own_error
        return own_result

    def _checked(self, hook: str, result: Any, expected: tuple[type, ...]) -> Any:
        if not isinstance(result, expected):
            names = ("None" if cls is type(None) else with_article(cls.__name__) for cls in expected)
            raise self._fault(f"{hook} must return {' or '.join(names)}, got {sort_of(result)}")
        return result

    def _fault(self, sentence: str, hint: str = "tell the plugin's author") -> PluginError:
        return PluginError(f"{self.title}: {sentence}", hint)

    def _note_change(self, hook: str) -> None:
        own = (self.configured.component, self._own_results)
        hooks = self._callers[hook].get_hookimpls()
        wrappers = " or ".join(repr(each.plugin_name) for each in hooks if each.plugin not in own)
        if not wrappers:
            return  # Python itself turns a StopIteration that passes a generator into a RuntimeError
        why = f"changed what {hook} of {self.title} returned or raised; the change was ignored"
        problem = Problem(f"the observer {wrappers}", why, "observers only watch; use an amender")
        self._own_results.ignored_changes.add(problem)

    def ask(self, hook: str, expected: type) -> Any:
        """Call a hook without arguments that the component implements, and none of its wrappers.

        A wrapper could change a key or a limit. Raises PluginError for whatever the component raises.
        """
        component = self.configured.component
        own = [each for each in self._callers[hook].get_hookimpls() if each.plugin is component]
        try:
            return self._checked(hook, own[0].function(), (expected,))
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            sentence = f"{hook} raised {type(error).__name__}: {error}"
            raise self._fault(sentence, _fault_of("the plugin", error)) from error


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
            raise PluginError(f"{type(error).__name__}: {error}", _fault_of(self.title, error)) from error
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


class Pipeline:
    """The components of a configuration. A context manager that opens and closes them; runs once.

    Raises ConfigurationError for a component that lacks a hook of its kind, implements one of another kind,
    or misspells one.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration, self.name = configuration, configuration.name
        self._manager = pluggy.PluginManager(PROJECT)
        for hooks, _ in KIND_HOOKS.values():
            self._manager.add_hookspecs(hooks)
        self._names = _distinct_names(configuration.components)
        self._own_results = _OwnResults()
        self._register()
        self._manager.register(self._own_results, name="penstock: own results")
        self.sources = [self._stage(SourceStage, each) for each in configuration.of_kind("source")]
        self.transforms = [self._stage(TransformStage, each) for each in configuration.of_kind("transform")]
        self.recognizers = [
            self._stage(RecognizerStage, each) for each in configuration.of_kind("recognizer")
        ]
        self.rules = [self._stage(RuleStage, each) for each in configuration.of_kind("rule")]
        for recognizer in self.recognizers:
            named = recognizer.configured.accept
            recognizer.rules = [rule for rule in self.rules if rule.configured in named]
        self._check_last()
        self._check_units()
        self.amenders = [self._stage(AmenderStage, each) for each in configuration.of_kind("amender")]
        self.sinks = [self._stage(SinkStage, each) for each in configuration.of_kind("sink")]
        self.observers = [self._stage(ObserverStage, each, "observer") for each in self._listeners()]
        self._open = ExitStack()
        self.close_errors: list[tuple[BaseException, str]] = []
        """Exceptions that components raised when they were closed, with the components' titles."""

    @property
    def ignored_changes(self) -> list[Problem]:
        """The results that observers tried to change, one problem for each observer and hook."""
        return sorted(self._own_results.ignored_changes, key=str)

    def __enter__(self) -> Pipeline:
        """Enter every component that is a context manager, in the order of the file.

        Recognizers that compute are entered in their workers.
        """
        elsewhere = [id(stage.configured.component) for stage in self.recognizers if stage.computes]
        with ExitStack() as stack:
            for configured in self.configuration.components:
                component = configured.component
                if id(component) not in elsewhere and isinstance(component, AbstractContextManager):
                    self._enter(configured, stack)
            self._open = stack.pop_all()
        return self

    def _check_last(self) -> None:
        """Raise ConfigurationError if the last recognizer has rules: no recognizer takes what they reject."""
        if self.recognizers and self.recognizers[-1].rules:
            what = "accept needs another recognizer after this one, for the pages that it does not accept"
            place = self.recognizers[-1].configured.place
            raise ConfigurationError([Complaint(place, what, "add one after it, or remove accept")])

    def _check_units(self) -> None:
        """Raise ConfigurationError for a recognizer that cannot be sent lines."""
        has_rules = False
        for stage in self.recognizers:
            place = f"{stage.configured.place}, unit"
            if stage.takes_lines and not has_rules:
                what = 'must be "pages" unless an earlier recognizer has accept'
                raise ConfigurationError([Complaint(place, what, "its lines are sent that are in doubt")])
            if stage.takes_lines and stage.computes:
                what = 'must be "pages" for a recognizer that reads on this machine'
                raise ConfigurationError([Complaint(place, what, "only services bill pages")])
            has_rules = has_rules or bool(stage.rules)

    def request_stop(self) -> bool:
        """Ask the sources to stop; True if one of them will now finish by itself."""
        return any(source.request_stop() for source in self.sources)

    def _enter(self, configured: Configured, stack: ExitStack) -> None:
        what = f"the {configured.kind} {configured.plugin!r}"
        try:
            configured.component.__enter__()
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{what} could not be opened: {type(error).__name__}: {error}", _fault_of("the plugin", error)
            ) from error
        stack.push(lambda *error: self._leave(configured.component, what, *error))

    def _leave(self, component: AbstractContextManager[Any], what: str, *error: Any) -> None:
        """Close a component. An exception is kept for the report: the run's results are still good."""
        try:
            component.__exit__(*error)
        except (Exception, SystemExit) as fault:
            self.close_errors.append((fault, what))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _register(self) -> None:
        complaints: list[Complaint] = []
        for configured in self.configuration.components:
            found = hook_complaints(type(configured.component), configured.kind, configured.place)
            complaints += found or self._registered(configured)
        if complaints:
            raise ConfigurationError(complaints)

    def _registered(self, configured: Configured) -> list[Complaint]:
        """Register a component; returns the complaints of pluggy."""
        try:
            self._manager.register(configured.component, name=self._names[id(configured.component)])
        except pluggy.PluginValidationError as error:
            return [Complaint(configured.place, str(error).splitlines()[-1], _SIGNATURES)]
        return []

    def _listeners(self) -> list[Configured]:
        """The observers, then the components of other kinds that implement events."""
        others = [each for each in self.configuration.components if each.kind != "observer"]
        return self.configuration.of_kind("observer") + [each for each in others if self._watches(each)]

    def _watches(self, configured: Configured) -> bool:
        callers = self._manager.get_hookcallers(configured.component) or []
        return any(caller.name in vars(ObserverHooks) for caller in callers)

    def _stage(self, stage: type[StageKind], configured: Configured, kind: str = "") -> StageKind:
        """Make a stage whose callers skip all other components except the observers that wrap it.

        ``kind`` selects the hooks; it defaults to the component's own kind.
        """
        kind = kind or configured.kind
        others = tuple(
            other.component
            for other in self.configuration.components
            if other is not configured and (other.kind != "observer" or kind == "observer")
        )
        hooks, _ = KIND_HOOKS[kind]
        callers = {
            hook: self._manager.subset_hook_caller(hook, remove_plugins=others)
            for hook in vars(hooks)
            if not hook.startswith("_")
        }
        return stage(self._names[id(configured.component)], configured, callers, self._own_results)


StageKind = TypeVar("StageKind", bound=Stage)

_SIGNATURES = "see `penstock.hookspecs` for the hooks and their parameters"


def _with_pages(document: Document) -> Document | Problem:
    """Return the document, or a problem if its pages are not iterable."""
    if isinstance(document.pages, Iterable):
        return document
    why = f"pages must be iterable, got {sort_of(document.pages)}"
    return Problem(document.origin, why, "tell the author of the source")


def _fault_of(whom: str, error: BaseException) -> str:
    """The hint for an exception that a plugin should not have raised."""
    return f"this is a fault of {whom}{raised_at(error)}; tell its author"


def _distinct_names(components: Iterable[Configured]) -> dict[int, str]:
    """Map each component's id to a unique name: ``pdf``, and ``pdf (2)`` for the second one."""
    seen: dict[str, int] = {}
    names = {}
    for configured in components:
        name = configured.plugin
        seen[name] = seen.get(name, 0) + 1
        names[id(configured.component)] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


__all__ = [
    "AmenderStage",
    "ObserverStage",
    "Pipeline",
    "RecognizerStage",
    "RuleStage",
    "SinkStage",
    "SourceStage",
    "Stage",
    "TransformStage",
]
