"""The `url` source: downloads pictures and PDFs."""

from __future__ import annotations

from penstock_plugins.sources.url.source import Url

__all__ = ["Url"]
