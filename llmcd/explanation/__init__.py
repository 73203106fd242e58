"""What a result says of two variables and of the ways between them, in words."""

from llmcd.explanation.pair import Explanation, explain
from llmcd.explanation.paths import MOST_PATHS, CausalPath, Paths, find_paths

__all__ = [
    "MOST_PATHS", "CausalPath", "Explanation", "Paths", "explain", "find_paths"
]  # fmt: skip
