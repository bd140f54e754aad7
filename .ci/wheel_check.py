"""Looks at what the installed wheel made of the example: run by .ci/run, far from the source tree."""

import sys
from importlib.resources import files
from pathlib import Path

import pypdfium2

import penstock
import penstock_plugins

out = Path(sys.argv[1])
text = (out / "scans.txt").read_text(encoding="utf-8").casefold()
assert "our sincerest" in text, text
assert (out / "scans.shout.txt").read_text(encoding="utf-8").isupper()
document = pypdfium2.PdfDocument(out / "scans.pdf")
assert len(document) == 2, len(document)
found = document[0].get_textpage().search("sincerest").get_next()
assert found is not None, "the PDF's text is not found by search"
for package in (penstock, penstock_plugins):
    assert (files(package) / "py.typed").is_file(), f"{package.__name__} lacks py.typed"
print("the wheel reads, writes and is typed")
