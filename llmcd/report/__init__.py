"""The result as a page."""
