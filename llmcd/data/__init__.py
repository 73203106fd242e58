"""The user's table, checked once."""
