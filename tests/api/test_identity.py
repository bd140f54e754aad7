"""A component of a program's own is known by the same name in every process."""

from __future__ import annotations

import os
import subprocess
import sys

from penstock.api.identity import reference_of
from penstock_plugins.recognizers.rapidocr import RapidOcr

TYPED_IN = """
class Mine:
    def submit(self, page):
        return {text!r} if page in {{"a", "b", "c"}} else [each for each in ()]
from penstock.api.identity import reference_of
print(reference_of("recognizer", Mine))
"""


def typed_in(text, seed):
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    code = TYPED_IN.format(text=text)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment, check=True
    ).stdout


def test_a_plugin_is_known_by_its_name():
    assert reference_of("recognizer", RapidOcr) == "rapidocr"


def test_a_class_in_a_file_is_known_by_the_file():
    class Here:
        pass

    reference = reference_of("recognizer", Here)
    assert reference.startswith(f"{__file__}:")
    assert reference.endswith("Here")


def test_what_was_typed_in_is_known_by_what_it_does():
    first = typed_in("one", "1")
    assert first.startswith("Mine ")
    assert "0x" not in first
    assert typed_in("one", "2") == first
    assert typed_in("two", "1") != first
