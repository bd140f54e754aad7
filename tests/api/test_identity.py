"""References of components that a program made."""

from __future__ import annotations

import linecache
import subprocess
import sys
from dataclasses import dataclass

from penstock.api.components import reference_of
from penstock_plugins.recognizers.rapidocr import RapidOcr

CELL = """
class Mine:
    def __init__(self):
        self.calls = 0
    def submit(self, page):
        return {text!r}
"""


def in_cell(text):
    """Return a class as a notebook defines it: its module has no file, its code has a source."""
    source = CELL.format(text=text)
    file = f"<cell {text}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"__name__": "builtins"}
    exec(compile(source, file, "exec"), names)  # noqa: S102
    return dataclass(eq=False)(names["Mine"])


def test_a_plugin_has_its_name():
    assert reference_of("recognizer", RapidOcr) == "rapidocr"


def test_a_class_in_a_file_has_the_file():
    class Here:
        pass

    reference = reference_of("recognizer", Here)
    assert reference.startswith(f"{__file__}:")
    assert reference.endswith("Here")


def test_a_class_in_a_notebook_has_a_digest_of_its_source():
    first = reference_of("recognizer", in_cell("one"))
    assert first.startswith("Mine ")
    assert reference_of("recognizer", in_cell("one")) == first
    assert reference_of("recognizer", in_cell("two")) != first


def test_a_class_without_source_gets_a_new_reference_each_time():
    code = (
        "class Mine:\n    def submit(self, page): return 1\n"
        "from penstock.api.components import reference_of\n"
        "print(reference_of('recognizer', Mine), reference_of('recognizer', Mine), sep='|')"
    )
    made = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=True)
    first, second = made.stdout.strip().split("|")
    assert first.startswith("Mine ")
    assert first != second
