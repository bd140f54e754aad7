"""The JSON Schema of pipeline files, for editors, made from the options of the installed plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from penstock.config import ACCEPT, TABLES, UNIT, UNITS
from penstock.plugins import find, offers
from penstock.table_options import EngineOptions, LimitOptions, WatchOptions

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FROM_FILE: dict[str, Any] = {
    "type": "object",
    "title": "A class in a file beside the pipeline",
    "properties": {"plugin": {"type": "string", "pattern": r"\.py:\w+$"}},
    "required": ["plugin"],
}


def pipeline_schema() -> dict[str, Any]:
    """Return the schema of a pipeline file. A plugin that cannot be loaded may have any options."""
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {"name": {"type": "string", "description": "{name} in output names"}}
    for table, kind in TABLES.items():
        names = sorted({offer.name for offer in offers(kind)})
        variants = [_variant(kind, name, definitions) for name in names] + [FROM_FILE]
        properties[table] = {"type": "array", "items": {"oneOf": variants}}
    properties["engine"] = schema_of(EngineOptions, definitions)
    properties["watch"] = schema_of(WatchOptions, definitions)
    return {
        "$schema": DIALECT,
        "title": "penstock pipeline",
        "type": "object",
        "properties": properties,
        "required": ["sources", "recognizers", "sinks"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _variant(kind: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    try:
        schema = schema_of(find(kind, name, Path.cwd()), definitions)
    except Exception:
        # `penstock plugins` and each pipeline that names the plugin report the error.
        schema = {"type": "object", "properties": {}}
    common = _of_any_recognizer(definitions) if kind == "recognizer" else {}
    schema["properties"] = {"plugin": {"const": name}, **common, **schema.get("properties", {})}
    # No option is required, because options may come from the environment.
    schema["required"] = ["plugin"]
    return schema


def _of_any_recognizer(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of the options that a pipeline can set for every recognizer."""
    rules = {name: _rule(name, definitions) for name in sorted({offer.name for offer in offers("rule")})}
    accept = {
        "type": "object",
        "description": "Rules that a result must meet; otherwise the page goes on to the next recognizer",
        "properties": rules,
        "patternProperties": {r"\.py:\w+$": {}},
        "additionalProperties": False,
        "minProperties": 1,
    }
    unit = {
        "description": "What is sent of a page that an earlier recognizer has read: the page, or its doubtful"
        " lines",
        "enum": list(UNITS),
    }
    return {**schema_of(LimitOptions, definitions)["properties"], ACCEPT: accept, UNIT: unit}


def _rule(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a rule's value: its first option, all options in a table, or true.

    Only a rule whose options all have defaults takes true.
    """
    try:
        table = schema_of(find("rule", name, Path.cwd()), definitions)
    except Exception:
        return {}  # as in `_variant`
    first = next(iter(table.get("properties", {}).values()), None)
    defaults = [] if table.get("required") else [{"const": True}]
    return {"anyOf": [table, *defaults, *([first] if first else [])]}


def schema_of(
    cls: type, definitions: dict[str, Any], mode: Literal["validation", "serialization"] = "validation"
) -> dict[str, Any]:
    """Return the schema of a dataclass, and add the schemas that it refers to to the definitions."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(cls).json_schema(ref_template="#/$defs/{model}", mode=mode)
    definitions.update(schema.pop("$defs", {}))
    schema["additionalProperties"] = False
    return schema
