"""Check pipelines whose components are given by name or as objects of the program."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from penstock.config import NEEDED, TABLES, Configuration, Configured, check
from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.plugins import component_class, offers

_WITHOUT_OPTIONS = ("source", "observer")
"""Kinds whose components need not be dataclasses, because no result depends on their options."""


def assembled(
    tables: Mapping[str, Any], folder: Path, *, where: str, name: str, without: Iterable[str] = ()
) -> Configuration:
    """Like `penstock.config.check`, for tables whose entries may also be references or components."""
    entries = {table: listed(tables[table]) for table in TABLES if table in tables}
    plain = dict(tables) | {
        table: [named for each in listed if (named := _table(each)) is not None]
        for table, listed in entries.items()
    }
    filled = [table for table, listed in entries.items() if listed and not plain[table]]
    configuration = check(plain, folder, where=where, name=name, without=[*filled, *without])
    components: list[Configured] = []
    complaints: list[Complaint] = []
    for table, kind in TABLES.items():
        checked = iter(configuration.of_kind(kind))
        for index, each in enumerate(entries.get(table, ())):
            if _table(each) is not None:
                components.append(next(checked))
            elif made := _made(kind, each, f"{table}.{index}", complaints):
                components.append(made)
    _refuse(complaints, where)
    components += configuration.of_kind("rule")
    return dataclasses.replace(configuration, components=tuple(_once(components, where)))


def observed(configuration: Configuration, observers: Iterable[object], *, where: str) -> Configuration:
    """Return the configuration with more observers. Raises ConfigurationError for an invalid one."""
    tables = {"observers": listed(observers)}
    more = assembled(tables, configuration.folder, where=where, name=configuration.name, without=NEEDED)
    components = _once([*configuration.components, *more.components], where)
    return dataclasses.replace(configuration, components=tuple(components))


def listed(entries: Any) -> list[object]:
    """Return the entries of a table. A single entry need not be in a list."""
    match entries:
        case str() | Mapping() | (str(), Mapping()):
            return [entries]
        case Iterable():
            return list(entries)
        case _:
            return [entries]


def _table(entry: object) -> dict[str, Any] | None:
    """Return the table of a reference; None for a component."""
    match entry:
        case str(name):
            return {"plugin": name}
        case (str(name), Mapping() as options):
            return {"plugin": name, **options}
        case Mapping():
            return dict(entry)
        case _:
            return None


def _made(kind: str, component: object, place: str, complaints: list[Complaint]) -> Configured | None:
    """Return a component for a configuration; None after a complaint."""
    cls = type(component)
    if isinstance(component, type):
        what = f"must be an instance, got the class {component.__name__}"
        complaints.append(Complaint(place, what, f"write {component.__name__}(...)"))
        return None
    try:
        if kind not in _WITHOUT_OPTIONS or dataclasses.is_dataclass(component):
            component_class(cls, cls.__name__)
    except PluginError as error:
        complaints.append(Complaint(place, error.message, error.hint))
        return None
    return Configured(kind, reference_of(kind, cls), place, component)


def _once(components: list[Configured], where: str) -> list[Configured]:
    """Return the components. Raises ConfigurationError for an object that is used twice.

    A run opens and closes each component once.
    """
    firsts: dict[int, Configured] = {}
    complaints = [
        Complaint(each.place, f"is the same object as {first.place}", "use another instance")
        for each in components
        if (first := firsts.setdefault(id(each.component), each)) is not each
    ]
    _refuse(complaints, where)
    return components


def _refuse(complaints: list[Complaint], where: str) -> None:
    if complaints:
        placed = [dataclasses.replace(each, place=f"{where}: {each.place}") for each in complaints]
        raise ConfigurationError(placed)


def reference_of(kind: str, cls: type) -> str:
    """Return the reference of a component's class, under which the results of a recognizer are stored.

    It must be the same in every process as long as the code is the same, and differ when the code changes. It
    is the name of the entry point; else ``file.py:Class``; else, for a class defined in a notebook, its name
    with a digest of its source. A class without source (typed into a plain Python prompt) gets a new one
    each time, so that its results are not reused.
    """
    value = f"{cls.__module__}:{cls.__qualname__}"
    for offer in offers(kind):
        if offer.entry_point.value == value:
            return offer.name
    try:
        file = inspect.getfile(cls)
    except (TypeError, OSError):
        file = ""
    if file.endswith(".py"):
        return f"{file}:{cls.__qualname__}"
    try:
        digest = hashlib.blake2b(_source_of(cls).encode(), digest_size=8).hexdigest()
    except (TypeError, OSError):
        digest = secrets.token_hex(8)
    return f"{cls.__qualname__} {digest}"


def _source_of(cls: type) -> str:
    """Return the source of all methods of a class. Raises OSError for a class without source.

    The methods are looked up one by one, because inspect does not find the source of a class in a notebook.
    """
    functions = [
        function
        for each in cls.__mro__[:-1]
        for name, function in sorted(vars(each).items())
        if isinstance(function, FunctionType) and not _is_generated(name, function)
    ]
    return "\n".join(map(inspect.getsource, functions))


def _is_generated(name: str, function: FunctionType) -> bool:
    """Return whether the dataclass decorator made a method."""
    return name.startswith("__") and inspect.unwrap(function).__code__.co_filename == "<string>"
