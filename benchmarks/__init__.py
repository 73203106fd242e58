"""Measurements against known graphs and against other implementations."""
