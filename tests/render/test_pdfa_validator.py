"""The PDF/A check does not wait for a package that it does not use."""

import subprocess
import sys

import pytest

SLOW_PACKAGE = """
print("imported the slow package")
def is_valid_syntax(term, value):
    return value == "http://valid/"
"""
CHECK_A_PDF = """
import io
import pikepdf
from penstock.render import pdfa

file, pdf = io.BytesIO(), pikepdf.new()
pdf.add_blank_page()
pdf.save(file)
print("checked:", pdfa.CHECK_MISSING not in pdfa.obstacles(file))
"""
VALIDATE_STRINGS = """
import jsonschema

checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
print(checker.conforms("http://valid/", "iri"), checker.conforms("wrong", "iri-reference"))
"""


def test_the_check_does_not_import_the_grammar_of_jsonschema_formats(tmp_path):
    pytest.importorskip("jsonschema")
    (tmp_path / "rfc3987_syntax.py").write_text(SLOW_PACKAGE)
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    script = f"{path}\n{CHECK_A_PDF}{VALIDATE_STRINGS}"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert done.stdout.splitlines() == ["checked: True", "imported the slow package", "True False"]
