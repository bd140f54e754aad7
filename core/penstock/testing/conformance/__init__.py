"""Tests that every component of a kind must pass, for pytest and for `penstock plugins --check`."""
