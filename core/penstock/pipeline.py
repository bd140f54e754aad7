"""Make the components of a configuration, and register them.

All components of a pipeline are registered with one pluggy manager, which checks their signatures. Each
component is then wrapped in a `penstock.stages.Stage`, which calls it by itself: one that raises does not
keep pluggy from calling the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, TypeVar

import pluggy

from penstock.config import Configuration, Configured
from penstock.errors import (
    Complaint,
    ConfigurationError,
    PenstockError,
    PluginError,
)
from penstock.hookspecs import KIND_HOOKS, PROJECT, ObserverHooks
from penstock.model import (
    Problem,
)
from penstock.plugins import hook_complaints
from penstock.stages import (
    AmenderStage,
    ObserverStage,
    RecognizerStage,
    RuleStage,
    SinkStage,
    SourceStage,
    Stage,
    TransformStage,
)
from penstock.stages.stage import OwnResults, fault_of


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
        self._own_results = OwnResults()
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
                is_open = configured.is_open or id(component) in elsewhere
                if not is_open and isinstance(component, AbstractContextManager):
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
                f"{what} could not be opened: {type(error).__name__}: {error}", fault_of("the plugin", error)
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


def _distinct_names(components: Iterable[Configured]) -> dict[int, str]:
    """Map each component's id to a unique name: ``pdf``, and ``pdf (2)`` for the second one."""
    seen: dict[str, int] = {}
    names = {}
    for configured in components:
        name = configured.plugin
        seen[name] = seen.get(name, 0) + 1
        names[id(configured.component)] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names
