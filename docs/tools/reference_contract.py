"""The reference for those who write plugins and programs: hooks, errors, values, the test kit."""

from __future__ import annotations

import dataclasses
import inspect

from markdown_text import from_docstring, rows
from reference_python import is_given_by_api

import penstock
from penstock import errors, testing
from penstock.hookspecs import KIND_HOOKS


def hooks_page() -> str:
    """Every hook with its signature and what its docstring says."""
    parts = [
        (
            "# Hooks\n\nA component is a dataclass (`@dataclass(eq=False)`) whose fields are its options, "
            "and whose methods marked with `@penstock.hookimpl` are what it does. All hooks are synchronous, "
            "and none of them waits: waiting is the engine's business. A component that holds something open "
            "is a context manager; the run enters it before the first page and leaves it whatever happens. A "
            "hook may leave out the arguments that it does not need.\n"
        ),
    ]
    for kind, (hooks, needed) in KIND_HOOKS.items():
        parts.append(f"\n## {kind.capitalize()}s {{#{kind}s}}\n\n{_needs(kind, needed)}\n")
        parts += [_hook(name, method) for name, method in vars(hooks).items() if inspect.isfunction(method)]
    return "".join(parts)


def _needs(kind: str, needed: tuple[str, ...]) -> str:
    article = "An" if kind[0] in "aeiou" else "A"
    if not needed:
        return f"{article} {kind} has any of these."
    return f"{article} {kind} needs {', '.join(f'`{name}`' for name in needed)}."


def _hook(name: str, method: object) -> str:
    signature = _signature(name, method)
    return f"\n### {name}\n\n```text\n{signature}\n```\n\n{from_docstring(inspect.getdoc(method))}"


def _signature(name: str, method: object) -> str:
    signature = inspect.signature(method)  # type: ignore[arg-type]
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    said = ", ".join(f"{each.name}: {each.annotation}" for each in parameters)
    return f"def {name}({', '.join(filter(None, ['self', said]))}) -> {signature.return_annotation}"


def errors_page() -> str:
    """The errors' tree, and each of them."""
    tree = inspect.cleandoc((errors.__doc__ or "").partition("::\n\n")[2].partition("\n\nA recognizer")[0])
    classes = [
        each
        for each in vars(errors).values()
        if inspect.isclass(each) and issubclass(each, errors.PenstockError)
    ]
    table = [
        (f"`{each.__name__}`", " ".join((each.__doc__ or "").split("\n\n")[0].split())) for each in classes
    ]
    return (
        "# Errors\n\nEverything that penstock raises on purpose is in `penstock.errors`. Each has a "
        "`message` (what is wrong with what) and a `hint` (what to do; may be empty).\n\n"
        f"```text\n{tree}\n```\n\n"
        + rows(("error", "means"), table)
        + "\nA recognizer's `submit` has three ends: *not sent* (`TryAgain`, `PageRefused` or `StopRun` is "
        "raised), *answered* (it returns) and *in doubt* (`InDoubt`). Errors of a recognizer take `code=` "
        "(the service's own, for reports) and `retry_after=` (seconds that the service asked everybody to "
        "wait). Any other exception is a fault of the plugin and fails the page.\n"
    )


def _first(docstring: str | None) -> str:
    """A docstring's first paragraph on one line."""
    return " ".join((docstring or "").split("\n\n")[0].replace("``", "`").split())


def values_page() -> str:
    """The classes of penstock's public face."""
    parts = [
        (
            "# Values\n\n`from penstock import ...`. All are frozen and check themselves when made. Places "
            "are in pixels of a page's *frame*: upright, origin at the top left, x to the right, y down.\n"
        )
    ]
    for name in penstock.__all__:
        found = getattr(penstock, name)
        if inspect.isclass(found) and not is_given_by_api(found):
            parts.append(f"\n## {name}\n\n{from_docstring(inspect.getdoc(found))}{_fields(found)}")
    return "".join(parts)


def _fields(cls: type) -> str:
    if not dataclasses.is_dataclass(cls):
        return ""
    listed = ", ".join(f"`{each.name}: {each.type}`" for each in dataclasses.fields(cls) if each.init)
    return f"\nFields: {listed}.\n" if listed else ""


def kit_page() -> str:
    """The test kit's public names."""
    parts = [
        (
            "# The test kit\n\n`from penstock.testing import ...`. "
            "[Your first plugin](../tutorials/first-plugin.md) shows how it is used.\n"
        )
    ]
    for name in testing.__all__:
        found = getattr(testing, name)
        parts.append(f"\n## {name}\n\n{from_docstring(inspect.getdoc(found))}")
    parts.append("\n## Fixtures\n\nThere in every pytest run beside an installed penstock:\n\n")
    parts.append(rows(("fixture", "gives"), _fixtures()))
    return "".join(parts)


def _fixtures() -> list[tuple[str, str]]:
    from penstock.testing import pytest_plugin

    found = []
    for name, value in vars(pytest_plugin).items():
        if type(value).__name__ == "FixtureFunctionDefinition":
            made = value._get_wrapped_function()  # noqa: SLF001  pytest has no other way
            found.append((f"`{name}`", _first(inspect.getdoc(made))))
    return found


__all__ = ["errors_page", "hooks_page", "kit_page", "values_page"]
