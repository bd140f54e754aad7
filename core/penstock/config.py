"""Check a pipeline file and make its components. All mistakes are reported together.

Nothing is read, sent or written here. `penstock.options` makes the components.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.options import OptionReader
from penstock.outputs import template_faults
from penstock.overrides import apply_overrides
from penstock.plugins import KINDS, find, hooks_of
from penstock.table_options import EngineOptions, LimitOptions, WatchOptions

ENGINE_TABLE, WATCH_TABLE = "engine", "watch"
TABLES = {f"{kind}s": kind for kind in KINDS if kind != "rule"}
"""The arrays of tables of a pipeline file, and the kind of component of each."""
ACCEPT = "accept"
"""The table of a recognizer that names rules."""
UNIT, UNITS = "unit", ("pages", "lines")
"""The option of a recognizer that says what is sent of a page which another one has read, and its values."""

NEEDED = frozenset({"sources", "recognizers", "sinks"})  # tables that every pipeline must have

Options = TypeVar("Options")

NO_PRICE = "has no price_per_1000, which a budget needs"
NAME_A_PRICE = (
    "add the price of a thousand pages, for example price_per_1000 = 1.50"
    " (with `penstock read`: --set recognizers.0.price_per_1000=1.50)"
)


@dataclass(frozen=True, slots=True)
class Configured:
    """One component of a pipeline."""

    kind: str  # one of `penstock.plugins.KINDS`
    plugin: str  # reference of the plugin in the pipeline
    place: str  # position in the pipeline, counted from 0 as `--set` counts: ``sinks.1 'pdf'``
    component: Any
    limits: LimitOptions = dataclasses.field(default_factory=LimitOptions)  # those that the pipeline sets
    accept: tuple[Configured, ...] = ()  # the rules of a recognizer
    unit: str = UNITS[0]  # what a recognizer is sent of a page: one of `UNITS`
    table: Mapping[str, Any] | None = dataclasses.field(default=None, compare=False, repr=False)
    """The component as the pipeline has it, with ``${NAME}`` for values from the environment; None for an
    object of a program."""
    is_open: bool = False  # whether the component was entered already, and is left by others

    @property
    def output_option(self) -> str | None:
        """The option that holds the name template of a sink's output, as its class declares it."""
        option = getattr(type(self.component), "output_option", "path")
        return option if isinstance(option, str) else None

    @property
    def output_template(self) -> str | None:
        """The name template of a sink's output; None if the sink has no option for it."""
        value = self.options.get(self.output_option) if self.output_option else None
        return value if isinstance(value, str) else None

    @property
    def options(self) -> dict[str, Any]:
        """The component's options with their values, defaults included; none if it is not a dataclass."""
        if not dataclasses.is_dataclass(self.component):
            return {}
        return {
            option.name: getattr(self.component, option.name)
            for option in dataclasses.fields(self.component)
            if option.init
        }


@dataclass(frozen=True, slots=True)
class Configuration:
    """A checked pipeline."""

    name: str
    folder: Path
    components: tuple[Configured, ...]
    engine: EngineOptions
    watch: WatchOptions = dataclasses.field(default_factory=WatchOptions)

    @property
    def state(self) -> Path:
        """The state folder, absolute."""
        return self.folder / self.engine.state

    def of_kind(self, kind: str) -> list[Configured]:
        """Return the components of a kind, in the order of the file."""
        return [component for component in self.components if component.kind == kind]


def load_file(
    path: Path,
    overrides: Iterable[str] = (),
    *,
    observers: Iterable[Mapping[str, Any]] = (),
    without: Iterable[str] = (),
) -> Configuration:
    """Read and check a pipeline file. Raises ConfigurationError with all complaints.

    Parameters
    ----------
    overrides
        ``sinks.0.path=out/{document}.pdf``: a dotted place, and a TOML value or plain text.
    observers
        Tables to add, except those whose plugins the file already names.
    without
        Names of tables to ignore. Their plugins are not loaded, and their variables need not be set.
    """
    tables = load_tables(path)
    apply_overrides(tables, overrides)
    add_observers(tables, observers)
    for table in without:
        tables.pop(table, None)
    return check(tables, path.resolve().parent, where=str(path), name=path.stem, without=without)


