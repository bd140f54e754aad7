"""The `url` source: downloads pictures and PDFs."""

from penstock_plugins.sources.url.source import Url

__all__ = ["Url"]
