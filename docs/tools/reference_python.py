"""The reference of penstock from Python: its functions, and what they give."""

from __future__ import annotations

import inspect

from markdown_text import from_docstring

import penstock
from penstock import api


def python_page() -> str:
    """Every function of the public face, and the classes that they give."""
    public = {name: getattr(penstock, name) for name in penstock.__all__}
    functions = {name: found for name, found in public.items() if inspect.isfunction(found)}
    classes = {name: found for name, found in public.items() if is_given_by_api(found)}
    parts = [f"# penstock from Python\n\n{from_docstring(api.__doc__)}"]
    parts += [_function(f"penstock.{name}", found) for name, found in functions.items()]
    parts += [_class(name, found) for name, found in classes.items()]
    return "".join([*parts, "\n[Values](values.md) has what pages and recognitions are made of.\n"])


def is_given_by_api(found: object) -> bool:
    """Whether it is a class of what `penstock.read` gives."""
    return inspect.isclass(found) and found.__module__.startswith(f"{api.__name__}.")


def _function(name: str, function: object) -> str:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    said = "".join(f"    {each},\n" for each in _arguments(signature))
    text = f"{_kind(function)}{name}(\n{said}) -> {signature.return_annotation}"
    return f"\n## {name}\n\n```text\n{text}\n```\n\n{from_docstring(inspect.getdoc(function))}"


def _arguments(signature: inspect.Signature) -> list[str]:
    said: list[str] = []
    for each in signature.parameters.values():
        if each.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in said:
            said.append("*")
        said.append(str(each).replace("'", ""))
    return said


def _kind(function: object) -> str:
    return "await " if inspect.iscoroutinefunction(function) else ""


def _class(name: str, cls: type) -> str:
    properties = [each for each, found in vars(cls).items() if isinstance(found, property)]
    more = "".join(f"- `{each}`: {_first(getattr(cls, each).__doc__)}\n" for each in properties)
    return f"\n## {name}\n\n{from_docstring(inspect.getdoc(cls))}" + (f"\nAlso:\n\n{more}" if more else "")


def _first(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].replace("``", "`").split())


__all__ = ["is_given_by_api", "python_page"]
