"""The ``azure-document-intelligence`` recognizer: model ``prebuilt-read`` of Azure Document Intelligence."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal

from penstock.errors import RecognizerError
from penstock.hookspecs import hookimpl
from penstock.json_form import recognition_from_json, recognition_to_json
from penstock.model import Limits, Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock.transcriptions.azure_documents import parse_document_result
from penstock_plugins.recognizers.azure.api_versions import DOCUMENT, DocumentVersion
from penstock_plugins.recognizers.azure.client import AzureOptions, check_rate
from penstock_plugins.recognizers.azure.http_messages import Request

ENDPOINT_VARIABLE = "AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT"
KEY_VARIABLE = "AZURE_DOCUMENT_INTELLIGENCE_KEY"

ATTEMPTS = 12  # of one call; with growing waits they outlast a failure of some minutes
# Recorded pages took 2 to 5 seconds.
PAID = Limits(
    submits_per_second=15.0,
    polls_per_second=50.0,
    first_poll=2.0,
    poll_interval=(0.5, 5.0),
    attempts=ATTEMPTS,
)
FREE = Limits(
    submits_per_second=1.0,
    polls_per_second=1.0,
    in_flight=8,
    first_poll=3.0,
    poll_interval=(2.0, 10.0),
    attempts=ATTEMPTS,
    price_per_1000=0.0,
)
DELETE_ATTEMPTS = 3
DELETED = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND})

log = logging.getLogger(__name__)


@dataclass(eq=False)
class AzureDocumentIntelligence(AzureOptions):
    """Recognizes pages with Azure Document Intelligence, model ``prebuilt-read``.

    See "Document Intelligence read model" in the service's documentation. The key and the pages are sent to
    the endpoint only. Raises ValueError for invalid options.

    Parameters
    ----------
    endpoint
        Address of the resource.
    key
        Key of the resource. It must come from an environment variable, or from a file: ``{ file = "PATH" }``.
    credential
        ``key``, or ``entra`` for an Entra ID token (needs the extra ``entra`` and a custom domain).
    tier
        ``free`` limits pictures to 4 MB, and calls to one submit and one poll per second.
    language
        BCP 47 tag as a hint; by default the service detects the language.
    by_url
        Send an address instead of the bytes of a picture that came from a URL or from object storage, if it
        would be sent unchanged. The address of an object is signed and valid for an hour.
    trusted_hosts
        Further hosts that may store results and receive the key.
    timeout
        Seconds without data from the service after which a call fails.
    api_version
        Version of the API.
    features
        ``ocrHighResolution`` (small text) and ``languages`` (of each line); some are billed separately.
    delete_results
        Delete each result at the service after it was received; otherwise the service keeps it for a day.
    submits_per_second, polls_per_second
        By default the limits of the tier.
    """

    endpoint: str = field(default="", metadata={"env": ENDPOINT_VARIABLE})
    key: Secret | None = field(default=None, repr=False, metadata={"env": KEY_VARIABLE})
    api_version: DocumentVersion = "2024-11-30"
    features: tuple[Literal["ocrHighResolution", "languages"], ...] = ()
    delete_results: bool = False
    submits_per_second: float | None = None
    polls_per_second: float | None = None

    def __post_init__(self) -> None:
        name = f"azure-document-intelligence {self.api_version}"
        self._connect(name, parse_document_result, ENDPOINT_VARIABLE, KEY_VARIABLE)
        check_rate("submits_per_second", self.submits_per_second)
        check_rate("polls_per_second", self.polls_per_second)
        if self.delete_results and self.api_version < "2024-11-30":
            raise ValueError(f"delete_results requires api_version 2024-11-30, got {self.api_version}")
        self._version = DOCUMENT[self.api_version]

    @hookimpl
    def limits(self) -> Limits:
        tier = PAID if self.tier == "paid" else FREE
        pictures = self._version.pictures.for_tier(self.tier)
        return replace(
            tier,
            max_side=pictures.max_side,
            max_bytes=pictures.max_bytes,
            submits_per_second=self.submits_per_second or tier.submits_per_second,
            polls_per_second=self.polls_per_second or tier.polls_per_second,
        )

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """Return the options that change results; not the endpoint, the key or the rates."""
        features = sorted(self.features)
        return {"api_version": self.api_version, "language": self.language, "features": features}

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | None:
        url = self._client.service.endpoint.url(self._version.path, self._query())
        return self._send(page, url, self._version.pictures, "urlSource")

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask once for the result of an operation, or delete a result that was received."""
        if "read" in operation.data:
            return self._delete(operation)
        result = self._client.poll(operation)
        if self.delete_results and isinstance(result, Recognition):
            # Store the result in the journal, as an operation, before it is deleted at the service.
            data = {**operation.data, "read": recognition_to_json(result), "note": result.note}
            return Operation(data, durable=True, poll_after=0.0)
        return result

    def _delete(self, operation: Operation) -> Recognition | Operation:
        attempts = int(operation.data.get("tries", 0)) + 1
        if self._is_deleted(operation) or attempts >= DELETE_ATTEMPTS:
            recognition = recognition_from_json(operation.data["read"])
            return replace(recognition, note=operation.data.get("note", ""))
        return replace(operation, data={**operation.data, "tries": attempts}, poll_after=1.0)

    def _is_deleted(self, operation: Operation) -> bool:
        reason: object
        try:
            request = Request("DELETE", self._client.address_of(operation))
            reason = status = self._client.transport.query(request).status
            if status in DELETED:
                return True
        except RecognizerError as error:
            reason = error
        log.warning("cannot delete a result at the service, which keeps it for a day: %s", reason)
        return False

    def _query(self) -> dict[str, str]:
        query = {"api-version": self.api_version, "stringIndexType": "unicodeCodePoint"}
        if self.language:
            query["locale"] = self.language
        if self.features:
            query["features"] = ",".join(self.features)
        return query
