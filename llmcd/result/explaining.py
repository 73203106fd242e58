"""Why a result says what it says: of a pair, and of the ways to an outcome."""

from __future__ import annotations

from collections.abc import Sequence

from llmcd.explanation import MOST_PATHS, Explanation, Paths, explain, find_paths
from llmcd.result.value import Value

__all__ = ["Explaining"]


class Explaining(Value):
    """A result asked for its reasons."""

    def explain(self, a: str, b: str) -> Explanation:
        """Say in words why a pair stands in the result as it does.

        Parameters
        ----------
        a, b : str
            Column names, in either order; there need be no edge.

        Returns
        -------
        Explanation
            Print it: who decided, each step in natural log-odds, what the expert said
            in both presentation orders, and what would change it.

        Raises
        ------
        GraphError
            If a name is no node.
        ValueError
            If both are the same.

        Examples
        --------
        >>> import numpy as np, pandas as pd, llmcd
        >>> rng = np.random.default_rng(1)
        >>> df = pd.DataFrame(rng.normal(size=(500, 2)), columns=["x", "y"])
        >>> df["z"] = 2 * df.x + df.y + rng.normal(size=500)
        >>> result = llmcd.discover(df, bootstrap=5, progress=False)
        >>> print(str(result.explain("x", "z")).splitlines()[0])
        x --> z: the data decided. Probability 1.00 that the two are adjacent, and ...
        """
        return explain(self.combined, a, b)

    def paths(
        self, sensitive: str | Sequence[str], outcome: str, *, most: int = MOST_PATHS
    ) -> Paths:
        """Every way from sensitive variables to an outcome, and who decided its steps.

        Parameters
        ----------
        sensitive : str or sequence of str
            Columns such as sex or origin.
        outcome : str
            A column such as a decision.
        most : int, optional
            Paths kept of each sensitive variable.

        Returns
        -------
        Paths
            Each way with the evidence for its steps, which of them are undirected, and
            in what share of the sampled graphs it exists.

        Raises
        ------
        GraphError
            If a name is no node.
        ValueError
            If the outcome is sensitive itself, or none is named.
        """
        return find_paths(self.combined, sensitive, outcome, most=most)
