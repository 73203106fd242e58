"""What the user holds: the value, and all that may be asked of it and done with it."""

from __future__ import annotations

from dataclasses import dataclass

from llmcd.result.estimating import Estimating
from llmcd.result.explaining import Explaining
from llmcd.result.going_on import GoingOn
from llmcd.result.handing_on import HandingOn
from llmcd.result.printing import Printing

__all__ = ["Result"]


@dataclass(frozen=True, eq=False, repr=False)
class Result(Printing, HandingOn, GoingOn, Explaining, Estimating):
    """A causal graph, and for every edge who decided and how sure it is.

    Two results are equal when their run folders would say the same. A pickle or a copy
    holds no rows.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    variables : Variables
        The descriptions.
    data : pandas.DataFrame, optional
        The rows as they were given, while they are at hand; never saved.
    changes : Changes, optional
        What an update changed, and why.
    refinement : Refinement, optional
        Scores of, and proposals for, the graph that was given as ``start``.

    Examples
    --------
    >>> import numpy as np, pandas as pd, llmcd
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "y"])
    >>> df["z"] = df.x + df.y + rng.normal(size=300)
    >>> result = llmcd.discover(df, bootstrap=5, progress=False)
    >>> list(result.edges.columns)
    ['cause', 'effect', 'mark', 'probability', 'adjacency', 'data_support',
     'expert_log_odds', 'existence_log_odds', 'answers', 'decided_by', 'warning']
    """
