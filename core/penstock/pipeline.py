"""From a configuration to components on one plugin manager, each behind a typed door.

pluggy finds a component's methods, checks them against the hooks and lets observers wrap them. A door
calls one component by itself, so that one that fails stops no other, and refuses what is no valid answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
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
from penstock.hookspecs import KIND_HOOKS, PROJECT, ObserverHooks
from penstock.model import (
    Document,
    Limits,
    Operation,
    Page,
    Pending,
    Problem,
    ReadDocument,
    Recognition,
)
from penstock.outputs import Outputs
from penstock.plugins import hook_complaints
from penstock.spool import Spool


class Door:
    """One component, called through its own callers.

    Parameters
    ----------
    name
        Unlike any other's in the pipeline.
    configured
        The component with its options.
    callers
        By hook: what calls this component's alone, with the observers that wrap it.
    """

    def __init__(self, name: str, configured: Configured, callers: Mapping[str, pluggy.HookCaller]) -> None:
        self.name = name
        self.configured = configured
        self._callers = callers

    @property
    def title(self) -> str:
        """What it is called in a sentence: ``the sink 'pdf'``."""
        return f"the {self.configured.kind} {self.name!r}"

    def caller(self, hook: str) -> Callable[..., Any]:
        """What calls one hook of the component."""
        return self._callers[hook]

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """The component's own part in a hook; empty if it leaves the hook out."""
        return [
            each for each in self._callers[hook].get_hookimpls() if each.plugin is self.configured.component
        ]

    def call(self, hook: str, expected: tuple[type, ...], **arguments: Any) -> Any:
        """Call a hook and check what comes back. Raises PluginError for nonsense."""
        answer = self.caller(hook)(**arguments)
        if not isinstance(answer, expected):
            known = ("None" if cls is type(None) else with_article(cls.__name__) for cls in expected)
            raise PluginError(
                f"{self.title} answered {hook} with {sort_of(answer)}",
                f"it answers with {' or '.join(known)}",
            )
        return answer


class SourceDoor(Door):
    """A source."""

    def find_documents(self, spool: Spool, say: Callable[[str], None]) -> Iterator[Document | Problem]:
        """Walk what it finds, checking each item."""
        found = self.caller("find_documents")(spool=spool, say=say)
        if not isinstance(found, Iterable):
            raise PluginError(
                f"{self.title}: answered find_documents with {sort_of(found)}",
                "it yields Documents and Problems",
            )
        for item in found:
            if not isinstance(item, Document | Problem):
                raise PluginError(f"{self.title}: found {sort_of(item)}", "it yields Documents and Problems")
            yield item if isinstance(item, Problem) else _with_pages(item)

    @property
    def fetches(self) -> bool:
        """Whether it makes files of what has none, a download or a camera's picture: it wants the spool."""
        return any("spool" in each.argnames for each in self._implementations("find_documents"))

    @property
    def is_live(self) -> bool:
        """Whether it gives something else every time, as a camera does: it has sittings that end."""
        return bool(self._implementations("end_sitting"))

    def end_sitting(self) -> bool:
        """Ask it to end what has no end of its own; whether that is all that is needed."""
        try:
            return self.caller("end_sitting")() is True
        except (Exception, SystemExit):
            # One that fails at this is stopped as others are: by the interrupt.
            return False


class TransformDoor(Door):
    """A transform."""

    def prepare(self, page: Page, spool: Spool) -> Page:
        """The page as the next one is to see it. Raises PluginError for a fault of the transform's own."""
        try:
            answer: Page = self.call("prepare", (Page,), page=page, spool=spool)
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, OSError) and is_disk_full(error):
                raise
            raise PluginError(f"{type(error).__name__}: {error}", _fault_of(self.title, error)) from error
        return answer


class RecognizerDoor(Door):
    """A recognizer."""

    def limits(self) -> Limits:
        """What its service can bear."""
        try:
            answer: Limits = self.call("limits", (Limits,))
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self.title} cannot say its limits: {type(error).__name__}: {error}",
                _fault_of("the plugin", error),
            ) from error
        return replace(answer, **self.configured.limits.said())

    def reading(self) -> Mapping[str, Any] | None:
        """What changes what it reads, where it says so."""
        answer: Mapping[str, Any] | None = self.call("reading", (Mapping, type(None)))
        return answer

    def submit(self, page: Page) -> Operation | Recognition | None:
        """Hand it a page; None if it leaves the page to the next one."""
        answer: Operation | Recognition | None = self.call(
            "submit", (Operation, Recognition, type(None)), page=page
        )
        return answer

    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask for an operation's result."""
        answer: Recognition | Pending | Operation = self.call(
            "poll", (Recognition, Pending, Operation), operation=operation
        )
        return answer


