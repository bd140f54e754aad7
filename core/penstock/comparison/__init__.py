"""Where two recognitions of a page differ."""
