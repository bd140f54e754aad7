"""What both recognizers share: options, the driver, and one call per submit and poll."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Literal, Self

from penstock.errors import OperationLost
from penstock.model import Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.conversation import Service, meaning_of, operation_of
from penstock_plugins.recognizers.azure.credentials import (
    Signature,
    checked_key,
    key_signature,
    token_signature,
)
from penstock_plugins.recognizers.azure.driver import Driver
from penstock_plugins.recognizers.azure.endpoint import Endpoint, host_of
from penstock_plugins.recognizers.azure.exchange import Request
from penstock_plugins.recognizers.azure.fit import Fitted, Sent
from penstock_plugins.recognizers.azure.versions import Tier


@dataclass(frozen=True, slots=True)
class Client:
    """A service and the driver that reaches it."""

    service: Service
    driver: Driver

    def submit(self, request: Request, sent: Sent) -> Operation:
        """Send a page; one call."""
        answer = self.driver.submit(request)
        operation = operation_of(answer, self.service, sent, proven=self.driver.proven)
        self.driver.proven = True
        return operation

    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask for a page; one call."""
        answer = self.driver.ask(Request("GET", self.location_of(operation)))
        meaning = meaning_of(answer, self.service, operation)
        self.driver.proven = True
        return meaning

    def location_of(self, operation: Operation) -> str:
        """Where an operation lives, checked again: it may come from an earlier run."""
        location = str(operation.data["location"])
        if self.service.endpoint.trusts(location):
            return location
        raise OperationLost(
            f"the operation lives at {host_of(location)}, and the endpoint is another one now",
            "to fetch it there, put the old endpoint back or list its host in trusted_hosts",
        )


@dataclass(eq=False)
class AzureOptions:
    """The options that both services have; see the recognizers themselves."""

    endpoint: str = ""
    key: Secret | None = field(default=None, repr=False)
    credential: Literal["key", "entra"] = "key"
    tier: Tier = "paid"
    language: str | None = None
    by_reference: bool = False
    trusted_hosts: tuple[str, ...] = ()
    timeout: float = 60.0

    def __enter__(self) -> Self:
        # Once, before the first page, and not by every thread at its first call.
        importlib.import_module("requests")
        return self

    def __exit__(self, *raised: object) -> None:
        self._client.driver.close()

    @property
    def _client(self) -> Client:
        raise NotImplementedError

    def _driver(self, endpoint: Endpoint, key_variable: str) -> Driver:
        if self.timeout <= 0:
            raise ValueError("timeout is a number of seconds above 0")
        return Driver(endpoint, self._signature(endpoint, key_variable), self.timeout)

    def _endpoint(self, variable: str, key_variable: str) -> Endpoint:
        if not self.endpoint:
            too = f"; there is no key either: set {key_variable}" if self._lacks_key else ""
            raise ValueError(
                f"there is no endpoint: set {variable}, or write endpoint = "
                f'"https://NAME.cognitiveservices.azure.com"{too}'
            )
        try:
            return Endpoint.parse(self.endpoint, self.trusted_hosts)
        except ValueError as error:
            raise ValueError(f"endpoint {error}") from None

    @property
    def _lacks_key(self) -> bool:
        return self.credential == "key" and self.key is None

    def _signature(self, endpoint: Endpoint, key_variable: str) -> Signature:
        if self.credential == "key":
            return key_signature(checked_key(self.key, key_variable))
        if endpoint.is_regional:
            raise ValueError(
                f"Entra ID tokens are not taken at {endpoint.host}; write the resource's own domain, "
                "https://NAME.cognitiveservices.azure.com"
            )
        return token_signature(endpoint)

    def _address_of(self, page: Page, fitted: Fitted) -> str | None:
        """The address to send in the picture's place, for an unchanged picture that has one."""
        if self.by_reference and fitted.as_it_is and page.to_page.is_identity:
            return page.picture.url
        return None


def positive(name: str, value: float | None) -> float | None:
    """A rate that was given. Raises ValueError, naming the option, unless it is above 0."""
    if value is not None and value <= 0:
        raise ValueError(f"{name} is a number above 0")
    return value
