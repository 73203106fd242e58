"""Every test of the command line may use the prepared folder."""

from cli.prepared import work  # noqa: F401
