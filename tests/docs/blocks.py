"""The fenced code blocks of the documentation, with the comment before each that tells how to test it.

::

    <!-- exit: 3; with: --set sources.0.allow_private=true -->
    ```sh
    penstock run nightly.toml
    ```

=========  ============================================================================================
exit       the expected exit code, if it is not 0
with       arguments that the test adds to every ``penstock`` command of the block
file       the block is the content of this file, which is written
in         the folder in which the block runs
not run    why the block cannot run; its ``penstock`` options are still checked
=========  ============================================================================================

The builder of the site removes these comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
KNOWN_MARKS = {"exit", "with", "file", "in", "not run"}

_BLOCK = re.compile(
    r"^(?:[ ]*<!-- (?P<marks>[^>]*?) -->\n)?"
    r"(?P<indent>[ ]*)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"(?<!`)`(penstock [^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """One fenced code block."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return every handwritten page: the README, CONTRIBUTING, SECURITY, and docs/ without the reference."""
    written = [page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "reference"]
    return [README, *(README.with_name(f"{name}.md") for name in ("CONTRIBUTING", "SECURITY")), *written]


def name_of(page: Path) -> str:
    return page.relative_to(DOCS.parent).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [_block(page, text, match) for match in _BLOCK.finditer(text)]


def _block(page: Path, text: str, match: re.Match[str]) -> Block:
    indent = match["indent"]
    body = "".join(line.removeprefix(indent) + "\n" for line in match["text"].splitlines())
    line = text.count("\n", 0, match.start(2)) + 1
    marks = dict(part.strip().split(": ", 1) for part in (match["marks"] or "").split(";") if part.strip())
    assert set(marks) <= KNOWN_MARKS, f"{page.name}:{line}: {set(marks) - KNOWN_MARKS}"
    return Block(name_of(page), line, match["language"], body, marks)


def commands_named(page: Path) -> list[str]:
    """Return every ``penstock ...`` command of a page, in blocks and in sentences."""
    text = page.read_text(encoding="utf-8")
    found = [command for block in blocks(page) if block.language != "toml" for command in _in_block(block)]
    return found + [match[1] for match in _INLINE.finditer(_BLOCK.sub("", text))]


def _in_block(block: Block) -> list[str]:
    shell = re.sub(r"\\\n\s*", " ", block.text)
    if block.language not in ("sh", "console", "text", "ini", ""):
        return []
    lines = [line.removeprefix("$ ") for line in shell.splitlines() if _is_command(line, block)]
    return [part for line in lines for part in re.findall(r"(?:^|[\s/|;&=(])(penstock [a-z][^|;&)#]*)", line)]


def _is_command(line: str, block: Block) -> bool:
    return line.startswith("$ ") if block.language == "console" else True
