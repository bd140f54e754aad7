"""Markdown tables, and docstrings converted to Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from penstock.cli.option_words import explanations

_SECTION = re.compile(r"^([A-Z]\w+)\n-{3,}\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S.*)\n((?:    .*\n?|\n)*)", re.MULTILINE)


def rows(head: Sequence[str], table: Iterable[Sequence[str]]) -> str:
    """Return a table with a header row."""
    lines = [head, ["---"] * len(head), *table]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def cell(text: str) -> str:
    """Return a text as the content of a table cell: on one line, with pipes and angle brackets escaped."""
    return escaped(" ".join(text.split())).replace("|", "\\|")


def escaped(text: str) -> str:
    """Escape angle brackets outside of code, so that they are not taken for HTML."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


class Undocumented(Exception):
    """Something public has no explanation."""


def explained(cls: type) -> dict[str, str]:
    """Return what a class's docstring says about each of its fields."""
    found = explanations(inspect.getdoc(cls) or "")
    return {name: about.replace("``", "`") for name, about in found.items()}


def required(text: str | None, what: str) -> str:
    """Return an explanation. Raises Undocumented if it is empty."""
    if not (text or "").strip():
        raise Undocumented(f"{what} has no explanation: write one in its docstring or help text")
    return str(text)


def first_paragraph(docstring: str | None, what: str) -> str:
    """Return the first paragraph of a docstring on one line. Raises Undocumented if it is empty."""
    return " ".join(required(docstring, what).split("\n\n")[0].replace("``", "`").split())


def from_docstring(text: str | None) -> str:
    """Convert a numpy-style docstring to Markdown: sections become lists, examples become code."""
    text = inspect.cleandoc(text or "").replace("``", "`")
    head, *sections = _SECTION.split(text)
    parts = [_blocks(head)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            parts.append(f"```python\n{body.strip()}\n```")
            continue
        entries = _ENTRY.findall(body.strip() + "\n")
        listed = "".join(f"- `{name}`: {cell(about)}\n" for name, about in entries)
        parts.append(f"{title}:\n\n{listed}")
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _blocks(text: str) -> str:
    """Convert paragraphs; an indented block after a double colon becomes code."""
    paragraphs = re.split(r"\n\n(?=\S)", text.strip())
    return "\n\n".join(_block(each) for each in paragraphs)


def _block(text: str) -> str:
    prose, colons, code = text.partition("::\n\n")
    if not colons:
        return escaped(text)
    shown = inspect.cleandoc(code)
    return f"{escaped(prose)}:\n\n```python\n{shown}\n```" if prose else f"```text\n{shown}\n```"


__all__ = [
    "Undocumented",
    "cell",
    "escaped",
    "explained",
    "first_paragraph",
    "from_docstring",
    "required",
    "rows",
]
