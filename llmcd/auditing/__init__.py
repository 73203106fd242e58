"""Whether an expert is worth listening to."""
