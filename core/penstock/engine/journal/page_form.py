"""A page as the journal keeps it: a picture in the spool by its place there, so that folders can be moved."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.json_form import page_from_json, page_to_json
from penstock.model import Page
from penstock.spool import digests_in


def page_to_form(page: Page, spool: Path) -> str:
    """A page in JSON, for the journal whose spool that is."""
    return stored_form(page_to_json(page), page, spool)


def stored_form(form: dict[str, Any], page: Page, spool: Path) -> str:
    """Return the text that the journal stores for a page whose JSON form is given."""
    if place := _place_in(spool, page.picture.path):
        # Its name says what is in it: when it was last touched, a copy of the folder need not know.
        form = form | {"path": place, "spooled": True, "modified_ns": None}
    return json.dumps(form)


def page_from_form(text: str, spool: Path) -> Page:
    """The page that `page_to_form` wrote, wherever the spool is now."""
    form: dict[str, Any] = json.loads(text)
    if not form.get("spooled"):
        return page_from_json(form)
    page = page_from_json(form | {"path": str(spool / form["path"])})
    with suppress(OSError):
        modified_ns = page.picture.path.stat().st_mtime_ns
        page = replace(page, picture=replace(page.picture, modified_ns=modified_ns))
    return page


def _place_in(spool: Path, path: Path) -> str | None:
    """Where a picture lies in the spool; None for one that lies elsewhere."""
    if not digests_in(path.name):
        return None
    folder = Path(os.path.realpath(path.parent))
    return f"{folder.name}/{path.name}" if folder.parent == Path(os.path.realpath(spool)) else None


__all__ = ["page_from_form", "page_to_form", "stored_form"]
