"""Find component classes: by the name of an entry point, or in a file beside the pipeline.

Only the plugins that a pipeline names are imported, so a broken distribution affects no other pipeline.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib.util
import os
import re
import sys
import threading
from dataclasses import dataclass, is_dataclass
from importlib.metadata import EntryPoint, EntryPoints, distributions, entry_points
from pathlib import Path
from types import ModuleType

from penstock.errors import PluginError, with_article
from penstock.hookspecs import API_VERSION, KIND_HOOKS

KINDS = tuple(KIND_HOOKS)  # the kinds of components, in the order in which a page passes them

PROJECTS = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "fitz": "PyMuPDF",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""Modules whose distributions have other names."""

FILE_MODULE = "penstock_file_"
"""Begin of the names of the modules that plugin files are imported as."""

_module_lock = threading.RLock()  # reentrant, because a plugin file may find another plugin


def nearest(word: str, known: list[str]) -> str:
    """Return the known word that is most similar to a misspelled one; empty if none is similar."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), "")


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry point of an installed distribution."""

    kind: str
    name: str
    distribution: str
    version: str
    entry_point: EntryPoint

    @property
    def origin(self) -> str:
        """The distribution with its version."""
        return f"{self.distribution} {self.version}".strip()


def offers(kind: str) -> list[Offer]:
    """Return the entry points of a kind, sorted by name. Imports nothing."""
    places = [(place, _changed(place)) for place in map(os.path.abspath, sys.path)]
    return _installed(tuple(place for place in places if _has_distributions(*place)))[kind].copy()


def _changed(place: str) -> int:
    """Return when a folder of `sys.path` changed last, in nanoseconds; 0 if it does not exist."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache
def _has_distributions(place: str, changed: int) -> bool:  # noqa: ARG001  part of the key
    return any(True for _ in distributions(path=[place]))


@functools.lru_cache(maxsize=1)
def _installed(places: tuple[tuple[str, int], ...]) -> dict[str, list[Offer]]:  # noqa: ARG001  the key
    """Return the entry points of each kind.

    A run asks several times for each component, and reading the metadata of 200 distributions takes 15 ms.
    ``places`` are the folders of distributions, with the time at which each changed: an installation or a
    removal changes it.
    """
    points = entry_points()
    return {kind: _offers(kind, points.select(group=f"penstock.{kind}s")) for kind in KINDS}


def _offers(kind: str, points: EntryPoints) -> list[Offer]:
    distributions = {id(point.dist): point.dist for point in points if point.dist}
    origins = {key: (dist.name, dist.version) for key, dist in distributions.items()}
    found = [Offer(kind, point.name, *origins.get(id(point.dist), ("?", "")), point) for point in points]
    return sorted(found, key=lambda offer: (offer.name, offer.distribution))


def find(kind: str, reference: str, folder: Path) -> type:
    """Return the class of a plugin: of an entry point, or of ``./file.py:Class`` relative to ``folder``.

    Raises PluginError if there is no such plugin, there are several, or it cannot be loaded.
    """
    if ".py:" in reference:
        return component_class(_from_file(reference, folder), reference)
    if reference.endswith(".py"):
        raise PluginError(f"{reference}: must name a class of the file", _classes_in(reference, folder))
    matching = [offer for offer in offers(kind) if offer.name == reference]
    if not matching:
        raise PluginError(f"there is no {kind} named {reference!r}", _suggestion(kind, reference))
    if len(matching) > 1:
        origins = " and ".join(offer.origin for offer in matching)
        raise PluginError(f"the {kind} {reference!r} is offered by {origins}", "uninstall one of them")
    return component_class(load(matching[0]), reference)


def load(offer: Offer) -> object:
    """Import the object of an entry point. Raises PluginError if that fails."""
    try:
        return offer.entry_point.load()
    except ModuleNotFoundError as error:
        raise PluginError(
            f"the {offer.kind} {offer.name!r} of {offer.origin} needs the module {error.name!r}",
            _remedy(offer, error.name or ""),
        ) from error
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the {offer.kind} {offer.name!r} of {offer.origin} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            f"fix or reinstall {offer.distribution}",
        ) from error


def _remedy(offer: Offer, module: str) -> str:
    """Return how to install a missing module: by an extra of the plugin's distribution if it has one."""
    package = module.partition(".")[0]
    if package == offer.entry_point.module.partition(".")[0]:
        return f"its own code is missing: reinstall {offer.distribution}, or fix its entry point"
    project = PROJECTS.get(package, package)
    dist = offer.entry_point.dist
    for requirement in (dist.requires if dist else None) or ():
        needed = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", requirement)
        if needed and extra and _normal(needed[0]) in (_normal(project), _normal(package)):
            return f"install it: pip install '{offer.distribution}[{extra[1]}]'"
    return f"install it: pip install {project}"


