"""The public names, the cost of importing them, and equal signatures for async code."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import penstock

pytestmark = pytest.mark.usefixtures("without_coverage")


def test_public_names():
    expected = (
        "API_VERSION Address Alternative Amender ConfigurationError Document DocumentResult EventContext "
        "FilePage Homography InDoubt Limits Line MissingPage NotAnswered Observer Operation OperationLost "
        "OutputError Outputs Page PageRefused PageResult Pending PenstockError Picture PictureError "
        "PluginError PriceStep Problem Quad ReadResult Recognition RecognizedDocument RecognizedPage "
        "Recognizer RecognizerError Reference Region Resources Rule RunReport Secret Sink Source Spool "
        "StageTiming State StateError StopRun Transform TryAgain Unreachable Word __version__ find_pages "
        "hookimpl open_upright page_confidence read read_async run run_async write_searchable_pdf"
    )
    assert sorted(penstock.__all__) == expected.split()
    assert list(penstock.__all__) == sorted(penstock.__all__)
    for name in penstock.__all__:
        assert getattr(penstock, name)
        assert name in dir(penstock)


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="raed"):
        penstock.raed  # noqa: B018


def test_import_loads_no_large_modules():
    heavy = ("numpy", "cv2", "PIL", "pydantic", "requests", "asyncio", "sqlite3", "penstock.engine")
    code = f"import sys, penstock; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "[]", ended.stderr


@pytest.mark.parametrize("name", ["read", "run"])
def test_async_versions_have_the_same_parameters(name):
    plain, coroutine = getattr(penstock, name), getattr(penstock, f"{name}_async")
    assert inspect.signature(plain) == inspect.signature(coroutine)
    assert "budget" in inspect.signature(plain).parameters
    assert inspect.iscoroutinefunction(coroutine)


@pytest.mark.parametrize("name", sorted({*penstock.__all__} - {"API_VERSION", "__version__"}))
def test_public_names_are_documented(name):
    found = getattr(penstock, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert len(inspect.getdoc(found) or "") > 20
        assert not (inspect.getdoc(found) or "").startswith(f"{name}(")
