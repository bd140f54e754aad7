"""The built-in sinks: each writes a recognized document in one format."""
