"""A double of Azure's Read services: an HTTP server on loopback that can also misbehave."""

from penstock.testing.azure.misbehaviour import Misbehaviour
from penstock.testing.azure.server import AzureReadServer
from penstock.testing.azure.traffic import Call

__all__ = ["AzureReadServer", "Call", "Misbehaviour"]
