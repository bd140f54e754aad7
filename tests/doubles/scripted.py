"""The scripted recognizer of `penstock.testing`, to be loaded from a file."""

from penstock.testing.scripted import DEFAULT, Scripted, read_page

__all__ = ["DEFAULT", "Scripted", "read_page"]
