"""Rules that decide whether a page keeps a recognizer's result."""
