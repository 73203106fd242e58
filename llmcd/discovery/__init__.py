"""What the data say: tests, searches, resamples."""
