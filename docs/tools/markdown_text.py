"""Pieces of Markdown: tables, and docstrings in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from penstock.cli.option_words import explanations

_SECTION = re.compile(r"^([A-Z]\w+)\n-{3,}\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S.*)\n((?:    .*\n?|\n)*)", re.MULTILINE)


def rows(head: Sequence[str], table: Iterable[Sequence[str]]) -> str:
    """A table with a head."""
    lines = [head, ["---"] * len(head), *table]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def cell(text: str) -> str:
    """A text on one line, that ends no cell of a table and is no mark of HTML."""
    return escaped(" ".join(text.split())).replace("|", "\\|")


def escaped(text: str) -> str:
    """A text in which no word between angle brackets is taken for a tag, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def explained(cls: type) -> dict[str, str]:
    """What a class's docstring says of each of its fields, with code marked as code."""
    said = explanations(inspect.getdoc(cls) or "")
    return {name: about.replace("``", "`") for name, about in said.items()}


def from_docstring(text: str | None) -> str:
    """A docstring of ours as Markdown: code marked as code, numpy's sections as lists."""
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
    """Paragraphs; what is indented after a double colon is code."""
    paragraphs = re.split(r"\n\n(?=\S)", text.strip())
    return "\n\n".join(_block(each) for each in paragraphs)


def _block(text: str) -> str:
    prose, colons, code = text.partition("::\n\n")
    if not colons:
        return escaped(text)
    shown = inspect.cleandoc(code)
    return f"{escaped(prose)}:\n\n```python\n{shown}\n```" if prose else f"```text\n{shown}\n```"


__all__ = ["cell", "escaped", "explained", "from_docstring", "rows"]
