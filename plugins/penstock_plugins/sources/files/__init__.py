"""The `files` source: files, folders and globs of pictures and PDFs."""

from penstock_plugins.sources.files.source import Files

__all__ = ["Files"]
