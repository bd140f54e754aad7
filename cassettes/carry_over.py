"""Convert published recordings of Azure's services into cassettes that vcrpy replays.

    python cassettes/carry_over.py RECORDINGS_FOLDER

Three kinds of recorders wrote them: the session records of the .NET SDK, the asset files of the SDKs, and
vcrpy itself. For all of them, the resource's host is replaced by `HOST`, only the headers in `KEPT` are kept,
and JSON request bodies are written as penstock writes them. Changes to a single recording are described
at its entry in `CARRIED`. `README.md` gives the source and quality of each.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

HOST = "https://penstock.cognitiveservices.azure.com"
KEPT = frozenset({"operation-location", "content-type", "retry-after", "date", "csp-billing-usage"})
SERVICE_HOST = re.compile(r"https?://[^/]*(?:microsoft\.com|azure\.com)(?::\d+)?(?=/)")
Interaction = dict[str, Any]


@dataclass(frozen=True)
class Carried:
    """One recording: its file, its recorder, and what has to be changed to replay it."""

    source: str
    pictures: tuple[tuple[str, str], ...] = ()
    """Addresses that penstock downloads, and the published file of each; `BLANK` is generated here."""
    replaced: tuple[tuple[str, str], ...] = ()
    """Replacements in addresses and request bodies."""


SIGNAGE_2019 = (
    "https://raw.githubusercontent.com/Azure/azure-sdk-for-net/psSdkJson6/src/SDKs/CognitiveServices/"
    "dataPlane/Vision/ComputerVision/ComputerVision.Tests/TestImages/signage.jpg"
)
SIGNAGE_2021 = (
    "https://raw.githubusercontent.com/Azure/azure-sdk-for-net/master/sdk/cognitiveservices/"
    "Vision.ComputerVision/tests/TestImages/signage.jpg"
)
SIGNAGE_NATURAL = SIGNAGE_2021.replace("/master/", "/main/")
SIGNAGE_FILE = "v2.0/signage.jpg"
BLANK = ""
BLANK_ADDRESS = "https://example.org/blank.png"
BLANK_SIZE = (85, 110)
"""In pixels, with the proportions of the recorded page: 8.5 by 11 inches."""

CARRIED = {
    "v2.0-read-url": Carried(
        "v2.0/2019-08-24_3c92879d86_BatchReadFileTest.json", ((SIGNAGE_2019, SIGNAGE_FILE),)
    ),
    "v2.0-read-stream": Carried("v2.0/2019-08-24_3c92879d86_BatchReadFileInStreamTest.json"),
    "v2.0-read-pdf": Carried("v2.0/2019-08-24_3c92879d86_BatchReadPdfFileInStreamTest.json"),
    "v2.0-recognize-text-url": Carried(
        "v2.0/2019-08-24_3c92879d86_RecognizeTextTest.json", ((SIGNAGE_2019, SIGNAGE_FILE),)
    ),
    "v2.0-recognize-text-stream": Carried("v2.0/2019-08-24_3c92879d86_RecognizeTextInStreamTest.json"),
    "v3.2-read-url": Carried("v3.2/2021-03-24_ReadTest.json", ((SIGNAGE_2021, SIGNAGE_FILE),)),
    "v3.2-read-stream": Carried("v3.2/2021-11-04_ReadFileInStreamTest.json"),
    "v3.2-read-natural": Carried(
        "v3.2/2021-11-04_ReadLatestNaturalTest.json", ((SIGNAGE_NATURAL, SIGNAGE_FILE),)
    ),
    "v3.2-invalid-url": Carried("v3.2/2021-03-26_AnalyzeImageInvalidUrlTest.json"),
    "document-intelligence-blank": Carried(
        "document-intelligence/2024-12-10_GA-2024-11-30_AnalyzeDocumentCanParseBlankPage.json",
        ((BLANK_ADDRESS, BLANK),),
        replaced=(
            ("prebuilt-receipt", "prebuilt-read"),
            ("utf16CodeUnit", "unicodeCodePoint"),
            ("Sanitized", BLANK_ADDRESS),
        ),
    ),
    "document-intelligence-pdf-partial": Carried(
        "document-intelligence/2024-12-10_GA-2024-11-30_prebuilt-read_output-pdf.PARTIAL.json"
    ),
    "image-analysis-bad-key": Carried("image-analysis-4.0/2024-07-13_authentication_failure.json"),
    "image-analysis-unreachable-url": Carried("image-analysis-4.0/2024-07-13_image_url_does_not_exist.json"),
    "form-recognizer-bad-key": Carried(
        "form-recognizer-2.1/test_content.test_content_authentication_bad_key.yaml"
    ),
    "form-recognizer-damaged": Carried(
        "form-recognizer-2.1/test_content.test_damaged_file_passed_as_bytes.yaml"
    ),
    "form-recognizer-bad-url": Carried("form-recognizer-2.1/test_content_from_url.test_content_bad_url.yaml"),
}


def main(recordings: Path, cassettes: Path) -> None:
    """Write every cassette."""
    for name, carried in CARRIED.items():
        source = recordings / carried.source
        read = _from_vcr if source.suffix == ".yaml" else _from_entries
        interactions = [
            _download(address, (recordings / file).read_bytes() if file else _blank_png())
            for address, file in carried.pictures
        ]
        interactions += read(source.read_text("utf-8"), _replacing(carried.replaced))
        text = yaml.dump({"interactions": interactions, "version": 1}, sort_keys=True, allow_unicode=True)
        (cassettes / f"{name}.yaml").write_text(text, "utf-8", newline="\n")


def _replacing(pairs: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    def replace(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return SERVICE_HOST.sub(HOST, text)

    return replace


def _download(address: str, picture: bytes) -> Interaction:
    """Return the exchange that downloads a published picture; it is not part of a recording."""
    return _interaction("GET", address, None, HTTPStatus.OK, {"content-type": ["image/*"]}, picture)


def _blank_png() -> bytes:
    """Return a white page of one bit per pixel, uncompressed so that its bytes are the same everywhere."""
    width, height = BLANK_SIZE
    rows = (b"\x00" + b"\xff" * -(-width // 8)) * height
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _from_entries(text: str, replace: Callable[[str], str]) -> list[Interaction]:
    return [_from_entry(entry, replace) for entry in json.loads(text)["Entries"]]


def _from_entry(entry: Mapping[str, Any], replace: Callable[[str], str]) -> Interaction:
    address = entry["RequestUri"]
    address = replace(address if "://" in address else f"{HOST}{address}")
    body = entry.get("ResponseBody") or ""
    return _interaction(
        entry["RequestMethod"],
        address,
        _request_body(entry.get("RequestBody"), replace),
        entry["StatusCode"],
        _headers(entry["ResponseHeaders"], replace),
        replace(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
    )


def _request_body(body: Any, replace: Callable[[str], str]) -> str | bytes | None:
    """Return a JSON body as penstock writes it, or decode the base64 of a file."""
    if not body:
        return None
    if isinstance(body, str) and not body.lstrip().startswith("{"):
        return base64.b64decode(body)
    return replace(json.dumps(body if isinstance(body, dict) else json.loads(body)))


def _from_vcr(text: str, replace: Callable[[str], str]) -> list[Interaction]:
    return [
        _interaction(
            one["request"]["method"],
            replace(one["request"]["uri"]),
            None,
            one["response"]["status"]["code"],
            _headers(one["response"]["headers"], replace),
            replace(one["response"]["body"]["string"]),
        )
        for one in yaml.safe_load(text)["interactions"]
    ]


def _headers(headers: Mapping[str, Any], replace: Callable[[str], str]) -> dict[str, list[str]]:
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in KEPT}
    return {
        name: [replace(text) for text in (value if isinstance(value, list) else [value])]
        for name, value in sorted(kept.items())
    }


def _interaction(
    method: str,
    address: str,
    request_body: str | bytes | None,
    status: int,
    headers: Mapping[str, list[str]],
    body: str | bytes,
) -> Interaction:
    kind = "application/json" if isinstance(request_body, str) else "application/octet-stream"
    return {
        "request": {
            "method": method,
            "uri": address,
            "body": request_body,
            "headers": {"Content-Type": [kind]} if request_body else {},
        },
        "response": {
            "status": {"code": int(status), "message": HTTPStatus(status).phrase},
            "headers": dict(headers),
            "body": {"string": body},
        },
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
