"""Check the hooks and declarations of component classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from penstock.errors import Complaint, PluginError, sort_of, with_article
from penstock.hookspecs import KIND_HOOKS, PROJECT
from penstock.plugins.finding import nearest

HOOKS = {
    name: kind for kind, (hooks, _) in KIND_HOOKS.items() for name in vars(hooks) if not name.startswith("_")
}
"""Every hook, with the kind of component that it belongs to."""

_DECLARATIONS: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "fetches": (("source",), bool, "a bool"),
    "is_live": (("source",), bool, "a bool"),
    "is_stateless": (("sink",), bool, "a bool"),
    "output_option": (("sink",), str | None, "a str or None"),
    "spans_runs": (("observer",), bool, "a bool"),
    "version": (("transform", "recognizer", "rule", "amender", "sink"), str, "a str"),
}
"""The class attributes that `penstock.hookspecs` lists, with the kinds that they apply to and their types."""


@dataclass(frozen=True, slots=True)
class MarkedMethod:
    """A method that is marked with `penstock.hookimpl`."""

    method: Callable[..., Any]
    wanted: tuple[str, ...]  # parameters without a default
    is_wrapper: bool  # whether it wraps the implementations of other components


def hooks_of(cls: type) -> dict[str, MarkedMethod]:
    """Return the marked methods of a class by the names of their hooks."""
    return dict(_marked(cls))


def _marked(cls: type) -> Iterator[tuple[str, MarkedMethod]]:
    for name in dir(cls):
        method = getattr(cls, name, None)
        options = getattr(method, f"{PROJECT}_impl", None)
        if options is not None and callable(method):
            is_wrapper = bool(options.get("wrapper") or options.get("hookwrapper"))
            takes_self = not isinstance(inspect.getattr_static(cls, name), staticmethod | classmethod)
            wanted = _wanted(method, takes_self=takes_self)
            yield options.get("specname") or name, MarkedMethod(method, wanted, is_wrapper)


def _wanted(method: Callable[..., Any], *, takes_self: bool) -> tuple[str, ...]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = list(inspect.signature(method).parameters.values())[1 if takes_self else 0 :]
    return tuple(
        each.name for each in taken if each.kind in positional and each.default is inspect.Parameter.empty
    )


def kind_of(cls: type) -> str:
    """Return the kind of component of a class, by its hooks. Raises PluginError for a class without hooks."""
    marked = hooks_of(cls)
    for kind, (_, needed) in KIND_HOOKS.items():
        if any(hook in marked and not marked[hook].is_wrapper for hook in needed):
            return kind
    meant = (HOOKS.get(_meant(hook), "") for hook in marked if hook not in HOOKS)
    if marked:
        return next(filter(None, meant), "observer")
    known = ", ".join(hook for _, needed in KIND_HOOKS.values() for hook in needed)
    bare = " and ".join(hook for hook in HOOKS if callable(getattr(cls, hook, None)))
    raise PluginError(
        f"{cls.__name__} has no hooks", f"mark {bare or f'one of {known}'} with @penstock.hookimpl"
    )


def _meant(hook: str) -> str:
    """Return the hook with the most similar name; empty if none is similar."""
    return nearest(hook, list(HOOKS))


def hook_complaints(cls: type, kind: str, place: str) -> list[Complaint]:
    """Return complaints about the hooks and declarations of a class that must be a component of a kind.

    Complains about hooks that are misspelled, missing, of another kind or have wrong parameters, and about
    declared attributes of a wrong type. ``place`` names the component in complaints.
    """
    marked = hooks_of(cls)
    needed = KIND_HOOKS[kind][1]
    if not marked and not needed:
        return [Complaint(place, "has no hooks", "mark at least one event with @penstock.hookimpl")]
    misspelt = [hook for hook in marked if hook not in HOOKS]
    faults = [(f"there is no hook {hook!r}", _instead_of(hook, kind)) for hook in misspelt]
    own = [hook for hook in marked if not marked[hook].is_wrapper]
    if needed and not set(needed) & {*own, *map(_meant, misspelt)}:
        hooks = " or ".join(map(repr, needed))
        faults.append((f"lacks the hook {hooks}, which {with_article(kind)} must have", _MARKED))
    if "read" in own:
        faults += [(f"has the hooks 'read' and {hook!r}", _ONE_WAY) for hook in _OF_SERVICES if hook in own]
    for hook in sorted(set(marked) - set(misspelt)):
        faults += _faults_of(hook, marked[hook], kind)
    faults += _declaration_faults(cls, kind)
    return [Complaint(place, what, instead) for what, instead in faults]


def _declaration_faults(cls: type, kind: str) -> Iterator[tuple[str, str]]:
    options = [option.name for option in fields(cls)] if is_dataclass(cls) else []
    for name, (kinds, types, wanted) in _DECLARATIONS.items():
        # An option may have one of these names; pydantic checks its type.
        if kind not in kinds or name in options or not hasattr(cls, name):
            continue
        if not isinstance(value := getattr(cls, name), types):
            yield f"the class attribute {name!r} must be {wanted}, got {sort_of(value)}", _DECLARED
    option = getattr(cls, "output_option", None)
    if kind == "sink" and isinstance(option, str) and option not in options:
        yield f"output_option is {option!r}, but there is no such option", f"there are {', '.join(options)}"


def _instead_of(hook: str, kind: str) -> str:
    if meant := _meant(hook):
        return f"did you mean {meant!r}?"
    known = (name for name, owner in HOOKS.items() if owner in (kind, "observer"))
    return f"the hooks are {', '.join(known)}"


def _faults_of(hook: str, marked: MarkedMethod, kind: str) -> Iterator[tuple[str, str]]:
    """Return the faults of an implementation of an existing hook, each with its remedy."""
    owner = HOOKS[hook]
    if marked.is_wrapper and hook in _IN_WORKERS:
        yield f"wraps {hook!r}, which runs in other processes", "remove it; page_recognized tells of results"
    watches = kind == "observer" and marked.is_wrapper
    if owner not in (kind, "observer") and not watches:
        yield f"implements {hook!r}, which belongs to {with_article(owner)}", _FOREIGN
    given = list(inspect.signature(getattr(KIND_HOOKS[owner][0], hook)).parameters)[1:]
    if strange := [name for name in marked.wanted if name not in given]:
        signature = f"{hook}({', '.join(['self', *given])})"
        yield (
            f"the hook {hook!r} has unknown parameters: {', '.join(strange)}",
            f"its signature is {signature}" + ("; parameters may be left out" if given else ""),
        )
    if marked.is_wrapper and not inspect.isgeneratorfunction(marked.method):
        yield (f"the hook {hook!r} is a wrapper without a yield", "it must yield once and return the result")


_OF_SERVICES = ("submit", "poll", "limits")
_IN_WORKERS = ("read",)
_ONE_WAY = "a recognizer either reads pages itself, or submits them to a service: remove one of the hooks"
_MARKED = "define it and mark it with @penstock.hookimpl"
_DECLARED = "see `penstock.hookspecs` for class attributes"
_FOREIGN = "remove it; only an observer may wrap it, with @hookimpl(wrapper=True)"