def load_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a pipeline file, not checked. Raises ConfigurationError if it is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(
            [Complaint(str(path), "there is no such file", "`penstock init` writes an example")]
        ) from None
    except OSError as error:
        raise ConfigurationError([Complaint(str(path), f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        what = "must be a text file in UTF-8"
        raise ConfigurationError([Complaint(str(path), what, "save it as UTF-8")]) from None
    except ValueError as error:
        raise ConfigurationError([Complaint(str(path), f"is not TOML: {error}")]) from None
    except RecursionError:
        why = "is not TOML: its lists or tables are nested too deeply"
        raise ConfigurationError([Complaint(str(path), why)]) from None


def check(
    tables: Mapping[str, Any], folder: Path, *, where: str, name: str, without: Iterable[str] = ()
) -> Configuration:
    """Check a pipeline given as tables. Raises ConfigurationError with all complaints.

    Relative paths start from ``folder``, which is absolute. Complaints name the file ``where``. ``name`` is
    the pipeline's name if the tables have none, and ``without`` names tables that may be missing.
    """
    return _Checker(folder, where, []).pipeline(tables, name, [*NEEDED.difference(without)])


@dataclass(frozen=True, slots=True)
class _Checker(OptionReader):
    """Checks all tables of a pipeline."""

    def pipeline(self, tables: Mapping[str, Any], name: str, needed: Iterable[str]) -> Configuration:
        known = ["name", ENGINE_TABLE, WATCH_TABLE, *TABLES]
        for key in tables:
            if key not in known:
                self.unknown_key(key, known)
        given = tables.get("name", name)
        if not isinstance(given, str) or not given.strip():
            self.complain("name", f"must be text, got {_shown(given)}", 'for example name = "letters"')
        components = [
            component for table, kind in TABLES.items() for component in self.components(tables, table, kind)
        ]
        engine = self.options_of(EngineOptions, ENGINE_TABLE, tables)
        watch = self.options_of(WatchOptions, WATCH_TABLE, tables)
        self.whole(tables, needed)
        self.distinct([each for each in components if each and each.kind == "sink"])
        if self.complaints:
            # Without other mistakes, the engine complains, which also knows the budget of the command line.
            self.prices([each for each in components if each], engine)
            raise ConfigurationError(self.complaints)
        made = [each for each in components if each]
        rules = [rule for each in made for rule in each.accept]
        return Configuration(str(given), self.folder, (*made, *rules), engine, watch)

    def unknown_key(self, key: str, known: list[str]) -> None:
        """Complain about a key at the top of the pipeline. Options of [engine] are often written there."""
        if key in {option.name for option in dataclasses.fields(EngineOptions)}:
            self.complain(key, f"belongs to [{ENGINE_TABLE}]", f"with --set, write {ENGINE_TABLE}.{key}=...")
        elif key == "rules":
            self.complain(
                key, "must be named by a recognizer", f"for example {ACCEPT} = {{ confidence = 0.85 }}"
            )
        else:
            self.unknown(key, "", known)

    def whole(self, tables: Mapping[str, Any], needed: Iterable[str]) -> None:
        for table in sorted(needed, key=list(TABLES).index):
            if not tables.get(table):
                self.complain("", f"has no [[{table}]]", f'add [[{table}]] with plugin = "..."')

    def prices(self, components: list[Configured], engine: EngineOptions) -> None:
        """Complain about services without a price if there is a budget."""
        budgets = (engine.budget, engine.budget_per_day, engine.budget_per_month)
        for each in components:
            hook = hooks_of(type(each.component)).get("limits")
            if budgets == (None, None, None) or each.kind != "recognizer" or hook is None:
                continue
            try:
                limits = hook.method(each.component)
                is_unpriced = limits.remote and limits.price_per_1000 is None
            except Exception:  # noqa: S112  the plugin's fault is reported when the pipeline is run
                continue
            if is_unpriced and each.limits.price_per_1000 is None:
                self.complain(each.place, NO_PRICE, NAME_A_PRICE)

    def distinct(self, sinks: list[Configured]) -> None:
        """Complain about sinks that would write the same files."""
        seen: dict[str, str] = {}
        for sink in sinks:
            if (path := sink.output_template) is not None:
                first = seen.setdefault(os.path.normpath(self.folder / path), sink.place)
                if first != sink.place:
                    self.complain(
                        f"{sink.place}, {sink.output_option}",
                        f"{first} already writes {path!r}",
                        "give each sink another name for its output",
                    )

    def components(self, tables: Mapping[str, Any], table: str, kind: str) -> list[Configured | None]:
        entries = tables.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.complain(f"[{table}]", "must be an array of tables", f"write [[{table}]] in double brackets")
            return []
        return [self.component(entry, kind, f"{table}.{index}") for index, entry in enumerate(entries)]

    def component(self, entry: dict[str, Any], kind: str, place: str) -> Configured | None:
        reference = entry.get("plugin")
        if not isinstance(reference, str) or not reference:
            self.complain(place, "has no plugin", 'add plugin = "..."; `penstock plugins` lists them')
            return None
        place = f"{place} {reference!r}"
        try:
            cls = find(kind, reference, self.folder)
        except PluginError as error:
            self.complain(place, error.message, error.hint)
            return None
        options = {key: value for key, value in entry.items() if key != "plugin"}
        limits = self.limits(cls, options, place) if kind == "recognizer" else LimitOptions()
        rules = self.rules(cls, options, place) if kind == "recognizer" else ()
        unit = self.unit(cls, options, place) if kind == "recognizer" else UNITS[0]
        component = self.made(cls, options, place)
        if component is None or limits is None or rules is None:
            return None
        configured = Configured(kind, reference, place, component, limits, rules, unit, entry)
        self.template(configured)
        return configured

    def limits(self, cls: type, options: dict[str, Any], place: str) -> LimitOptions | None:
        """Take the limits that apply to any recognizer out of the options."""
        names = [option.name for option in dataclasses.fields(LimitOptions)]
        made: LimitOptions | None = self.made(LimitOptions, _taken(names, options, cls), place)
        return made

    def rules(self, cls: type, options: dict[str, Any], place: str) -> tuple[Configured, ...] | None:
        """Take the rules of `ACCEPT` out of a recognizer's options; None after a complaint."""
        given = _taken([ACCEPT], options, cls)
        if not given:
            return ()
        table, place = given[ACCEPT], f"{place}, {ACCEPT}"
        if not isinstance(table, dict) or not table:
            example = "for example accept = { confidence = 0.85 }"
            self.complain(place, f"must be a table of rules, got {_shown(table)}", example)
            return None
        made = [self.rule(reference, value, place) for reference, value in table.items()]
        return tuple(each for each in made if each) if all(made) else None

    def unit(self, cls: type, options: dict[str, Any], place: str) -> str:
        """Take `UNIT` out of a recognizer's options."""
        unit = _taken([UNIT], options, cls).get(UNIT, UNITS[0])
        if unit not in UNITS:
            self.complain(f"{place}, {UNIT}", f'must be "pages" or "lines", got {_shown(unit)}')
            return UNITS[0]
        return str(unit)

    def rule(self, reference: str, value: Any, place: str) -> Configured | None:
        place = f"{place} {reference!r}"
        try:
            cls = find("rule", reference, self.folder)
        except PluginError as error:
            self.complain(place, error.message, error.hint)
            return None
        options = self.rule_options(cls, value, place)
        component = self.made(cls, options, place) if options is not None else None
        return Configured("rule", reference, place, component) if component is not None else None

    def rule_options(self, cls: type, value: Any, place: str) -> dict[str, Any] | None:
        """Return a rule's options: a table has all of them, any other value is that of the first one.

        ``true`` takes the defaults. Returns None after a complaint.
        """
        if isinstance(value, dict):
            return value
        first = next((option for option in dataclasses.fields(cls) if option.init), None)
        if value is True and (first is None or first.type not in (bool, "bool")):
            return {}
        if value is False and first is not None and first.type not in (bool, "bool"):
            self.complain(place, "cannot be false", "remove the rule")
            return None
        if first is None:
            self.complain(place, f"has no options, got {_shown(value)}", "write true, or remove the rule")
            return None
        return {first.name: value}

    def template(self, configured: Configured) -> None:
        """Check the template of a sink's output file name."""
        path = configured.output_template
        if configured.kind == "sink" and path is not None:
            place = f"{configured.place}, {configured.output_option}"
            if not path.strip() or path.endswith("/"):
                example = f"for example {path.strip() or 'out/'}{{document}}.txt"
                self.complain(place, f"must name a file, got {path!r}", example)
            for fault in template_faults(path):
                self.complain(place, fault)

    def options_of(self, cls: type[Options], name: str, tables: Mapping[str, Any]) -> Options:
        """Return the options of a table that may be missing; the defaults after a complaint."""
        table = tables.get(name, {})
        if not isinstance(table, dict):
            self.complain(name, "must be a table", f"write [{name}] in single brackets")
            return cls()
        made = self.made(cls, table, f"[{name}]")
        return made if isinstance(made, cls) else cls()


def _taken(names: Iterable[str], options: dict[str, Any], cls: type) -> dict[str, Any]:
    """Take options that any recognizer has out of the options, but for those that the class has itself."""
    own = {option.name for option in dataclasses.fields(cls)}
    return {name: options.pop(name) for name in names if name in options and name not in own}


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) < 40 else type(value).__name__


def add_observers(tables: dict[str, Any], observers: Iterable[Mapping[str, Any]]) -> None:
    """Add tables of observers to those of a pipeline, except of plugins that it already names."""
    named = tables.get("observers", [])
    if isinstance(named, list):
        known = [entry.get("plugin") for entry in named if isinstance(entry, dict)]
        tables["observers"] = named + [dict(entry) for entry in observers if entry["plugin"] not in known]
