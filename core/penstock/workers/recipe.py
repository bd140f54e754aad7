"""How a worker makes a recognizer or a sink."""

from __future__ import annotations

import hashlib
import importlib
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from penstock.config import Configured
from penstock.errors import PluginError, StopRun
from penstock.model import Resources
from penstock.plugins import FILE_MODULE, load_file
from penstock.secret import Secret
from penstock.stages import RecognizerStage

_TO_A_FILE = "put it into a Python file, which every worker can import"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The class of a component, its options, and what it needs. Can be pickled."""

    title: str  # of the component, for messages: ``the recognizer 'tesseract'``
    module: str
    name: str  # of the class in the module
    file: Path | None  # of the module, if it is a plugin file; None if it is imported by its name
    code: bytes  # of the file, which may be missing where the worker is, or change during the run
    options: bytes  # pickled, because their classes may be the module's
    cache_key: Mapping[str, Any] | None  # of the recognizer; None without the hook, and for a sink
    resources: Resources

    def made(self) -> Any:
        """Return a new component. Raises StopRun if that is impossible."""
        try:
            cls = self._class()
            component = cls(**pickle.loads(self.options))  # noqa: S301  from this run's coordinator
        except Exception as error:
            why = error.message if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            hint = error.hint if isinstance(error, PluginError) else "a worker must be able to import it"
            raise StopRun(f"{self.title} cannot be made in a worker: {why}", hint) from error
        return component

    def _class(self) -> type:
        file, name = self.file, self.module
        module = importlib.import_module(name) if file is None else load_file(name, file, self.code)
        found: Any = module
        for part in self.name.split("."):
            found = getattr(found, part)
        return cast(type, found)


def recipe_of(
    configured: Configured,
    title: str,
    resources: Resources | None = None,
    cache_key: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return the recipe of a component. Raises PluginError for one that no other process can make."""
    cls = type(configured.component)
    if any(isinstance(value, Secret) for value in configured.options.values()):
        raise PluginError(
            f"{title}: a component that runs in workers must not have an option that is a secret",
            "read the key from the environment, in a recognizer in __enter__, which is called in the worker",
        )
    if "<locals>" in cls.__qualname__:
        raise PluginError(f"{title}: its class is defined in a function", _TO_A_FILE)
    file = _file_of(cls, title)
    try:
        options = pickle.dumps(configured.options)
    except Exception as error:
        why = f"its options cannot be sent to a worker: {type(error).__name__}: {error}"
        raise PluginError(f"{title}: {why}", "use options that can be pickled") from error
    code = file.read_bytes() if file else b""
    # Dask workers may load several scripts, or several versions of one.
    script = FILE_MODULE + "main_" + hashlib.sha256(code).hexdigest()[:12]
    module = script if cls.__module__ == "__main__" else cls.__module__
    return Recipe(title, module, cls.__qualname__, file, code, options, cache_key, resources or Resources())


def recognizer_recipe(stage: RecognizerStage) -> Recipe:
    """Return the recipe of a recognizer that computes. Raises PluginError as `recipe_of` does."""
    return recipe_of(stage.configured, stage.title, stage.resources(), stage.cache_key())


def _file_of(cls: type, title: str) -> Path | None:
    """Return the file of a class that cannot be imported by the name of its module; None for others."""
    module = cls.__module__
    if not (module == "__main__" or module.startswith(FILE_MODULE)):
        return None
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        raise PluginError(f"{title}: its class is defined in a notebook or at a prompt", _TO_A_FILE)
    return Path(file).resolve()
