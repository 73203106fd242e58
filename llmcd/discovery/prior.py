"""How even a discrete table's distributions are: the prior's sample size, learnt."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from llmcd.data.statistics import CountStatistics, Statistics
from llmcd.discovery.order import search_orders
from llmcd.discovery.scores import BDeu, Score, choose_score
from llmcd.graph import Graph

__all__ = ["SIZES", "learnt_score"]

SIZES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_ROUNDS = 4
_STARTS = 5

Floats = npt.NDArray[np.float64]


def learnt_score(statistics: Statistics) -> Score:
    """The score that ``auto`` means, with the sample size that fits a discrete table.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.

    Returns
    -------
    BIC or BDeu
        For a discrete table BDeu with one expected parent and the equivalent sample
        size, of ``SIZES``, under which the table is the likeliest; otherwise as
        ``choose_score("auto", statistics)``.

    Notes
    -----
    Empirical Bayes by turns: the best graph under a sample size, then the best sample
    size for that graph, until neither changes. How large it should be depends on how
    even the conditional distributions are: Steck (2008), *Learning the Bayesian network
    structure: Dirichlet prior versus data*. Where they are skewed, as with rare events,
    it is small. Too small a size misses weak edges, too large a one sees edges that are
    not there.

    Examples
    --------
    >>> x = np.random.default_rng(0).integers(2, size=(100, 2))
    >>> learnt_score(CountStatistics.of(x, ("a", "b"), (2, 2))).name
    'bdeu'
    """
    if not isinstance(statistics, CountStatistics) or not statistics.names:
        return choose_score("auto", statistics)
    size, tried = 1.0, set[float]()
    for _ in range(_ROUNDS):
        tried.add(size)
        found = search_orders(
            statistics,
            BDeu(equivalent_sample_size=size, expected_parents=1.0),
            max_parents=6,
            patience=_STARTS - 1,
            max_starts=_STARTS,
        )
        size = SIZES[int(np.argmax(_evidence(statistics, found.dag)))]
        if size in tried:
            break
    return BDeu(equivalent_sample_size=size, expected_parents=1.0)


def _evidence(statistics: CountStatistics, dag: Graph) -> list[float]:
    """Log marginal likelihood of the table given the graph, for each size."""
    from llmcd.discovery.kernels.scores import local_score, new_work

    parents = [np.flatnonzero(dag.arcs[:, v]) for v in range(len(dag.names))]
    totals: list[float] = []
    for size in SIZES:
        model = BDeu(equivalent_sample_size=size).model(statistics)
        work = new_work(model)
        totals.append(
            sum(
                float(local_score(model, work, v, of_v, len(of_v)))
                for v, of_v in enumerate(parents)
            )
        )
    return totals
