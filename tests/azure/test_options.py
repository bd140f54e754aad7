"""The recognizers' options: what is refused, what is never shown, and what goes out because of them."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from penstock.config import check
from penstock.errors import ConfigurationError, StopRun
from penstock.model import Operation, Page
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.credentials import TokenSignature
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.exchange import Answer, Request
from penstock_plugins.recognizers.azure.read import AzureRead

ENDPOINT = "https://name.cognitiveservices.azure.com"
KEY = "0123456789abcdef0123456789abcdef"
READ = "penstock_plugins/recognizers/azure/read.py:AzureRead"
Make = Callable[..., Any]


def azure_read(**options: Any) -> AzureRead:
    return AzureRead(**{"endpoint": ENDPOINT, "key": Secret(KEY), **options})


def document_intelligence(**options: Any) -> AzureDocumentIntelligence:
    return AzureDocumentIntelligence(**{"endpoint": ENDPOINT, "key": Secret(KEY), **options})


@pytest.fixture
def page(data: Path, page_of: Callable[[Path], Page]) -> Page:
    return page_of(data / "signage.jpg")


def sent_by(recognizer: Any, page: Page, monkeypatch: pytest.MonkeyPatch) -> Request:
    """The request that a submit makes."""
    made: list[Request] = []

    def submit(request: Request) -> Answer:
        made.append(request)
        return Answer(202, {"operation-location": f"{ENDPOINT}/1"})

    monkeypatch.setattr(recognizer._client.driver, "submit", submit)
    assert isinstance(recognizer.submit(page), Operation)
    return made[0]


@pytest.mark.parametrize("make", [azure_read, document_intelligence])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"endpoint": ""}, "there is no endpoint: set AZURE_"),
        ({"endpoint": "http://name.example.org"}, "endpoint would send the key in the clear"),
        ({"key": None}, "there is no key: set AZURE_"),
        ({"key": None, "endpoint": ""}, "set AZURE_.*_ENDPOINT.* no key either: set AZURE_.*_KEY"),
        ({"key": Secret("abc def")}, "holds characters that no key has"),
        ({"key": Secret("abc\ndef")}, "holds characters that no key has"),
        ({"key": Secret("schlüssel")}, "holds characters that no key has"),
        ({"timeout": 0}, "timeout is a number of seconds"),
        ({"credential": "entra", "endpoint": "https://westus.api.cognitive.microsoft.com"}, "own domain"),
    ],
)
def test_what_cannot_work_is_refused_at_once(make: Make, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        make(**options)
    assert "abc" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"api_version": "2.0", "language": "de"},
            r"language is not understood by api_version 2\.0, but by 3\.0",
        ),
        ({"api_version": "3.1", "model_version": "latest"}, r"but by 3\.2$"),
        ({"api_version": "3.0", "reading_order": "natural"}, r"but by 3\.2$"),
        ({"recognize_text": "Printed"}, r"but by 2\.0, 2\.1"),
        ({"calls_per_second": 0}, "calls_per_second is a number above 0"),
    ],
)
def test_options_of_other_versions_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        azure_read(**options)


def test_options_of_document_intelligence() -> None:
    with pytest.raises(ValueError, match="delete_results"):
        document_intelligence(api_version="2023-07-31", delete_results=True)
    for name in ("submits_per_second", "polls_per_second"):
        with pytest.raises(ValueError, match=name):
            document_intelligence(**{name: -1.0})


@pytest.mark.parametrize("make", [azure_read, document_intelligence])
def test_the_key_is_shown_nowhere(make: Make) -> None:
    recognizer = make()
    assert KEY not in repr(recognizer)
    assert KEY not in str(vars(recognizer))
    assert KEY not in repr(recognizer.key) + str(recognizer.key) + f"{recognizer.key}"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(recognizer.key)


def test_each_service_has_its_own_variables() -> None:
    with pytest.raises(
        ValueError, match=r"AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT.*AZURE_DOCUMENT_INTELLIGENCE_KEY"
    ):
        AzureDocumentIntelligence()
    with pytest.raises(ValueError, match="set AZURE_DOCUMENT_INTELLIGENCE_KEY"):
        AzureDocumentIntelligence(endpoint=ENDPOINT)


def test_limits_suit_the_tier() -> None:
    paid, free = azure_read().limits(), azure_read(tier="free").limits()
    assert (paid.calls_per_second, paid.submits_per_second, paid.polls_per_second) == (10.0, None, None)
    assert free.calls_per_second == pytest.approx(20 / 60)
    assert azure_read(calls_per_second=30.0).limits().calls_per_second == 30.0
    paid, free = document_intelligence().limits(), document_intelligence(tier="free").limits()
    assert (paid.calls_per_second, paid.submits_per_second, paid.polls_per_second) == (None, 15.0, 50.0)
    assert (free.submits_per_second, free.polls_per_second) == (1.0, 1.0)
    chosen = document_intelligence(submits_per_second=2.0, polls_per_second=3.0).limits()
    assert (chosen.submits_per_second, chosen.polls_per_second) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "/vision/v3.2/read/analyze"),
        ({"api_version": "2.0"}, "/vision/v2.0/read/core/asyncBatchAnalyze"),
        ({"api_version": "2.1", "recognize_text": "Printed"}, "/vision/v2.1/recognizeText?mode=Printed"),
        ({"api_version": "3.0", "language": "fr"}, "/vision/v3.0/read/analyze?language=fr"),
        (
            {"language": "de", "model_version": "2022-04-30", "reading_order": "natural"},
            "/vision/v3.2/read/analyze?language=de&model-version=2022-04-30&readingOrder=natural",
        ),
        ({"endpoint": f"{ENDPOINT}/vision/v2.0/x"}, "/vision/v3.2/read/analyze"),
    ],
)
def test_what_is_called(
    options: dict[str, Any], url: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sent_by(azure_read(**options), page, monkeypatch)
    assert (request.method, request.url) == ("POST", ENDPOINT + url)
    assert request.headers == {"Content-Type": "application/octet-stream"}
    assert request.body == page.picture.path.read_bytes()


def test_what_document_intelligence_is_called_with(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    recognizer = document_intelligence(language="de", features=("ocrHighResolution", "languages"))
    request = sent_by(recognizer, page, monkeypatch)
    assert request.url == (
        f"{ENDPOINT}/documentintelligence/documentModels/prebuilt-read:analyze?api-version=2024-11-30"
        "&stringIndexType=unicodeCodePoint&locale=de&features=ocrHighResolution%2Clanguages"
    )


@pytest.mark.parametrize(("make", "member"), [(azure_read, "url"), (document_intelligence, "urlSource")])
def test_a_picture_is_sent_by_its_address_where_that_is_possible(
    make: Make, member: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://example.org/signage.jpg?sig=abc"
    downloaded = replace(page, picture=replace(page.picture, url=address))
    assert "sig=" not in repr(downloaded)
    request = sent_by(make(by_reference=True), downloaded, monkeypatch)
    assert json.loads(request.body or b"") == {member: address}
    assert request.headers["Content-Type"] == "application/json"
    for recognizer, other in [
        (make(by_reference=False), downloaded),
        (make(by_reference=True), page),
        (make(by_reference=True), replace(downloaded, orientation=3)),
    ]:
        assert sent_by(recognizer, other, monkeypatch).headers["Content-Type"] == "application/octet-stream"


def fake_identity(monkeypatch: pytest.MonkeyPatch, get_token: Callable[[str], Any]) -> None:
    module = ModuleType("azure.identity")
    module.DefaultAzureCredential = lambda: SimpleNamespace(get_token=get_token)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "azure", ModuleType("azure"))
    monkeypatch.setitem(sys.modules, "azure.identity", module)


def test_entra_tokens_are_asked_for_by_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get_token(scope: str) -> Any:
        asked.append(scope)
        return SimpleNamespace(token="t0ken", expires_on=4e9)  # noqa: S106

    fake_identity(monkeypatch, get_token)
    recognizer = azure_read(credential="entra", key=None, endpoint="https://name.cognitiveservices.azure.us")
    signature = recognizer._client.driver._signature
    assert signature() == {"Authorization": "Bearer t0ken"}
    assert asked == ["https://cognitiveservices.azure.us/.default"]


def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    times = iter([0.0, 10.0, 3299.0, 3301.0])
    tokens = (SimpleNamespace(token=name, expires_on=3600.0) for name in ("first", "second"))
    signature = TokenSignature(lambda scope: next(tokens), "scope", lambda: next(times))
    signed = [signature()["Authorization"] for _ in range(4)]
    assert signed == ["Bearer first"] * 3 + ["Bearer second"]
    assert "second" not in repr(vars(signature))


def test_no_token_stops_the_run(monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    def get_token(scope: str) -> Any:
        raise RuntimeError("secret details")

    fake_identity(monkeypatch, get_token)
    with pytest.raises(StopRun, match="gave no token") as raised:
        azure_read(credential="entra", key=None).submit(page)
    assert "az login" in raised.value.hint
    assert "secret details" not in str(raised.value)


def test_entra_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ValueError, match=r"penstock\[entra\]"):
        azure_read(credential="entra", key=None)


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Any]:
    """The recognizer of a pipeline with these options, through the door that everybody's come through."""
    for name in ("AZURE_VISION_KEY", "AZURE_VISION_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mine.py").write_text("from penstock_plugins.recognizers.azure.read import AzureRead\n")
    (tmp_path / "page.png").write_bytes(b"")

    def make(options: dict[str, Any]) -> Any:
        tables = {
            "sources": [{"plugin": "files", "paths": ["page.png"]}],
            "recognizers": [{"plugin": "./mine.py:AzureRead", **options}],
            "sinks": [{"plugin": "text", "path": "out.txt"}],
        }
        (recognizer,) = check(tables, tmp_path, where="test.toml", name="test").of_kind("recognizer")
        return recognizer.component

    return make


