"""The conformance tests for sources, over a site that serves the files of the kit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from penstock.testing import SourceConformance
from penstock_plugins.sources.url import Url
from url.site import Site, answer


class TestUrl(SourceConformance):
    component: ClassVar[Any] = Url
    options: ClassVar[dict[str, Any]] = {"urls_from": "list.txt", "allow_private": True}

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        self.site = Site()
        yield
        self.site.close()

    def lay_out(self, folder: Path, good: int, *, bad: bool) -> tuple[str, ...]:
        bad_ones = super().lay_out(folder, good, bad=bad)
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        place = f"/{folder.name}/"
        self.site.replies.update({place + name: answer((folder / name).read_bytes()) for name in names})
        lines = "".join(f"{self.site.address}{place}{name}\n" for name in names)
        (folder / "list.txt").write_text(lines)
        return bad_ones

    def accesses(self, folder: Path, seen: object) -> int:
        return len(self.site.seen)
