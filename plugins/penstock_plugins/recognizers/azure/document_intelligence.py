"""Azure Document Intelligence's ``prebuilt-read`` as a recognizer."""

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
from penstock_plugins.recognizers.azure.client import AzureOptions, Client, positive
from penstock_plugins.recognizers.azure.conversation import Service
from penstock_plugins.recognizers.azure.document_answers import parse_document_result
from penstock_plugins.recognizers.azure.exchange import Request, bytes_request, url_request
from penstock_plugins.recognizers.azure.fit import fit
from penstock_plugins.recognizers.azure.versions import DOCUMENT, DocumentVersion

ENDPOINT_VARIABLE = "AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT"
KEY_VARIABLE = "AZURE_DOCUMENT_INTELLIGENCE_KEY"

ATTEMPTS = 12
"""Of one call: with growing waits they outlast a hiccup of some minutes."""
PAID = Limits(
    submits_per_second=15.0,
    polls_per_second=50.0,
    first_poll=2.0,
    poll_interval=(0.5, 5.0),
    attempts=ATTEMPTS,
)
"""Recorded pages took 2 to 5 seconds."""
FREE = Limits(
    submits_per_second=1.0,
    polls_per_second=1.0,
    in_flight=8,
    first_poll=3.0,
    poll_interval=(2.0, 10.0),
    attempts=ATTEMPTS,
)
DELETE_TRIES = 3
NO_MORE = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND})

log = logging.getLogger(__name__)


@dataclass(eq=False)
class AzureDocumentIntelligence(AzureOptions):
    """Reads pages by Azure Document Intelligence, model ``prebuilt-read``.

    Parameters
    ----------
    endpoint
        The resource's address; ``AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT`` if left out.
    key
        From the environment only; ``AZURE_DOCUMENT_INTELLIGENCE_KEY`` if left out.
    credential
        ``key``, or ``entra`` for an Entra ID token (needs the extra ``entra`` and a custom domain).
    tier
        ``free`` keeps to 4 MB a picture, and to one submit and one poll a second.
    language
        A BCP 47 tag as a hint; left out, the service finds it.
    by_reference
        Send the address of a picture that came from a URL, in place of its bytes.
    trusted_hosts
        Other hosts where results may lie, and that may be sent the key.
    timeout
        Seconds that the service may be silent before a call is given up.
    api_version
        Of the service.
    features
        ``ocrHighResolution`` (small text) and ``languages`` (each line's); some are billed apart.
    delete_results
        Delete each result at the service once it was read; it keeps them for a day otherwise.
    submits_per_second, polls_per_second
        Left out, what suits the tier.
    """

    endpoint: str = field(default="", metadata={"env": ENDPOINT_VARIABLE})
    key: Secret | None = field(default=None, repr=False, metadata={"env": KEY_VARIABLE})
    api_version: DocumentVersion = "2024-11-30"
    features: tuple[Literal["ocrHighResolution", "languages"], ...] = ()
    delete_results: bool = False
    submits_per_second: float | None = None
    polls_per_second: float | None = None

    def __post_init__(self) -> None:
        endpoint = self._endpoint(ENDPOINT_VARIABLE, KEY_VARIABLE)
        positive("submits_per_second", self.submits_per_second)
        positive("polls_per_second", self.polls_per_second)
        if self.delete_results and self.api_version < "2024-11-30":
            raise ValueError("delete_results is understood by api_version 2024-11-30 only")
        self._version = DOCUMENT[self.api_version]
        service = Service(f"azure-document-intelligence {self.api_version}", endpoint, parse_document_result)
        self._made = Client(service, self._driver(endpoint, KEY_VARIABLE))

    @property
    def _client(self) -> Client:
        return self._made

    @hookimpl
    def limits(self) -> Limits:
        """What the tier bears."""
        tier = PAID if self.tier == "paid" else FREE
        return replace(
            tier,
            submits_per_second=self.submits_per_second or tier.submits_per_second,
            polls_per_second=self.polls_per_second or tier.polls_per_second,
        )

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """What the service is asked for; not where it is, who asks, or how fast."""
        return {
            "api_version": self.api_version,
            "language": self.language,
            "features": sorted(self.features),
        }

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | None:
        """Send one page: its bytes, or its address where that was asked for and is possible."""
        fitted = fit(page, self._version.pictures.for_tier(self.tier))
        address = self._address_of(page, fitted)
        url = self._client.service.endpoint.url(self._version.path, self._query())
        request = url_request(url, "urlSource", address) if address else bytes_request(url, fitted.body)
        return self._client.submit(request, fitted.sent)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask once for an operation's result; or delete it, once it was read."""
        if "read" in operation.data:
            return self._delete(operation)
        meaning = self._client.poll(operation)
        if self.delete_results and isinstance(meaning, Recognition):
            # Another operation in its place: what was read is in the journal before it is deleted.
            data = {"location": operation.data["location"], "read": recognition_to_json(meaning)}
            return Operation(data, durable=True, poll_after=0.0)
        return meaning

    def _delete(self, operation: Operation) -> Recognition | Operation:
        tries = int(operation.data.get("tries", 0)) + 1
        if self._is_deleted(operation) or tries >= DELETE_TRIES:
            return recognition_from_json(operation.data["read"])
        return replace(operation, data={**operation.data, "tries": tries}, poll_after=1.0)

    def _is_deleted(self, operation: Operation) -> bool:
        try:
            answer = self._client.driver.ask(Request("DELETE", self._client.location_of(operation)))
        except RecognizerError as error:
            log.warning("a result could not be deleted at the service, which keeps it for a day: %s", error)
            return False
        if answer.status not in NO_MORE:
            log.warning(
                "a result could not be deleted at the service, which keeps it for a day: %s", answer.status
            )
        return answer.status in NO_MORE

    def _query(self) -> dict[str, str]:
        query = {"api-version": self.api_version, "stringIndexType": "unicodeCodePoint"}
        if self.language:
            query["locale"] = self.language
        if self.features:
            query["features"] = ",".join(self.features)
        return query
