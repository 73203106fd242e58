"""The result: a graph, the reasons for every edge, and ways to hand them on."""

from llmcd.result.whole import Result

__all__ = ["Result"]