class SinkDoor(Door):
    """A sink."""

    @property
    def template(self) -> str | None:
        """The name of its output, where it has an option ``path``, as sinks have by convention."""
        path = self.configured.options.get("path")
        return path if isinstance(path, str) else None

    def write(self, document: ReadDocument, outputs: Outputs) -> None:
        """Write a document."""
        answers = self.caller("write")(document=document, outputs=outputs)
        if answers:
            raise PluginError(
                f"{self.title} answered write with {sort_of(answers[0])}",
                "it writes at once, and returns nothing: no generator, no coroutine",
            )


class ObserverDoor(Door):
    """An observer."""

    def listens(self, event: str) -> bool:
        """Whether it, or who wraps it, hears of an event."""
        return bool(self._callers[event].get_hookimpls())

    def notify(self, event: str, **arguments: Any) -> None:
        """Tell it of something, if it listens."""
        self.caller(event)(**arguments)


class Pipeline:
    """Configured components, ready to run once. A context manager: it opens and closes them.

    Parameters
    ----------
    configuration
        Checked.

    Raises
    ------
    ConfigurationError
        A component lacks its own kind's hook, has one of another kind's, or misspells one.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.name = configuration.name
        self._manager = pluggy.PluginManager(PROJECT)
        for hooks, _ in KIND_HOOKS.values():
            self._manager.add_hookspecs(hooks)
        self._names = _distinct_names(configuration.components)
        self._register()
        self.sources = [self._door(SourceDoor, each) for each in configuration.of_kind("source")]
        self.transforms = [self._door(TransformDoor, each) for each in configuration.of_kind("transform")]
        self.recognizers = [self._door(RecognizerDoor, each) for each in configuration.of_kind("recognizer")]
        self.sinks = [self._door(SinkDoor, each) for each in configuration.of_kind("sink")]
        self.observers = [self._door(ObserverDoor, each, "observer") for each in self._listeners()]
        self._open = ExitStack()
        self.close_errors: list[tuple[BaseException, str]] = []
        """What components raised when they were closed, with their names."""

    def __enter__(self) -> Pipeline:
        """Enter every component that is a context manager, in the file's order."""
        with ExitStack() as stack:
            for configured in self.configuration.components:
                if isinstance(configured.component, AbstractContextManager):
                    self._enter(configured, stack)
            self._open = stack.pop_all()
        return self

    def end_sitting(self) -> bool:
        """Ask the sources to end what has no end of its own; True if no interrupt is needed any more."""
        return any(source.end_sitting() for source in self.sources)

    def _enter(self, configured: Configured, stack: ExitStack) -> None:
        what = f"the {configured.kind} {configured.plugin!r}"
        try:
            configured.component.__enter__()
        except PenstockError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{what} cannot be opened: {type(error).__name__}: {error}", _fault_of("the plugin", error)
            ) from error
        stack.push(lambda *error: self._leave(configured.component, what, *error))

    def _leave(self, component: AbstractContextManager[Any], what: str, *error: Any) -> None:
        """Close a component; one that cannot be closed costs nobody anything that was read."""
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
        """Register a component; what pluggy has against it."""
        try:
            self._manager.register(configured.component, name=self._names[id(configured.component)])
        except pluggy.PluginValidationError as error:
            return [Complaint(configured.place, str(error).splitlines()[-1], _SIGNATURES)]
        return []

    def _listeners(self) -> list[Configured]:
        """The observers, and then the components of other kinds that watch something, too."""
        others = [each for each in self.configuration.components if each.kind != "observer"]
        return self.configuration.of_kind("observer") + [each for each in others if self._watches(each)]

    def _watches(self, configured: Configured) -> bool:
        callers = self._manager.get_hookcallers(configured.component) or []
        return any(caller.name in vars(ObserverHooks) for caller in callers)

    def _door(self, door: type[DoorKind], configured: Configured, kind: str = "") -> DoorKind:
        """A door to one component: the other components are shut out, except the observers that wrap.

        The kind says which hooks it leads to; if left out, those of the component's own.
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
        return door(self._names[id(configured.component)], configured, callers)


DoorKind = TypeVar("DoorKind", bound=Door)

_SIGNATURES = "`penstock.hookspecs` has every hook with its parameters"


def _with_pages(document: Document) -> Document | Problem:
    """A document, if its pages can be walked."""
    if isinstance(document.pages, Iterable):
        return document
    why = f"the source gave {sort_of(document.pages)} for its pages"
    return Problem(document.origin, why, "it gives Pages and Problems; tell its author")


def _fault_of(whom: str, error: BaseException) -> str:
    """What to do about what a plugin raised that it should not have."""
    return f"this is a fault of {whom}{raised_at(error)}; tell its author"


def _distinct_names(components: Iterable[Configured]) -> dict[int, str]:
    """``pdf``, and ``pdf (2)`` for the second one of a name."""
    seen: dict[str, int] = {}
    names = {}
    for configured in components:
        name = configured.plugin
        seen[name] = seen.get(name, 0) + 1
        names[id(configured.component)] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


__all__ = ["Door", "ObserverDoor", "Pipeline", "RecognizerDoor", "SinkDoor", "SourceDoor", "TransformDoor"]
