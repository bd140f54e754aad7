"""The `camera` source: takes a page whenever the picture is steady, sharp and shows a new page."""
