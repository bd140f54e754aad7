"""Apply ``--set PLACE=VALUE`` to a pipeline's tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from penstock.errors import Complaint, ConfigurationError


def apply_overrides(tables: dict[str, Any], overrides: Iterable[str]) -> None:
    """Apply every ``PLACE=VALUE``. Raises ConfigurationError for places that do not exist."""
    complaints = [fault for override in overrides if (fault := _override(tables, override))]
    if complaints:
        raise ConfigurationError(complaints)


def _override(tables: dict[str, Any], override: str) -> Complaint | None:
    place, equals, text = override.partition("=")
    if not equals or not place:
        example = "for example --set sinks.0.path=out/{document}.pdf"
        return Complaint("--set", f"{override!r} is not PLACE=VALUE", example)
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
        example = "components are counted from 0: sinks.0.path"
        return Complaint("--set", f"there is no {place!r} in the pipeline", example)
    return None


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
