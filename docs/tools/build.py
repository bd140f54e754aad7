"""Build the documentation site: ``python docs/tools/build.py [SITE]``. Needs no network; a warning is an error.

The pages under docs/ are copied to a temporary folder together with the benchmarks and the changelog, whose
links are adapted. Comments that only the tests need are removed. The reference is not generated here: it is
committed, and ``python docs/tools/reference.py`` updates it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent

COPIES = {
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Files of the repository that become pages of the site, and the names of those pages."""

_MARKS = re.compile(r"^[ ]*<!-- .*? -->\n", re.MULTILINE)
"""Comments that tell the tests how to run the block below them."""


def build(site: Path) -> None:
    """Build the site into a folder, replacing it. Raises CalledProcessError on any warning."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(DOCS, work / "docs", ignore=shutil.ignore_patterns("tools", ".*"))
        for original, page in COPIES.items():
            shutil.copy(ROOT / original, work / "docs" / page)
        for page in (work / "docs").rglob("*.md"):
            page.write_text(_adapted(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.copy(ROOT / "mkdocs.yml", work)
        subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=work, check=True)
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(work / "site", site)


_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _adapted(text: str) -> str:
    """Remove the tests' comments, point links at the copied pages, and separate commands from their output."""
    text = _CONSOLE.sub(lambda block: _copyable(block[1]), _MARKS.sub("", text))
    for original, page in COPIES.items():
        text = text.replace(f"](../../{original}", f"](../{page}").replace(f"](../{original}", f"]({page}")
    # The copied files link to pages as seen from the repository's root.
    return text.replace("](docs/", "](")


def _copyable(console: str) -> str:
    """Return a console block as blocks of commands and of output. Only commands get the button that copies."""
    blocks: list[tuple[bool, list[str]]] = []
    for line in console.splitlines():
        is_command = line.startswith("$ ")
        if not blocks or blocks[-1][0] != is_command:
            blocks.append((is_command, []))
        blocks[-1][1].append(line.removeprefix("$ ") if is_command else line)
    heads = {True: "```sh", False: "```{ .text .no-copy }"}
    return "\n\n".join("\n".join([heads[is_command], *lines, "```"]) for is_command, lines in blocks)


def main() -> None:
    """Build into the folder named on the command line, or into ``site``."""
    if find_spec("zensical") is None:
        sys.exit(f"building the documentation needs zensical: pip install -e '.[dev]' in {ROOT}")
    try:
        build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # zensical has printed the reason


if __name__ == "__main__":
    main()
