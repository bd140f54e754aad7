"""From a pipeline file to a checked configuration: everything that is wrong with it is said at once.

Nothing is read, sent or written here. `penstock.options` makes the components.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.options import OptionReader
from penstock.outputs import template_faults
from penstock.overrides import apply_overrides
from penstock.plugins import KINDS, find

ENGINE_TABLE = "engine"
TABLES = {f"{kind}s": kind for kind in KINDS}
"""The pipeline file's arrays of tables, and the kind of component that each holds."""


NEEDED = frozenset({"sources", "recognizers", "sinks"})
"""Those that a pipeline cannot do without."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The ``[engine]`` table.

    Parameters
    ----------
    in_flight
        Pages submitted and not yet read, at most; a recognizer may bear fewer.
    state
        The folder of what the run remembers, relative to the pipeline file.
    on_failed_page
        ``"fail"``: a document with a page that failed is not written. ``"skip"``: it is written without it.
    on_doubt
        What becomes of a page whose submit left and whose answer was lost: ``"submit"`` once more, or
        ``"fail"``.
    max_pages
        Pages that one run sends at most; then it stops, and the next one goes on.
    budget
        What one run may spend, at the recognizers' ``price_per_1000``: each of them that is a service needs
        one.
    max_failed
        Pages failing in one run after which it stops: a number, or a share of all pages such as 0.2.
    call_deadline
        Seconds after which a call of a plugin that has not come back is given up.
    keep_answers
        Whether the journal keeps the service's own answers, too.
    """

    in_flight: Annotated[int, Ge(1)] = 64
    state: Path = Path(".penstock")
    on_failed_page: Literal["fail", "skip"] = "fail"
    on_doubt: Literal["submit", "fail"] = "submit"
    max_pages: Annotated[int, Ge(1)] | None = None
    budget: Annotated[float, Ge(0)] | None = None
    max_failed: Annotated[float, Gt(0)] | None = None
    call_deadline: Annotated[float, Gt(0)] = 600.0
    keep_answers: bool = False


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """What a pipeline may say of any recognizer's limits; it stands in the place of the plugin's own word.

    `penstock.model.Limits` says what each means. An option of the plugin's own of the same name is the
    plugin's.
    """

    calls_per_second: Annotated[float, Gt(0)] | None = None
    submits_per_second: Annotated[float, Gt(0)] | None = None
    polls_per_second: Annotated[float, Gt(0)] | None = None
    in_flight: Annotated[int, Ge(1)] | None = None
    attempts: Annotated[int, Ge(1)] | None = None
    deadline: Annotated[float, Gt(0)] | None = None
    price_per_1000: Annotated[float, Ge(0)] | None = None

    def said(self) -> dict[str, Any]:
        """Those that the pipeline gives."""
        said = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Configured:
    """One component, checked and made.

    Parameters
    ----------
    kind
        Source, transform, recognizer, sink or observer.
    plugin
        As the pipeline names it.
    place
        Where it stands: ``[[sinks]] 2``.
    component
        The configured instance.
    limits
        Of a recognizer: what the pipeline says in the place of the plugin.
    """

    kind: str
    plugin: str
    place: str
    component: Any
    limits: LimitOptions = LimitOptions()

    @property
    def output_template(self) -> str | None:
        """The name template of a sink's output, from the option that its class declares for it."""
        option = getattr(type(self.component), "output_option", "path")
        value = self.options.get(option) if option else None
        return value if isinstance(value, str) else None

    @property
    def options(self) -> dict[str, Any]:
        """Its options with their values, defaults included."""
        return {
            option.name: getattr(self.component, option.name)
            for option in dataclasses.fields(self.component)
            if option.init
        }


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole pipeline, checked."""

    name: str
    folder: Path
    components: tuple[Configured, ...]
    engine: EngineOptions

    @property
    def state(self) -> Path:
        """The state folder, absolute."""
        return self.folder / self.engine.state

    def of_kind(self, kind: str) -> list[Configured]:
        """Its components of a kind, in the file's order."""
        return [component for component in self.components if component.kind == kind]


