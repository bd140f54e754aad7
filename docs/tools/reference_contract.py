"""The reference for authors of plugins and programs: hooks, errors, values and the test kit."""

from __future__ import annotations

import dataclasses
import inspect
import re
from itertools import pairwise

from markdown_text import first_paragraph, from_docstring, required, rows
from reference_python import is_api_result, needs_page

import penstock
from penstock import errors, hookspecs, testing
from penstock.hookspecs import KIND_HOOKS


def hooks_page() -> str:
    """Return the page with every hook, its signature and its docstring."""
    intro = from_docstring((hookspecs.__doc__ or "").partition("\n====")[0])
    parts = [f"# Hooks\n\n{intro}\n{rows(('attribute', 'kinds', 'meaning'), _declarations())}"]
    for kind, (hooks, needed) in KIND_HOOKS.items():
        parts.append(f"\n## {kind.capitalize()}s {{#{kind}s}}\n\n{_needed(kind, needed)}\n")
        if kind == "observer":
            parts.append("\n" + from_docstring(inspect.getdoc(hooks)))
        parts += [_hook(name, method) for name, method in vars(hooks).items() if inspect.isfunction(method)]
    return "".join(parts)


def _declarations() -> list[list[str]]:
    """Read the table of class attributes from the docstring of `penstock.hookspecs`."""
    lines = (hookspecs.__doc__ or "").splitlines()
    rules = [number for number, line in enumerate(lines) if line.startswith("====")]
    starts = [match.start() for match in re.finditer("=+", lines[rules[0]])]
    found: list[list[str]] = []
    for line in lines[rules[1] + 1 : rules[2]]:
        cells = [line[start:end].strip().replace("``", "`") for start, end in pairwise([*starts, None])]
        if cells[0]:
            found.append(cells)
        else:
            found[-1][-1] += " " + cells[-1]
    return found


def _needed(kind: str, needed: tuple[str, ...]) -> str:
    article = "An" if kind[0] in "aeiou" else "A"
    if not needed:
        return f"{article} {kind} implements any of these."
    return f"{article} {kind} must implement {', '.join(f'`{name}`' for name in needed)}."


def _hook(name: str, method: object) -> str:
    doc = required(inspect.getdoc(method), f"the hook {name}")
    return f"\n### {name}\n\n```text\n{_signature(name, method)}\n```\n\n{from_docstring(doc)}"


def _signature(name: str, method: object) -> str:
    signature = inspect.signature(method)  # type: ignore[arg-type]
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    listed = ", ".join(f"{each.name}: {each.annotation}" for each in parameters)
    return f"def {name}({', '.join(filter(None, ['self', listed]))}) -> {signature.return_annotation}"


def errors_page() -> str:
    """Return the page with the tree of errors and the meaning of each."""
    tree, _, rest = (errors.__doc__ or "").partition("::\n\n")[2].partition("\n\n")
    classes = [
        each
        for each in vars(errors).values()
        if inspect.isclass(each) and issubclass(each, errors.PenstockError)
    ]
    table = [(f"`{each.__name__}`", first_paragraph(each.__doc__, each.__name__)) for each in classes]
    return (
        "# Errors\n\nEverything that penstock raises on purpose is in `penstock.errors`. Each error has a "
        "`message`, which says what is wrong, and a `hint`, which says what to do and may be empty.\n\n"
        f"```text\n{inspect.cleandoc(tree)}\n```\n\n"
        f"{rows(('error', 'meaning'), table)}\n{from_docstring(rest)}"
    )


def values_page() -> str:
    """Return the page with the values that hooks receive and return."""
    parts = [
        (
            "# Values\n\n`from penstock import ...`. All values are frozen and check themselves when they are made. "
            "Coordinates are pixels of the upright page: the origin is at the top left, x runs to the right, y runs "
            "down.\n"
        )
    ]
    for name in penstock.__all__:
        found = getattr(penstock, name)
        if inspect.isclass(found) and not is_api_result(found) and not issubclass(found, BaseException):
            parts.append(needs_page(name, found) + _fields(found))
    return "".join(parts)


def _fields(cls: type) -> str:
    if not dataclasses.is_dataclass(cls):
        return ""
    listed = ", ".join(f"`{each.name}: {each.type}`" for each in dataclasses.fields(cls) if each.init)
    return f"\nFields: {listed}.\n" if listed else ""


def kit_page() -> str:
    """Return the page with the public names and the fixtures of the test kit."""
    parts = [
        (
            "# The test kit\n\n`from penstock.testing import ...`. "
            "[Your first plugin](../tutorials/first-plugin.md) shows how to use it.\n"
        )
    ]
    parts += [needs_page(name, getattr(testing, name)) for name in testing.__all__]
    parts.append("\n## Fixtures\n\nPytest finds these fixtures wherever penstock is installed:\n\n")
    parts.append(rows(("fixture", "value"), _fixtures()))
    return "".join(parts)


def _fixtures() -> list[tuple[str, str]]:
    from penstock.testing import pytest_plugin

    found = []
    for name, value in vars(pytest_plugin).items():
        if type(value).__name__ == "FixtureFunctionDefinition":
            made = value._get_wrapped_function()  # noqa: SLF001  pytest has no public accessor
            found.append((f"`{name}`", first_paragraph(inspect.getdoc(made), f"the fixture {name}")))
    return found


__all__ = ["errors_page", "hooks_page", "kit_page", "values_page"]
