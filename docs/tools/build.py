"""Builds the documentation: ``python docs/tools/build.py [SITE]``. A warning ends it; it needs no network.

The pages under docs/ and those of the reference, made from the code, are laid side by side in a folder of
their own, with the benchmarks' figures and the changes; what links to those files is led to the copies. A
clone has docs/reference/README.md in the place of the reference: its sections are led to the pages.
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

COPIES = {"benchmarks/README.md": "benchmarks.md", "CHANGELOG.md": "changes.md"}
"""Files of the repository that are pages, too, and what they are called then."""


NEEDED = ("penstock", "zensical")
"""The pages are made from the one, and built by the other."""

_SECTION = re.compile(r"\]\(((?:\.\./)*reference)/README\.md(?:#([\w-]+))?\)")
"""A link to a section of the reference's stand-in, which is a page of its own when all is built."""

FIRST = "commands"
"""The page that a link to the whole reference leads to."""

_MARKS = re.compile(r"^[ ]*<!-- .*? -->\n", re.MULTILINE)
"""What the tests are told of the block below, and nobody else."""


def build(site: Path) -> None:
    """Build into a folder, which is replaced. Raises CalledProcessError for any warning."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lay_out(work)
        subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=work, check=True)
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(work / "site", site)


def lay_out(work: Path) -> None:
    """Write all pages, and the configuration beside them."""
    from reference import PAGES

    shutil.copytree(DOCS, work / "docs", ignore=shutil.ignore_patterns("tools", "reference", ".*"))
    for place, made in PAGES.items():
        _write(work / "docs" / place, made())
    for original, place in COPIES.items():
        _write(work / "docs" / place, (ROOT / original).read_text(encoding="utf-8"))
    for page in (work / "docs").rglob("*.md"):
        page.write_text(_as_built(page.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copy(ROOT / "mkdocs.yml", work)


def _as_built(text: str) -> str:
    text = _MARKS.sub("", text)
    for original, place in COPIES.items():
        text = text.replace(f"](../../{original}", f"](../{place}").replace(f"](../{original}", f"]({place}")
    return _SECTION.sub(lambda link: f"]({link[1]}/{link[2] or FIRST}.md)", text)


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def main() -> None:
    """Build into the folder that the command names; end with a line that says what is not installed."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        sys.exit(
            f"building the documentation needs {' and '.join(missing)}: pip install -e '.[dev]' in {ROOT}"
        )
    try:
        build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # the builder has said what is wrong


if __name__ == "__main__":
    main()
