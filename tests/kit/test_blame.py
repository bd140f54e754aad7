"""Messages about an exception name the line in the plugin, not in a library that the plugin called."""

from __future__ import annotations

import sys

import pytest

from penstock.cli.plugin_check import check_plugin
from penstock.errors import raised_at
from penstock.report import Exit
from pipelines import tables

LIBRARY = "def parse(text):\n    return int(text)\n"

SINK = """\
from dataclasses import dataclass
import blamed_library
from penstock import hookimpl

@dataclass(eq=False)
class Shout:
    '''Calls a library that raises.'''

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            file.write(self.number())

    def number(self):
        return blamed_library.parse("seven")
"""


@pytest.fixture
def sink(tmp_path, monkeypatch):
    """A plugin file, and the library that it imports."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "blamed_library.py").write_text(LIBRARY)
    (tmp_path / "shout.py").write_text(SINK)
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield "./shout.py:Shout"
    sys.modules.pop("blamed_library", None)


def test_a_run_blames_the_line_in_the_plugin(sink, run_tables, draw):
    report = run_tables(tables([draw("a.png")], sinks=[{"plugin": sink}]))
    (problem,) = report.failures
    assert "ValueError: invalid literal for int()" in problem.why
    assert "shout.py, line 17" in f"{problem.why} {problem.hint}"
    assert "blamed_library" not in str(problem)


def test_the_check_blames_the_line_in_the_plugin(sink, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert check_plugin(sink, []) is Exit.SOMETHING_FAILED
    printed = capsys.readouterr().out
    assert "(shout.py, line 17)" in printed
    assert "blamed_library" not in printed


def test_a_plugin_package_is_blamed_with_its_last_line(tmp_path, monkeypatch):
    """The last frame inside the package counts, also if it is in another module than the hook."""
    for name, text in {
        "site/blamed_library.py": LIBRARY,
        "site/blamed_package/__init__.py": (
            "from blamed_package.inner import number\n\ndef write():\n    number()\n"
        ),
        "site/blamed_package/inner.py": (
            "import blamed_library\n\ndef number():\n    return blamed_library.parse('x')\n"
        ),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path / "site")
    import blamed_package

    try:
        with pytest.raises(ValueError, match="invalid literal") as raised:
            blamed_package.write()
        # The first frame is this test, as the caller of the plugin.
        error = raised.value.with_traceback(raised.value.__traceback__.tb_next)
        assert raised_at(error) == " (inner.py, line 4)"
    finally:
        for name in ("blamed_library", "blamed_package", "blamed_package.inner"):
            sys.modules.pop(name, None)
