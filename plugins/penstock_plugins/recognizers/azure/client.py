"""What both recognizers share: their common options, and the calls to a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from penstock.errors import RecognizerError, StopRun
from penstock.model import Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock.transcriptions.azure_read import ParsedResult
from penstock_plugins.recognizers.azure.api_versions import PictureLimits, Tier
from penstock_plugins.recognizers.azure.credentials import (
    AuthHeaders,
    checked_key,
    key_headers,
    token_headers,
)
from penstock_plugins.recognizers.azure.endpoint import EXAMPLE, Endpoint
from penstock_plugins.recognizers.azure.fitting import SentPicture, fit_picture
from penstock_plugins.recognizers.azure.http_messages import Request, bytes_request, url_request
from penstock_plugins.recognizers.azure.picture_addresses import PictureAddresses
from penstock_plugins.recognizers.azure.responses import (
    MISPLACED,
    Service,
    poll_result,
    submitted_operation,
)

if TYPE_CHECKING:
    from penstock_plugins.recognizers.azure.transport import Transport


@dataclass(slots=True)
class Client:
    """Calls a service. Can be used from any thread."""

    service: Service
    transport: Transport
    _misplaces: bool = False
    """Whether this process got an operation at an address that must not get the key."""
    _stop: StopRun | None = None
    """Why no page may be sent any more: the results of the pages that were sent cannot be fetched."""

    def submit(self, request: Request, sent: SentPicture) -> Operation:
        if self._stop:
            raise StopRun(self._stop.message, self._stop.hint)
        response = self.transport.submit(request)
        operation = submitted_operation(
            response, self.service, request, sent, verified=self.transport.verified
        )
        self.transport.verified = True
        self._misplaces = self._misplaces or MISPLACED in operation.data
        return operation

    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        response = self.transport.query(Request("GET", self.address_of(operation)))
        try:
            result = poll_result(response, self.service, operation)
        except RecognizerError as error:
            if type(error) is RecognizerError and self._misplaces:
                self._stop = StopRun(error.message, error.hint)
            raise
        self.transport.verified = True
        return result

    def address_of(self, operation: Operation) -> str:
        """Return where to ask for an operation; checked again, because an earlier run may have stored it."""
        addresses = self.service.endpoint.operation_addresses(str(operation.data["location"]))
        return addresses[int(operation.data.get("missing", 0)) % len(addresses)]


@dataclass(eq=False)
class AzureOptions:
    """The options of both recognizers, which document them."""

    endpoint: str = ""
    key: Secret | None = field(default=None, repr=False)
    credential: Literal["key", "entra"] = "key"
    tier: Tier = "paid"
    language: str | None = None
    by_url: bool = False
    trusted_hosts: tuple[str, ...] = ()
    timeout: float = 60.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._client.transport.close()

    def _connect(
        self,
        name: str,
        parse: Callable[[Mapping[str, Any]], ParsedResult],
        endpoint_variable: str,
        key_variable: str,
    ) -> None:
        """Check the common options and make the client. Raises ValueError."""
        # Imports requests, which must not slow down commands that only list the recognizers.
        from penstock_plugins.recognizers.azure.transport import Transport

        endpoint = self._parsed_endpoint(endpoint_variable, key_variable)
        if self.timeout <= 0:
            raise ValueError(f"timeout must be above 0 seconds, got {self.timeout:g}")
        self._addresses = PictureAddresses()
        transport = Transport(endpoint, self._auth_headers(endpoint, key_variable), self.timeout)
        self._client = Client(Service(name, endpoint, parse), transport)

    def _parsed_endpoint(self, variable: str, key_variable: str) -> Endpoint:
        if not self.endpoint:
            # Name both variables at once instead of in two runs.
            no_key = self.credential == "key" and self.key is None
            also = f"; the key is missing, too: set {key_variable}" if no_key else ""
            raise ValueError(
                f'endpoint must not be empty: set {variable}, or write endpoint = "{EXAMPLE}"{also}'
            )
        try:
            return Endpoint.parse(self.endpoint, self.trusted_hosts)
        except ValueError as error:
            raise ValueError(f"endpoint {error}") from None

    def _auth_headers(self, endpoint: Endpoint, key_variable: str) -> AuthHeaders:
        if self.credential == "key":
            return key_headers(checked_key(self.key, key_variable))
        if endpoint.is_regional:
            raise ValueError(
                f'credential = "entra" does not work with the regional endpoint {endpoint.host}; '
                f"write the resource's own domain, {EXAMPLE}"
            )
        return token_headers(endpoint)

    def _send(self, page: Page, url: str, limits: PictureLimits, member: str) -> Operation:
        """Submit a page by its bytes, or by its address in the JSON member of this name."""
        limits = limits.for_tier(self.tier)
        fitted = fit_picture(page, limits)
        # At its address, the picture still has its metadata.
        may_use_url = self.by_url and (page.picture.size or 0) <= limits.max_bytes
        address, note = self._addresses.address_of(page, fitted) if may_use_url else (None, "")
        request = url_request(url, member, address) if address else bytes_request(url, fitted.body)
        operation = self._client.submit(request, fitted.sent)
        return replace(operation, data={**operation.data, "note": note}) if note else operation


def check_rate(name: str, value: float | None) -> None:
    """Raise ValueError if a rate is given that is not above 0."""
    if value is not None and value <= 0:
        raise ValueError(f"{name} must be above 0, got {value:g}")
