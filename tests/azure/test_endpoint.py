"""Endpoints, and which addresses may receive the key."""

from __future__ import annotations

import pytest

from penstock_plugins.recognizers.azure.endpoint import Endpoint


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://name.cognitiveservices.azure.com", "https://name.cognitiveservices.azure.com"),
        ("https://name.cognitiveservices.azure.com/", "https://name.cognitiveservices.azure.com"),
        ("  name.cognitiveservices.azure.us ", "https://name.cognitiveservices.azure.us"),
        (
            "https://WestUS.api.cognitive.microsoft.com/vision/v2.0/read/core/asyncBatchAnalyze",
            "https://westus.api.cognitive.microsoft.com",
        ),
        ("https://gate.example.org/azure/vision/v3.2", "https://gate.example.org/azure"),
        ("https://gate.example.org:8443/documentintelligence/", "https://gate.example.org:8443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
    ],
)
def test_endpoints_are_parsed_in_many_forms(written: str, shown: str) -> None:
    assert Endpoint.parse(written).shown == shown


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("http://name.cognitiveservices.azure.com", "must use https"),
        ("https://user:word@name.cognitiveservices.azure.com", "must not contain a user or password"),
        ("ftp://name.example.org", "must be an http or https address"),
        ("https://", "must be an http or https address"),
        ("https://<name>.cognitiveservices.azure.com", "must be an http or https address"),
        ("https://name.example.org:port", "is not a valid address"),
    ],
)
def test_invalid_endpoints_are_refused_with_an_example(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        Endpoint.parse(written)
    assert "https://" in str(raised.value)
    assert "word" not in str(raised.value).replace("password", "")


@pytest.mark.parametrize(
    ("location", "trusted"),
    [
        ("https://name.example.org/vision/v3.2/read/analyzeResults/1", True),
        ("https://NAME.example.org:443/other", True),
        ("http://name.example.org/vision", False),
        ("https://name.example.org:8443/vision", False),
        ("https://name.example.org.evil.example/vision", False),
        ("https://name.example.org@evil.example/vision", False),
        ("https://key@name.example.org/vision", False),
        ("//name.example.org/vision", False),
        ("/vision/v3.2", False),
        ("https://name.example.org:none/", False),
        ("javascript:alert(1)", False),
        ("https://listed.example.org/vision", True),
        ("https://LISTED.example.org:443/vision", True),
        ("https://listed.example.org:444/vision", True),
        ("https://ported.example.org:8443/vision", True),
        ("https://ported.example.org/vision", False),
        ("http://listed.example.org/vision", False),
    ],
)
def test_key_goes_to_the_same_origin_or_a_listed_host(location: str, trusted: bool) -> None:
    listed = ("listed.example.org", "ported.example.org:8443")
    assert Endpoint.parse("https://name.example.org", listed).trusts(location) is trusted


def test_names_of_this_machine_are_equivalent() -> None:
    endpoint = Endpoint.parse("http://127.0.0.1:5000")
    assert endpoint.trusts("http://localhost:5000/vision/v3.2/read/operations/1")
    assert not endpoint.trusts("http://localhost:5001/vision")
    assert not endpoint.trusts("http://example.org:5000/vision")
    assert not Endpoint.parse("https://name.example.org").trusts("https://localhost/vision")


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        ("https://name.cognitiveservices.azure.com", "https://cognitiveservices.azure.com/.default"),
        ("https://name.cognitiveservices.azure.us", "https://cognitiveservices.azure.us/.default"),
        ("https://name.cognitiveservices.azure.cn", "https://cognitiveservices.azure.cn/.default"),
    ],
)
def test_every_cloud_has_its_own_token_scope(written: str, scope: str) -> None:
    assert Endpoint.parse(written).token_scope == scope
