"""The built-in transforms: what is done to a page's picture before it is read."""
