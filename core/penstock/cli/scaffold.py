"""`penstock new` and `penstock init`: write a small complete plugin package, or a pipeline file."""

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
PIPELINE_FILE = "penstock.toml"

OPTIONS = {"source": ("folder", ".")}  # the option that a kind's template requires, and its value in the test

ABOUT = {
    "recognizer.py": """
It reads pages itself: penstock calls `read` in worker processes, and decides how many run and where.
`__enter__` loads the model once in each of them.
""",
    "recognizer-service.py": """
It is the client of a service: `submit` sends a page, and `poll` asks once for its result. penstock does all
waiting and retrying.
""",
    "recognizer-service-at-once.py": """
It is the client of a service that answers at once: `submit` sends a page, and returns the result from the
response. penstock does all waiting and retrying.
""",
}
"""What the README says about the plugin of a template."""


@dataclass(frozen=True, slots=True)
class NewPlugin:
    kind: str
    name: str  # the name that pipelines will use
    service: bool = False  # for a recognizer: a client of a service, not one that reads pages itself
    at_once: bool = False  # for a client: the service returns results in its responses, and is not polled

    @property
    def distribution(self) -> str:
        """The name of the distribution and of its folder."""
        return f"{PREFIX}{self.name}"

    @property
    def module(self) -> str:
        return self.distribution.replace("-", "_")

    @property
    def _templates(self) -> tuple[str, str]:
        """The templates of the plugin and of its test."""
        end = f"{'-service' * self.service}{'-at-once' * self.at_once}.py"
        return f"{self.kind}{end}", f"test{end}"

    @property
    def cls(self) -> str:
        """The name of the class. It ends with the kind if the plain name has another meaning in a file."""
        plain = "".join(part.capitalize() for part in self.name.split("-"))
        text = " ".join(map(_template, self._templates)).replace("Test$cls", "")
        if keyword.iskeyword(plain) or plain in dir(builtins) or re.search(rf"\b{plain}\b", text):
            return plain + self.kind.capitalize()
        return plain

    def files(self) -> dict[str, str]:
        """Return the text of each file, by its path in the folder."""
        option, value = OPTIONS.get(self.kind, ("", ""))
        code, test = self._templates
        words = {
            "kind": self.kind,
            "name": self.name,
            "distribution": self.distribution,
            "module": self.module,
            "cls": self.cls,
            "version": __version__,
            "about": ABOUT.get(code, ""),
            "variable": f"{self.name.replace('-', '_').upper()}_KEY",
            "dependencies": ', "requests"' if self.service else "",
            "conformance": f"{self.kind.capitalize()}Conformance",
            "options": f'    options = {{"{option}": "{value}"}}\n' if option else "",
            "usage": _usage(self.kind, self.name, f'{option} = "scans"\n' if option else ""),
            "settings": f" --set {option}={value}" if option else "",
        }
        templates = {
            "pyproject.toml": "pyproject.toml",
            "README.md": "README.md",
            f"src/{self.module}/__init__.py": code,
            f"tests/test_{self.module.removeprefix('penstock_')}.py": test,
        }
        return {
            path: Template(_template(template)).substitute(words).rstrip("\n") + "\n"
            for path, template in templates.items()
        }


def _usage(kind: str, name: str, options: str) -> str:
    """Return the part of a pipeline file that uses the plugin."""
    if kind == "rule":
        return (
            f'[[recognizers]]\nplugin = "rapidocr"\naccept = {{ {name} = true }}\n\n'
            '[[recognizers]]\nplugin = "azure-read"\n'
        )
    return f'[[{kind}s]]\nplugin = "{name}"\n{options}'


def _template(name: str) -> str:
    return files("penstock.cli").joinpath("templates", f"{name}.txt").read_text(encoding="utf-8")


def new_plugin(kind: str, name: str, *, service: bool = False, at_once: bool = False) -> NewPlugin:
    """Return a plugin to be written. Raises PluginError if its name is invalid or already used."""
    if service and kind != "recognizer":
        raise PluginError("--service is only for recognizers", f"leave it out: penstock new {kind} {name}")
    if at_once and not service:
        raise PluginError(
            "--at-once says how a service answers, and needs --service",
            f"for a service: penstock new recognizer {name} --service --at-once",
        )
    name = name.removeprefix(PREFIX)
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        valid = _valid(name)
        raise PluginError(
            f"the name must be at most {LONGEST} lower-case letters, digits and single hyphens, and "
            f"start with a letter, got {name!r}",
            f"for example {valid}" if valid else "",
        )
    made = NewPlugin(kind, name, service, at_once)
    for offer in offers(kind):
        if offer.name == name:
            raise PluginError(
                f"{with_article(kind)} named {name!r} already exists, in {offer.origin}",
                "choose another name",
            )
    if importlib.util.find_spec(made.module) is not None:
        raise PluginError(f"a package named {made.module} already exists", "choose another name")
    return made


def _valid(name: str) -> str:
    """Return the valid name that is most like an invalid one; may be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")[:LONGEST].rstrip("-")


def write_plugin(made: NewPlugin, parent: Path) -> Path:
    """Write the package, and return its folder. Raises OutputExists if it exists, or OutputError."""
    folder = parent / made.distribution
    try:
        folder.mkdir(parents=True)
        for name, text in made.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise OutputExists(
            f"{error.filename} already exists", "choose another name, or another folder: --in DIR"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror})", "name another folder: --in DIR"
        ) from error
    return folder


def next_steps(made: NewPlugin, folder: Path) -> str:
    test = next(path for path in made.files() if path.startswith("tests/"))
    option, value = OPTIONS.get(made.kind, ("", ""))
    setting = f" --set {option}={value}" if option else ""
    return (
        f"wrote {folder}: a working {made.kind} named {made.name}. Next:\n"
        f"  cd {folder}\n"
        f"  pip install -e . pytest\n"
        f"  python -m pytest                    # {test}: penstock's conformance tests\n"
        f"  penstock plugins {made.name}\n"
        f"  penstock plugins --check {made.name}{setting}\n"
        f"then change src/{made.module}/__init__.py to do what you need"
    )


def write_pipeline(directory: Path) -> Path:
    """Write a pipeline file to start from, and return its path. Raises OutputExists or OutputError."""
    path = directory / PIPELINE_FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_template(PIPELINE_FILE))
    except OSError as error:
        hint = "name another folder: penstock init DIR"
        if isinstance(error, FileExistsError) and directory.is_dir():
            raise OutputExists(f"{path} already exists", hint) from None
        raise OutputError(f"{path} cannot be written ({error.strerror})", hint) from error
    return path
