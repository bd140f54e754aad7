"""The components for Azure, by file: a test needs no installed entry point."""

from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.read import AzureRead
from penstock_plugins.sources.url import Url

__all__ = ["AzureDocumentIntelligence", "AzureRead", "Url"]
