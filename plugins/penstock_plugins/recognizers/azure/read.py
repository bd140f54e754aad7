"""Azure Computer Vision Read as a recognizer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from penstock.hookspecs import hookimpl
from penstock.model import Limits, Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.client import AzureOptions, Client, positive
from penstock_plugins.recognizers.azure.conversation import Service
from penstock_plugins.recognizers.azure.exchange import bytes_request, url_request
from penstock_plugins.recognizers.azure.fit import fit
from penstock_plugins.recognizers.azure.read_answers import parse_read_result
from penstock_plugins.recognizers.azure.versions import READ, ReadVersion

ENDPOINT_VARIABLE = "AZURE_VISION_ENDPOINT"
KEY_VARIABLE = "AZURE_VISION_KEY"

ATTEMPTS = 12
"""Of one call: with growing waits they outlast a hiccup of some minutes."""
PAID = Limits(calls_per_second=10.0, first_poll=1.5, poll_interval=(0.5, 5.0), attempts=ATTEMPTS)
"""The oldest paid tier's rate; newer resources bear 30 calls a second. Recorded pages took 1 to 2 seconds."""
FREE = Limits(
    calls_per_second=20 / 60, in_flight=8, first_poll=6.0, poll_interval=(6.0, 30.0), attempts=ATTEMPTS
)
"""Twenty calls a minute, submits and polls together."""

QUERY_NAMES = {"language": "language", "model_version": "model-version", "reading_order": "readingOrder"}


@dataclass(eq=False)
class AzureRead(AzureOptions):
    """Reads pages by Azure Computer Vision Read, in the cloud or in a container on this machine.

    Parameters
    ----------
    endpoint
        The resource's address; ``AZURE_VISION_ENDPOINT`` if left out.
    key
        From the environment only; ``AZURE_VISION_KEY`` if left out.
    credential
        ``key``, or ``entra`` for an Entra ID token (needs the extra ``entra`` and a custom domain).
    tier
        ``free`` keeps to 4 MB a picture and 20 calls a minute.
    language
        A BCP 47 tag that forces a language; left out, the service finds it. From 3.0 on.
    by_reference
        Send the address of a picture that came from a URL, in place of its bytes.
    trusted_hosts
        Other hosts where results may lie, and that may be sent the key.
    timeout
        Seconds that the service may be silent before a call is given up.
    api_version
        Of the service. The cloud speaks 3.2; containers and recordings the older ones.
    model_version
        ``latest`` or a date, as the service lists them. 3.2 only.
    reading_order
        ``basic`` or ``natural`` (columns; Latin scripts only). 3.2 only.
    recognize_text
        Call the older ``recognizeText`` for ``Handwritten`` or ``Printed`` text. 2.0 and 2.1 only.
    calls_per_second
        Submits and polls together; left out, what suits the tier.
    """

    endpoint: str = field(default="", metadata={"env": ENDPOINT_VARIABLE})
    key: Secret | None = field(default=None, repr=False, metadata={"env": KEY_VARIABLE})
    api_version: ReadVersion = "3.2"
    model_version: str | None = None
    reading_order: Literal["basic", "natural"] | None = None
    recognize_text: Literal["Handwritten", "Printed"] | None = None
    calls_per_second: float | None = None

    def __post_init__(self) -> None:
        endpoint = self._endpoint(ENDPOINT_VARIABLE, KEY_VARIABLE)
        positive("calls_per_second", self.calls_per_second)
        self._version = READ[self.api_version]
        self._check_options()
        service = Service(f"azure-read {self.api_version}", endpoint, parse_read_result)
        self._made = Client(service, self._driver(endpoint, KEY_VARIABLE))

    @property
    def _client(self) -> Client:
        return self._made

    def _check_options(self) -> None:
        for name in (*QUERY_NAMES, "recognize_text"):
            if getattr(self, name) is not None and name not in self._version.options:
                known = ", ".join(number for number, version in READ.items() if name in version.options)
                raise ValueError(
                    f"{name} is not understood by api_version {self.api_version}, but by {known}"
                )

    @hookimpl
    def limits(self) -> Limits:
        """What the tier bears."""
        tier = PAID if self.tier == "paid" else FREE
        return replace(tier, calls_per_second=self.calls_per_second or tier.calls_per_second)

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """What the service is asked for; not where it is, who asks, or how fast."""
        asked = ("api_version", "language", "model_version", "reading_order", "recognize_text")
        return {name: getattr(self, name) for name in asked}

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | None:
        """Send one page: its bytes, or its address where that was asked for and is possible."""
        fitted = fit(page, self._version.pictures.for_tier(self.tier))
        address = self._address_of(page, fitted)
        url = self._submit_url()
        request = url_request(url, "url", address) if address else bytes_request(url, fitted.body)
        return self._client.submit(request, fitted.sent)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask once for an operation's result."""
        return self._client.poll(operation)

    def _submit_url(self) -> str:
        if self.recognize_text:
            path = f"vision/v{self.api_version}/recognizeText"
            return self._client.service.endpoint.url(path, {"mode": self.recognize_text})
        given = ((name, getattr(self, field_name)) for field_name, name in QUERY_NAMES.items())
        query = {name: value for name, value in given if value is not None}
        return self._client.service.endpoint.url(self._version.path, query)
