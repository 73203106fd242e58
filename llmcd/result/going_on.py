"""From one result to the next: more rows, columns or answers, a critic, one's graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llmcd.background import Background
from llmcd.combiner.changes import MOVED
from llmcd.combiner.refinement import Refinement, refine_graph
from llmcd.combiner.updating import Asking, Updated, criticised, updated
from llmcd.discovery.limits import Limits
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, as_budget
from llmcd.expert.kind import Kind
from llmcd.expert.protocol import Expert
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store
from llmcd.graph import Graph
from llmcd.result.value import Value
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GoingOn"]


class GoingOn(Value):
    """A result that more is learnt about."""

    def update(
        self,
        rows: pd.DataFrame | None = None,
        *,
        columns: pd.DataFrame | None = None,
        answers: Answers | None = None,
        background: Background | Mapping[str, Any] | None = None,
        variables: Variables | Mapping[str, Any] | str | Path | None = None,
        expert: Expert | str | Sequence[Expert | str] | None = None,
        data: pd.DataFrame | None = None,
        moved: float = MOVED,
        kind: str | Kind = "pairwise",
        store: Store | str | Path | None = None,
        budget: Budget | None = None,
        replay: bool = False,
        n_jobs: int | None = None,
        limits: Limits | None = None,
        progress: bool = True,
    ) -> Self:
        """Bring the result up to date with more rows, columns, answers or knowledge.

        Answers are kept. With the same rows and answers the result is the same, to the
        bit, as that of one run on all of them.

        Parameters
        ----------
        rows : pandas.DataFrame, optional
            Further rows with the same columns.
        columns : pandas.DataFrame, optional
            Further columns of the rows so far, in their order.
        answers : Answers, optional
            Further answers; of two to one question the newer stays.
        background : Background or mapping, optional
            Further knowledge.
        variables : Variables, mapping or path, optional
            Descriptions of new columns, or better ones of old columns; answers to
            other words are set aside.
        expert : Expert or str, or sequence of these, optional
            Whom to ask: about new columns and where the rows' evidence moved, or,
            somebody who has answered nothing yet, about everything that is worth it.
        data : pandas.DataFrame, optional
            The rows so far, where they are no longer at hand, as after loading.
        moved : float, optional
            How much of the probability of a pair's states (an edge either way, an
            indirect way, nothing) has to change hands for its evidence to have moved.
        kind, store, budget, replay
            As of :func:`llmcd.discover`.
        n_jobs, limits, progress
            As of :func:`llmcd.discover`.

        Returns
        -------
        Result
            Its ``changes`` say what changed, and whether rows, knowledge or answers
            did it.

        Raises
        ------
        DataError
            If the rows so far are needed and not at hand, or are others; if new rows
            or columns do not fit.
        VariablesError
            If descriptions or background knowledge cannot be used.
        ExpertError
            If the expert cannot be reached or set up.

        Examples
        --------
        >>> import numpy as np, pandas as pd, llmcd
        >>> rng = np.random.default_rng(1)
        >>> df = pd.DataFrame(rng.normal(size=(900, 2)), columns=["x", "y"])
        >>> df["z"] = 0.2 * df.x + rng.normal(size=900)
        >>> before = llmcd.discover(df[:100], bootstrap=5, progress=False)
        >>> after = before.update(df[100:], progress=False)
        >>> print(str(after.changes).splitlines()[0])
        1 pair changed; 100 rows before, 900 now
        >>> after == llmcd.discover(df, bootstrap=5, progress=False)
        True
        """
        asking = Asking(resolve(expert), kind, _asking(store, budget, progress, replay))
        described = None if variables is None else Variables.of(variables)
        found = updated(
            self.combined,
            self.variables,
            self.data if data is None else data,
            rows=rows,
            columns=columns,
            answers=answers,
            background=None if background is None else Background.of(background),
            described=described,
            asking=asking,
            moved=moved,
            n_jobs=n_jobs,
            limits=limits,
            progress=progress,
        )
        return self._after(found)

    def criticise(
        self,
        expert: Expert | str | Sequence[Expert | str],
        *,
        store: Store | str | Path | None = None,
        budget: Budget | None = None,
        replay: bool = False,
        progress: bool = True,
    ) -> Self:
        """Show the expert both sides of each conflict, and combine again.

        A critic has seen what the data say, so that it can only give up an answer or
        name a common cause, which the conflict then says; agreeing with the data is no
        new evidence.

        Parameters
        ----------
        expert : Expert or str, or sequence of these
            Who gave the answers; of several each is shown its own conflicts.
        store, budget, replay, progress
            As of :func:`llmcd.discover`.

        Returns
        -------
        Result
            Its ``changes`` say what the second thoughts changed.

        Raises
        ------
        ValueError
            If the expert has given no answer yet.
        ExpertError
            If it cannot be reached or set up.
        """
        asking = Asking(
            resolve(expert), "critic", _asking(store, budget, progress, replay)
        )
        return self._after(criticised(self.combined, self.variables, asking))

    def refine(self, graph: Graph) -> Refinement:
        """Score a graph of one's own against rows and answers, and propose changes.

        Parameters
        ----------
        graph : Graph
            A DAG, CPDAG or MPDAG over some of the columns. Given to ``discover`` as
            ``start``, it is also where search and sampling begin.

        Returns
        -------
        Refinement

        Raises
        ------
        GraphError
            If a node is no column, or no DAG is among the members of the graph.
        DataError
            If the rows are not at hand.
        """
        return refine_graph(self.combined, graph)

    def _after(self, found: Updated) -> Self:
        start = found.combined.candidates.start
        has_rows = found.combined.candidates.table is not None
        own = (
            refine_graph(found.combined, start)
            if start is not None and has_rows
            else self.refinement
        )
        data = self.data if found.data is None else found.data
        return replace(
            self,
            combined=found.combined,
            variables=found.variables,
            data=data,
            changes=found.changes,
            refinement=own,
        )


def _asking(
    store: Store | str | Path | None,
    budget: Budget | None,
    progress: bool,
    replay: bool,
) -> dict[str, Any]:
    return {
        "store": store,
        "budget": as_budget(budget),
        "progress": progress,
        "replay": replay,
    }
