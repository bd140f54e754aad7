"""The reference pages, made from the code when the documentation is built: they cannot fall behind it."""

from __future__ import annotations

from collections.abc import Callable

from reference_commands import commands_page, exit_codes_page, variables_page
from reference_contract import errors_page, hooks_page, kit_page, values_page
from reference_json import json_page
from reference_plugins import pipeline_page, plugins_page
from reference_python import python_page

PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands_page,
    "reference/pipeline.md": pipeline_page,
    "reference/plugins.md": plugins_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/variables.md": variables_page,
    "reference/json.md": json_page,
    "reference/python.md": python_page,
    "reference/hooks.md": hooks_page,
    "reference/values.md": values_page,
    "reference/errors.md": errors_page,
    "reference/kit.md": kit_page,
}
"""The generated pages, by their places below docs/."""


__all__ = ["PAGES"]
