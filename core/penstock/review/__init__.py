"""A page in the browser that shows what was recognized, and where it can be corrected."""