def load_file(
    path: Path,
    overrides: Iterable[str] = (),
    *,
    observers: Iterable[Mapping[str, Any]] = (),
    without: Iterable[str] = (),
) -> Configuration:
    """Read and check a pipeline file.

    Parameters
    ----------
    overrides
        ``sinks.0.path=out/{document}.pdf``: a dotted place, and a TOML value or plain text.
    observers
        Tables to add to the file's own, unless it names the same plugins.
    without
        Names of tables that are not looked at: their plugins are not loaded, nor their variables needed.

    Raises
    ------
    ConfigurationError
        With everything that is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(
            [Complaint(str(path), "there is no such file", "`penstock init` writes one to start from")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Complaint(str(path), f"cannot be read: {error}")]) from None
    except ValueError as error:
        raise ConfigurationError([Complaint(str(path), f"is not TOML: {error}")]) from None
    except RecursionError:
        why = "is not TOML that anybody wrote: its lists or tables are nested too deeply"
        raise ConfigurationError([Complaint(str(path), why)]) from None
    apply_overrides(tables, overrides)
    _add_observers(tables, observers)
    for table in without:
        tables.pop(table, None)
    return check(tables, path.resolve().parent, where=str(path), name=path.stem, without=without)


def check(
    tables: Mapping[str, Any], folder: Path, *, where: str, name: str, without: Iterable[str] = ()
) -> Configuration:
    """Check a pipeline given as tables, as `tomllib` gives them.

    Parameters
    ----------
    folder
        Where relative paths start; absolute.
    where
        What complaints call the file.
    name
        The pipeline's name if the tables give none.
    without
        Names of tables that may be missing.

    Raises
    ------
    ConfigurationError
        With everything that is wrong.
    """
    return _Checker(folder, where, []).pipeline(tables, name, [*NEEDED.difference(without)])


@dataclass(frozen=True, slots=True)
class _Checker(OptionReader):
    """One walk over the tables, gathering complaints."""

    def pipeline(self, tables: Mapping[str, Any], name: str, needed: Iterable[str]) -> Configuration:
        known = ["name", ENGINE_TABLE, *TABLES]
        for key in tables:
            if key not in known:
                self.unknown(key, "", known)
        given = tables.get("name", name)
        if not isinstance(given, str) or not given.strip():
            self.complain("name", f"is text, not {_shown(given)}", 'for example name = "letters"')
        components = [
            component for table, kind in TABLES.items() for component in self.components(tables, table, kind)
        ]
        engine = self.engine(tables.get(ENGINE_TABLE, {}))
        self.whole(tables, needed)
        self.distinct([each for each in components if each and each.kind == "sink"])
        if self.complaints:
            raise ConfigurationError(self.complaints)
        return Configuration(str(given), self.folder, tuple(c for c in components if c), engine)

    def whole(self, tables: Mapping[str, Any], needed: Iterable[str]) -> None:
        for table in sorted(needed, key=list(TABLES).index):
            if not tables.get(table):
                self.complain("", f"has no [[{table}]]", f'add [[{table}]] with plugin = "..."')

    def distinct(self, sinks: list[Configured]) -> None:
        """Two sinks that write the same files would each find the other's in their way."""
        seen: dict[str, str] = {}
        for sink in sinks:
            if (path := sink.output_template) is not None:
                first = seen.setdefault(os.path.normpath(self.folder / path), sink.place)
                if first != sink.place:
                    self.complain(
                        f"{sink.place}, path", f"{first} writes {path!r}, too", "give it a path of its own"
                    )

    def components(self, tables: Mapping[str, Any], table: str, kind: str) -> list[Configured | None]:
        entries = tables.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.complain(f"[{table}]", "is an array of tables", f"write [[{table}]] with double brackets")
            return []
        return [
            self.component(entry, kind, f"[[{table}]] {number}")
            for number, entry in enumerate(entries, start=1)
        ]

    def component(self, entry: dict[str, Any], kind: str, place: str) -> Configured | None:
        reference = entry.get("plugin")
        if not isinstance(reference, str) or not reference:
            self.complain(
                place, "names no plugin", f'add plugin = "..." (`penstock plugins` lists every {kind})'
            )
            return None
        place = f"{place} {reference!r}"
        try:
            cls = find(kind, reference, self.folder)
        except PluginError as error:
            self.complain(place, error.message, error.hint)
            return None
        options = {key: value for key, value in entry.items() if key != "plugin"}
        limits = self.limits(cls, options, place) if kind == "recognizer" else LimitOptions()
        component = self.made(cls, options, place)
        if component is None or limits is None:
            return None
        configured = Configured(kind, reference, place, component, limits)
        self.template(configured)
        return configured

    def limits(self, cls: type, options: dict[str, Any], place: str) -> LimitOptions | None:
        """What the options say of the limits of any recognizer, taken out of them."""
        own = {option.name for option in dataclasses.fields(cls)}
        names = [option.name for option in dataclasses.fields(LimitOptions) if option.name not in own]
        made: LimitOptions | None = self.made(
            LimitOptions, {name: options.pop(name) for name in names if name in options}, place
        )
        return made

    def template(self, configured: Configured) -> None:
        """Check the template of a sink's output file name."""
        path = configured.output_template
        if configured.kind == "sink" and path is not None:
            if not path.strip() or path.endswith("/"):
                what = "names a folder, and no file in it" if path.strip() else "names no file"
                example = f"for example {path.strip() or 'out/'}{{document}}.txt"
                self.complain(f"{configured.place}, path", what, example)
            for fault in template_faults(path):
                self.complain(f"{configured.place}, path", fault)

    def engine(self, table: Any) -> EngineOptions:
        if not isinstance(table, dict):
            self.complain("engine", "is a table", "write [engine] with single brackets")
            return EngineOptions()
        made = self.made(EngineOptions, table, "[engine]")
        return made if isinstance(made, EngineOptions) else EngineOptions()


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) < 40 else type(value).__name__


def _add_observers(tables: dict[str, Any], observers: Iterable[Mapping[str, Any]]) -> None:
    named = tables.get("observers", [])
    if isinstance(named, list):
        known = [entry.get("plugin") for entry in named if isinstance(entry, dict)]
        tables["observers"] = named + [dict(entry) for entry in observers if entry["plugin"] not in known]


__all__ = ["TABLES", "Configuration", "Configured", "EngineOptions", "check", "load_file"]
