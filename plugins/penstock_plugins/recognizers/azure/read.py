"""The ``azure-read`` recognizer: Azure Computer Vision Read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from penstock.hookspecs import hookimpl
from penstock.model import Limits, Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock.transcriptions.azure_read import parse_read_result
from penstock_plugins.recognizers.azure.api_versions import READ, ReadVersion
from penstock_plugins.recognizers.azure.client import AzureOptions, check_rate

ENDPOINT_VARIABLE = "AZURE_VISION_ENDPOINT"
KEY_VARIABLE = "AZURE_VISION_KEY"

ATTEMPTS = 12  # of one call; with growing waits they outlast a failure of some minutes
# The rate of the oldest paid tier; newer resources allow 30 calls per second. Pages took 1 to 2 seconds.
PAID = Limits(calls_per_second=10.0, first_poll=1.5, poll_interval=(0.5, 5.0), attempts=ATTEMPTS)
# Twenty calls per minute, submits and polls together.
FREE = Limits(
    calls_per_second=20 / 60,
    in_flight=8,
    first_poll=6.0,
    poll_interval=(6.0, 30.0),
    attempts=ATTEMPTS,
    price_per_1000=0.0,
)
QUERY_NAMES = {"language": "language", "model_version": "model-version", "reading_order": "readingOrder"}


@dataclass(eq=False)
class AzureRead(AzureOptions):
    """Recognizes pages with Azure Computer Vision Read, in the cloud or in a container on this machine.

    See "Call the Azure AI Vision 3.2 GA Read API" in the service's documentation. The key and the pages are
    sent to the endpoint only. Raises ValueError for invalid options.

    Parameters
    ----------
    endpoint
        Address of the resource.
    key
        Key of the resource. It must come from an environment variable, or from a file: ``{ file = "PATH" }``.
    credential
        ``key``, or ``entra`` for an Entra ID token (needs the extra ``entra`` and a custom domain).
    tier
        ``free`` limits pictures to 4 MB and calls to 20 per minute.
    language
        BCP 47 tag of the text's language; by default the service detects it. Since 3.0.
    by_url
        Send an address instead of the bytes of a picture that came from a URL or from object storage, if it
        would be sent unchanged. The address of an object is signed and valid for an hour.
    trusted_hosts
        Further hosts that may store results and receive the key.
    timeout
        Seconds without data from the service after which a call fails.
    api_version
        Version of the API. The cloud offers 3.2; older versions exist in containers.
    model_version
        ``latest`` or a date that the service lists. 3.2 only.
    reading_order
        ``basic`` or ``natural`` (column by column; Latin scripts only). 3.2 only.
    recognize_text
        Call the older ``recognizeText`` for ``Handwritten`` or ``Printed`` text. 2.0 and 2.1 only.
    calls_per_second
        Submits and polls together; by default the limit of the tier.
    """

    endpoint: str = field(default="", metadata={"env": ENDPOINT_VARIABLE})
    key: Secret | None = field(default=None, repr=False, metadata={"env": KEY_VARIABLE})
    api_version: ReadVersion = "3.2"
    model_version: str | None = None
    reading_order: Literal["basic", "natural"] | None = None
    recognize_text: Literal["Handwritten", "Printed"] | None = None
    calls_per_second: float | None = None

    def __post_init__(self) -> None:
        self._connect(f"azure-read {self.api_version}", parse_read_result, ENDPOINT_VARIABLE, KEY_VARIABLE)
        check_rate("calls_per_second", self.calls_per_second)
        self._version = READ[self.api_version]
        for name in (*QUERY_NAMES, "recognize_text"):
            if getattr(self, name) is not None and name not in self._version.options:
                known = " or ".join(number for number, version in READ.items() if name in version.options)
                raise ValueError(f"{name} requires api_version {known}, got {self.api_version}")

    @hookimpl
    def limits(self) -> Limits:
        tier = PAID if self.tier == "paid" else FREE
        pictures = self._version.pictures.for_tier(self.tier)
        return replace(
            tier,
            calls_per_second=self.calls_per_second or tier.calls_per_second,
            max_side=pictures.max_side,
            max_bytes=pictures.max_bytes,
        )

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """Return the options that change results; not the endpoint, the key or the rate."""
        names = ("api_version", "language", "model_version", "reading_order", "recognize_text")
        return {name: getattr(self, name) for name in names}

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | None:
        return self._send(page, self._submit_url(), self._version.pictures, "url")

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        return self._client.poll(operation)

    def _submit_url(self) -> str:
        endpoint = self._client.service.endpoint
        if self.recognize_text:
            return endpoint.url(f"vision/v{self.api_version}/recognizeText", {"mode": self.recognize_text})
        given = ((name, getattr(self, option)) for option, name in QUERY_NAMES.items())
        query = {name: value for name, value in given if value is not None}
        return endpoint.url(self._version.path, query)
