"""What every component of a kind does, as classes for pytest and for `penstock plugins --check`."""
