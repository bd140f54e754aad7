"""The reference of penstock's Python API: its functions, and the results that they return."""

from __future__ import annotations

import inspect

from markdown_text import first_paragraph, from_docstring, required

import penstock
from penstock import api


def python_page() -> str:
    """Return the page with every public function and every class of results."""
    public = {name: getattr(penstock, name) for name in penstock.__all__}
    functions = {name: found for name, found in public.items() if inspect.isfunction(found)}
    classes = {name: found for name, found in public.items() if is_api_result(found)}
    parts = [f"# Python API\n\n{from_docstring(required(api.__doc__, 'penstock.api'))}"]
    parts += [_function(f"penstock.{name}", found) for name, found in functions.items()]
    parts += [_class(name, found) for name, found in classes.items()]
    return "".join([*parts, "\n[Values](values.md) describes pages and recognitions.\n"])


def is_api_result(found: object) -> bool:
    """Whether a public name is a class of `penstock.api`."""
    return inspect.isclass(found) and found.__module__.startswith(f"{api.__name__}.")


def needs_page(name: str, found: object) -> str:
    """Return a section with a name's docstring. Raises Undocumented without a docstring."""
    return f"\n## {name}\n\n{from_docstring(required(inspect.getdoc(found), name))}"


def _function(name: str, function: object) -> str:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    listed = "".join(f"    {each},\n" for each in _arguments(signature))
    is_async = "await " if inspect.iscoroutinefunction(function) else ""
    text = f"{is_async}{name}(\n{listed}) -> {signature.return_annotation}"
    doc = required(inspect.getdoc(function), name)
    return f"\n## {name}\n\n```text\n{text}\n```\n\n{from_docstring(doc)}"


def _arguments(signature: inspect.Signature) -> list[str]:
    listed: list[str] = []
    for each in signature.parameters.values():
        if each.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in listed:
            listed.append("*")
        listed.append(str(each).replace("'", ""))
    return listed


def _class(name: str, cls: type) -> str:
    members = [
        (each if isinstance(found, property) else f"{each}()", found)
        for each, found in vars(cls).items()
        if not each.startswith("_") and isinstance(found, property | type(_class))
    ]
    more = "".join(
        f"- `{each}`: {first_paragraph(found.__doc__, f'{name}.{each}')}\n" for each, found in members
    )
    return needs_page(name, cls) + (f"\nMembers:\n\n{more}" if more else "")


__all__ = ["is_api_result", "needs_page", "python_page"]
