"""Sufficient statistics: all that a test or a score ever asks of the rows.

Three models, each with its own statistics:

- ``gaussian``: rows are independent draws from a normal distribution; the number of
  rows, the means and the centred cross-products say everything about it.
- ``counts``: rows are independent draws from a table of probabilities over codes; how
  often each combination of levels occurs says everything. The rows are kept as narrow
  codes, repeated ones once with a weight where that saves memory, and tables are
  counted on demand.
- ``mixed``: a discrete column becomes one indicator for each of its levels but the
  first, and all columns are taken as normal (a degenerate Gaussian).

Statistics of parts of the rows merge into those of the whole, so that data larger than
memory are read in batches (:mod:`llmcd.data.sources`). A weight is worth that many
repetitions of a row. Nothing here depends on the number of threads or on the size of
the batches.
"""

from llmcd.data.counts import CountStatistics
from llmcd.data.gaussian import GaussianStatistics, resampled
from llmcd.data.mixed import MixedStatistics, embed

__all__ = [
    "CountStatistics",
    "GaussianStatistics",
    "MixedStatistics",
    "Statistics",
    "embed",
    "resampled",
]

Statistics = GaussianStatistics | CountStatistics | MixedStatistics