def _normal(project: str) -> str:
    """Return the normalized name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", project).lower()


def _suggestion(kind: str, reference: str) -> str:
    names = sorted({offer.name for offer in offers(kind)})
    others = [other for other in KINDS if any(offer.name == reference for offer in offers(other))]
    if others:
        return f"{reference!r} is {with_article(others[0])}: write it under {_table_of(others[0])}"
    if meant := nearest(reference, names):
        return f"did you mean {meant!r}?"
    installed = f"installed are {', '.join(names)}; " if names else ""
    return f"{installed}install the package that has it, or write a class in a file: ./file.py:Class"


def _table_of(kind: str) -> str:
    return "accept of a recognizer" if kind == "rule" else f"[[{kind}s]]"


def _classes_in(reference: str, folder: Path) -> str:
    """Return how to name the dataclasses of a plugin file."""
    path = (folder / reference).resolve()
    if not path.is_file():
        return f"there is no file {path}; relative paths start from {folder}"
    found = vars(_module(reference, path)).items()
    names = [name for name, value in found if isinstance(value, type) and is_dataclass(value)]
    return "write " + " or ".join(f"{reference}:{name}" for name in names or ["Class"])


def _from_file(reference: str, folder: Path) -> object:
    file_name, _, class_name = reference.rpartition(":")
    try:
        path = (folder / file_name).resolve()
        there = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise PluginError(f"{reference}: the path is invalid ({error})", "check the path") from error
    if not there:
        raise PluginError(f"{reference}: there is no file {path}", f"relative paths start from {folder}")
    module = _module(reference, path)
    if class_name not in vars(module):
        classes = [name for name, value in vars(module).items() if isinstance(value, type)]
        meant = nearest(class_name, classes)
        raise PluginError(
            f"{reference}: there is no {class_name!r} in {path.name}",
            f"did you mean {meant!r}?" if meant else "",
        )
    found: object = vars(module)[class_name]
    return found


def _module(reference: str, path: Path) -> ModuleType:
    """Import a file as a module, once for all its classes, and again when its text has changed.

    The keys of results contain the file's code. A process that outlives an edit, such as a notebook, must
    not store what the old code did under the key of the new code.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise PluginError(
            f"{reference}: the file cannot be read ({error})", "check its permissions"
        ) from error
    name = FILE_MODULE + hashlib.sha256(str(path).encode() + b"\0" + text).hexdigest()[:12]
    return load_file(name, path, text, reference)


def load_file(name: str, path: Path, code: bytes, reference: str = "") -> ModuleType:
    """Return the module of a plugin file, and import it under a name if it is not imported yet.

    ``code`` is what the file contained when the run began; it may have changed since. ``reference`` names the
    file in messages. Raises PluginError if the file cannot be loaded.
    """
    # While one thread executes the file, others must not see the unfinished module.
    with _module_lock:
        if name in sys.modules:
            return sys.modules[name]
        return _executed(name, path, code, reference or str(path))


def _executed(name: str, path: Path, code: bytes, reference: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise PluginError(f"{reference}: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Registered before it is executed, because dataclasses look up postponed annotations in sys.modules.
    sys.modules[name] = module
    try:
        exec(compile(code, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  as an import does
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(
            f"{reference}: the file cannot be loaded: {type(error).__name__}: {error}", "fix the file"
        ) from error
    return module


def component_class(loaded: object, reference: str) -> type:
    """Return a loaded object if it is a component class. Raises PluginError otherwise."""
    remedy = "decorate the class with @dataclass(eq=False)"
    if not isinstance(loaded, type) or not is_dataclass(loaded):
        raise PluginError(f"{reference}: a component must be a dataclass", remedy)
    if loaded.__eq__ is not object.__eq__:
        raise PluginError(f"{reference}: components must be compared by identity", remedy)
    version = getattr(loaded, "penstock_api_version", API_VERSION)
    if not isinstance(version, int) or version > API_VERSION:
        raise PluginError(
            f"{reference}: needs version {version} of penstock's plugin API, "
            f"but the installed penstock has version {API_VERSION}",
            "upgrade penstock, or install an older version of the plugin",
        )
    return loaded
