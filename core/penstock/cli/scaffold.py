"""The small complete package that `penstock new` writes."""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from penstock.errors import OutputError, OutputExists, PluginError, with_article
from penstock.plugins import offers
from penstock.version import __version__

PREFIX = "penstock-"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 40

OPTIONS = {"source": ("folder", ".")}
"""The option that a kind's template cannot do without, and what the kit gives it."""


@dataclass(frozen=True, slots=True)
class NewPlugin:
    """A plugin that is to be written.

    Parameters
    ----------
    name
        As pipelines will name it.
    """

    kind: str
    name: str

    @property
    def distribution(self) -> str:
        """What is installed, and the folder's name."""
        return f"{PREFIX}{self.name}"

    @property
    def module(self) -> str:
        """The import package."""
        return self.distribution.replace("-", "_")

    @property
    def cls(self) -> str:
        """The class's name: with its kind, where the plain one means something else in the file already."""
        plain = "".join(part.capitalize() for part in self.name.split("-"))
        taken = keyword.iskeyword(plain) or plain in dir(builtins)
        if taken or re.search(rf"\b{plain}\b", _template(f"{self.kind}.py")):
            return plain + self.kind.capitalize()
        return plain

    def files(self) -> dict[str, str]:
        """The files' texts, by their places in the folder."""
        option, value = OPTIONS.get(self.kind, ("", ""))
        words = {
            "kind": self.kind,
            "name": self.name,
            "distribution": self.distribution,
            "module": self.module,
            "cls": self.cls,
            "version": __version__,
            "conformance": f"{self.kind.capitalize()}Conformance",
            "options": f'    options = {{"{option}": "{value}"}}\n' if option else "",
            "example": f'{option} = "scans"\n' if option else "",
            "settings": f" --set {option}={value}" if option else "",
        }
        templates = {
            "pyproject.toml": "pyproject.toml",
            "README.md": "README.md",
            f"src/{self.module}/__init__.py": f"{self.kind}.py",
            f"tests/test_{self.module.removeprefix('penstock_')}.py": "test.py",
        }
        return {
            place: Template(_template(template)).substitute(words).rstrip("\n") + "\n"
            for place, template in templates.items()
        }


def _template(name: str) -> str:
    return files("penstock.cli").joinpath("templates", f"{name}.txt").read_text(encoding="utf-8")


def new_plugin(kind: str, name: str) -> NewPlugin:
    """Check a name. Raises PluginError if it is none, or taken."""
    name = name.removeprefix(PREFIX)
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        meant = _usable(name)
        raise PluginError(
            f"{name!r} is no name for a plugin",
            "small letters and digits, with hyphens between, a letter first"
            + (f": {meant}" if meant else ""),
        )
    made = NewPlugin(kind, name)
    for offer in offers(kind):
        if offer.name == name:
            raise PluginError(
                f"there is {with_article(kind)} named {name!r} already, of {offer.origin}", "choose another"
            )
    if importlib.util.find_spec(made.module) is not None:
        raise PluginError(f"there is a package named {made.module} already", "choose another name")
    return made


def _usable(name: str) -> str:
    """The name that comes nearest to one that is none; may be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")[:LONGEST].rstrip("-")


def write_plugin(made: NewPlugin, parent: Path) -> Path:
    """Write the package's folder. Raises OutputExists if it is there, OutputError if it cannot be written."""
    folder = parent / made.distribution
    try:
        folder.mkdir(parents=True)
        for place, text in made.files().items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise OutputExists(
            f"{error.filename} exists already", "choose another name, or another folder: --in DIR"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror})", "name another folder: --in DIR"
        ) from error
    return folder


def next_steps(made: NewPlugin, folder: Path) -> str:
    """What to do with it now."""
    test = next(place for place in made.files() if place.startswith("tests/"))
    option, value = OPTIONS.get(made.kind, ("", ""))
    setting = f" --set {option}={value}" if option else ""
    return (
        f"wrote {folder}: the {made.kind} {made.name}, which works as it stands. Now:\n"
        f"  cd {folder}\n"
        f"  pip install -e . pytest\n"
        f"  python -m pytest                    # {test}: penstock's kit, on your class\n"
        f"  penstock plugins {made.name}\n"
        f"  penstock plugins --check {made.name}{setting}\n"
        f"and make it yours in src/{made.module}/__init__.py"
    )


__all__ = ["NewPlugin", "new_plugin", "next_steps", "write_plugin"]
