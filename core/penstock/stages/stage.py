"""A component of a pipeline as the engine calls it: by itself, with its results checked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any

import pluggy

from penstock.config import Configured
from penstock.errors import (
    PenstockError,
    PluginError,
    raised_at,
    sort_of,
    with_article,
)
from penstock.hookspecs import hookimpl
from penstock.model import (
    Problem,
)


class OwnResults:
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

    # Called with trylast and registered last, so that it is the innermost wrapper.
    @hookimpl(wrapper=True, trylast=True)
    def prepare(self) -> Generator[None, Any, Any]:
        """Watch a call of a hook whose result is stored."""
        self.clear()
        try:
            self._thread.result = yield
        except BaseException as error:
            self._thread.error = error
            raise
        self._thread.returned = True
        return self._thread.result

    submit = read = page_file = poll = accepts = amend = prepare

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
        own_results: OwnResults,
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
            raise self._fault(sentence, fault_of("the plugin", error)) from error


def fault_of(whom: str, error: BaseException) -> str:
    """The hint for an exception that a plugin should not have raised."""
    return f"this is a fault of {whom}{raised_at(error)}; tell its author"
