"""The recognizer of penstock's own kit, by file: loaded through the public door."""

from penstock.testing.scripted import DEFAULT, Scripted, read_page

__all__ = ["DEFAULT", "Scripted", "read_page"]
