"""The built-in transforms: they change a page's picture before the page is recognized."""
