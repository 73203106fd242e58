"""Reconciling data and expert."""
