"""Builds the documentation: ``python docs/tools/build.py [SITE]``. A warning ends it; it needs no network.

The pages under docs/ and those of the reference, made from the code, are laid side by side in a folder of
their own, with the benchmarks' figures and the changes; what links to those files is led to the copies.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent

COPIES = {"benchmarks/README.md": "benchmarks.md", "CHANGELOG.md": "changes.md"}
"""Files of the repository that are pages, too, and what they are called then."""


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
    return text


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")