def test_the_environment_fills_in_what_is_left_out(
    checked: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_VISION_KEY", f"{KEY}\n")
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", ENDPOINT)
    recognizer = checked({})
    assert recognizer.endpoint == ENDPOINT
    assert recognizer._client.driver._signature() == {"Ocp-Apim-Subscription-Key": KEY}


def test_a_key_comes_from_any_variable_and_never_from_the_file(
    checked: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", KEY)
    assert checked({"endpoint": ENDPOINT, "key": "${MINE}"}).key.reveal() == KEY
    with pytest.raises(ConfigurationError, match="must not be written in the file") as raised:
        checked({"endpoint": ENDPOINT, "key": KEY})
    assert KEY not in str(raised.value)
    assert "AZURE_VISION_KEY" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"endpoint": ENDPOINT, "api_version": "4.0"}, "api_version"),
        ({"endpoint": ENDPOINT, "tier": "gold"}, "tier"),
        ({"endpoint": ENDPOINT, "readingorder": "natural"}, "reading_order"),
        ({"endpoint": "http://name.example.org"}, "in the clear"),
        ({}, "there is no endpoint: set AZURE_VISION_ENDPOINT"),
        ({"endpoint": ENDPOINT, "trusted_hosts": "one"}, "trusted_hosts"),
    ],
)
def test_complaints_name_the_option_and_never_the_key(
    options: dict[str, Any],
    told: str,
    checked: Callable[[dict[str, Any]], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_VISION_KEY", KEY)
    with pytest.raises(ConfigurationError) as raised:
        checked(options)
    assert told in str(raised.value)
    assert KEY not in str(raised.value)


def test_a_missing_key_is_told_with_its_variable(checked: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ConfigurationError, match="set AZURE_VISION_KEY"):
        checked({"endpoint": ENDPOINT})


def test_the_classes_are_light() -> None:
    import subprocess

    code = (
        "import sys, penstock_plugins.recognizers.azure.read as _;"
        "import penstock_plugins.recognizers.azure.document_intelligence as _;"
        "print([name for name in ('requests', 'PIL', 'numpy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_recognizer_is_copied_with_its_key() -> None:
    assert copy.copy(azure_read()).key is not None
