"""The generated pages, as the builder makes them."""

from __future__ import annotations

import sys
from functools import cache

from docs.story import DOCS


@cache
def generated() -> dict[str, str]:
    """Every page of the reference, by its place."""
    sys.path.insert(0, str(DOCS / "tools"))
    try:
        from reference import PAGES
    finally:
        sys.path.remove(str(DOCS / "tools"))
    return {place: made() for place, made in PAGES.items()}
