"""Apply ``--set PLACE=VALUE`` to a pipeline's tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from penstock.errors import Complaint, ConfigurationError

EXAMPLES = "for example engine.on_failed_page=skip or sinks.0.path=out/{document}.pdf"


def apply_overrides(tables: dict[str, Any], overrides: Iterable[str], *, examples: str = EXAMPLES) -> None:
    """Apply every ``PLACE=VALUE``. Raises ConfigurationError, with examples, for places that do not exist."""
    complaints = [fault for override in overrides if (fault := _override(tables, override, examples))]
    if complaints:
        raise ConfigurationError(complaints)


def _override(tables: dict[str, Any], override: str, examples: str) -> Complaint | None:
    place, equals, text = override.partition("=")
    if not equals or not place:
        return Complaint("--set", f"must be PLACE=VALUE, got {override!r}", examples)
    *parents, last = place.split(".")
    target: Any = tables
    try:
        for key in parents:
            target = target[int(key)] if isinstance(target, list) else target.setdefault(key, {})
        if isinstance(target, list):
            target[int(last)] = _toml_value(text)
        else:
            target[last] = _toml_value(text)
    except (IndexError, ValueError, TypeError, AttributeError):
        instead = f"components are counted from 0; {examples}"
        return Complaint("--set", f"must name a place in the pipeline, got {place!r}", instead)
    return None


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
