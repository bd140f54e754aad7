"""What reads a page."""
