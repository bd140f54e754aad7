"""The `url` source: pictures and PDFs at http and https addresses."""

from __future__ import annotations

from penstock_plugins.sources.url.source import Url

__all__ = ["Url"]
