"""Causal discovery in which data and a fallible expert are reconciled edge by edge."""
