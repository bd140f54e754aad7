"""A document camera: takes a page whenever the picture is steady, sharp and new."""
