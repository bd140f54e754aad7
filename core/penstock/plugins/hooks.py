"""What a component's class says of itself by the methods that it marks, and what is wrong with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from penstock.errors import Complaint, PluginError, with_article
from penstock.hookspecs import KIND_HOOKS, PROJECT
from penstock.plugins.spelling import nearest

HOOKS = {
    name: kind for kind, (hooks, _) in KIND_HOOKS.items() for name in vars(hooks) if not name.startswith("_")
}
"""Every hook, and the kind of component that it belongs to."""


@dataclass(frozen=True, slots=True)
class MarkedMethod:
    """A method that is marked as a hook.

    Parameters
    ----------
    wanted
        Its parameters that have no default.
    is_wrapper
        Whether it stands around what others do.
    """

    method: Callable[..., Any]
    wanted: tuple[str, ...]
    is_wrapper: bool


def hooks_of(cls: type) -> dict[str, MarkedMethod]:
    """The methods of a class that are marked, by their hooks."""
    return dict(_marked(cls))


def _marked(cls: type) -> Iterator[tuple[str, MarkedMethod]]:
    for name in dir(cls):
        method = getattr(cls, name, None)
        options = getattr(method, f"{PROJECT}_impl", None)
        if options is not None and callable(method):
            is_wrapper = bool(options.get("wrapper") or options.get("hookwrapper"))
            wanted = _wanted(method, is_bound=_is_bound(cls, name))
            yield options.get("specname") or name, MarkedMethod(method, wanted, is_wrapper)


def _is_bound(cls: type, name: str) -> bool:
    """Whether a method, taken from its class, has its first argument already, or has none."""
    return isinstance(inspect.getattr_static(cls, name), staticmethod | classmethod)


def _wanted(method: Callable[..., Any], *, is_bound: bool) -> tuple[str, ...]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = list(inspect.signature(method).parameters.values())[0 if is_bound else 1 :]
    return tuple(
        each.name for each in taken if each.kind in positional and each.default is inspect.Parameter.empty
    )


def kind_of(cls: type) -> str:
    """What kind of component a class is, by the hooks that it marks. Raises PluginError if it marks none."""
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
    """The hook that a misspelt one was to be, or an empty string."""
    return nearest(hook, list(HOOKS))


def hook_complaints(cls: type, kind: str, place: str) -> list[Complaint]:
    """What is wrong with the hooks of a component's class: misspelt, lacking, foreign or wrongly written.

    Parameters
    ----------
    kind
        What it is to be.
    place
        What complaints call it.
    """
    marked = hooks_of(cls)
    needed = KIND_HOOKS[kind][1] or (() if marked else ("run_finished",))
    misspelt = [hook for hook in marked if hook not in HOOKS]
    faults = [(f"there is no hook {hook!r}", _instead_of(hook, kind)) for hook in misspelt]
    faults += [
        (f"lacks the hook {hook!r}, which makes {with_article(kind)}", _MARKED)
        for hook in needed
        if (hook not in marked or (marked[hook].is_wrapper and kind != "observer"))
        and hook not in map(_meant, misspelt)
    ]
    for hook in sorted(set(marked) - set(misspelt)):
        faults += _faults_of(hook, marked[hook], kind)
    return [Complaint(place, what, instead) for what, instead in faults]


def _instead_of(hook: str, kind: str) -> str:
    if meant := _meant(hook):
        return f"did you mean {meant!r}?"
    known = (name for name, owner in HOOKS.items() if owner in (kind, "observer"))
    return f"known are {', '.join(known)}"


def _faults_of(hook: str, marked: MarkedMethod, kind: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a method that is marked as a hook that exists, and what to write."""
    owner = HOOKS[hook]
    watches = kind == "observer" and marked.is_wrapper
    if owner not in (kind, "observer") and not watches:
        yield f"implements {hook!r}, which belongs to {with_article(owner)}", _FOREIGN
    given = list(inspect.signature(getattr(KIND_HOOKS[owner][0], hook)).parameters)[1:]
    if strange := [name for name in marked.wanted if name not in given]:
        signature = f"{hook}({', '.join(['self', *given])})"
        yield (
            f"the hook {hook!r} wants {', '.join(map(repr, strange))}, which it is never given",
            f"its parameters are those of {signature}"
            + ("; what it does not need may be left out" if given else ""),
        )
    if marked.is_wrapper and not inspect.isgeneratorfunction(marked.method):
        yield (
            f"the hook {hook!r} is a wrapper without a yield",
            "let it yield once, and return what comes back",
        )


_MARKED = "define it and mark it with @penstock.hookimpl"
_FOREIGN = "take it out; an observer may wrap it with @hookimpl(wrapper=True)"


__all__ = ["MarkedMethod", "hook_complaints", "hooks_of", "kind_of"]
