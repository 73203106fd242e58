"""The public stages and their wiring: table, candidates, plan, ask, combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd.auditing.audit import Audit
from llmcd.auditing.prior import audits_of, priors
from llmcd.background import Background
from llmcd.combiner.planner import check_target, has_worth, plan_questions
from llmcd.combiner.reconcile import combine as _combine
from llmcd.combiner.refinement import Refinement, refine_graph
from llmcd.combiner.rounds import BATCH, LEAST_WORTH, ask_in_rounds, check_rounds
from llmcd.data.names import as_frame
from llmcd.data.table import table
from llmcd.discovery.ensemble import Candidates, candidates
from llmcd.discovery.limits import Limits
from llmcd.discovery.methods import Method
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget, as_budget
from llmcd.expert.kind import Kind
from llmcd.expert.kinds import kind_of
from llmcd.expert.pairs import PAIRWISE, PairSummary
from llmcd.expert.panel import Panel, members
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert, label
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store
from llmcd.graph import Graph
from llmcd.result import Result
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ask", "candidates", "combine", "discover", "plan", "refine", "table"]

Describes = Variables | Mapping[str, Any] | str | Path
Whom = Expert | str | Sequence[Expert | str]
Audits = Audit | str | Path | Sequence[Audit | str | Path]


def plan(
    candidates: Candidates,
    variables: Describes,
    *,
    expert: Whom | None = None,
    answers: Answers | None = None,
    budget: Budget | None = None,
    kind: str | Kind = "pairwise",
    about: Mapping[tuple[str, str], PairSummary] | None = None,
    target: str | Sequence[str] = (),
    harm: float | None = None,
    mode: str = "auto",
) -> Plan:
    """Choose the pairs that are worth a question, and price them.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    variables : Variables, mapping or path
        Descriptions of the columns.
    expert : Expert or str, or sequence of these, optional
        Who would be asked; it sets the price. For several it is the sum.
    answers : Answers, optional
        What is answered already and need not be asked again.
    budget : Budget, optional
        A limit on calls that does not suffice for the whole plan is noted in it.
    kind : str or Kind, optional
        How pairs are asked about, and what that costs: ``"pairwise"`` (2 calls a
        pair), ``"pairwise-summary"`` (the same, with numbers that you give in
        ``about``), ``"triplet"`` (at most 6 calls a pair), ``"breadth"`` (2 calls a
        variable), ``"whole-graph"`` or ``"common-causes"`` (2 calls), ``"critic"``
        (2 calls a conflict between the data and ``answers``).
    about : mapping of (str, str) to PairSummary, optional
        The numbers for ``"pairwise-summary"``: the only statistics that are ever sent.
    target : str or sequence of str, optional
        Variables whose edges matter most to you, such as the two of an effect.
    harm : float, optional
        Most that the answers may cost, in edges of expected loss, if the expert knows
        nothing and is believed; pairs that do not fit are not asked about.
    mode : {"auto", "safe"}, optional
        How the answers will be combined, as in :func:`combine`.

    Returns
    -------
    Plan
        Prints as a table; ``show()`` gives the exact texts. What each pair is worth
        stands in ``pairs`` where the rows are at hand.

    Raises
    ------
    VariablesError
        If a column has no description.
    ValueError
        If there is no such kind, it needs what is not given, or a target is no column.
    TypeError
        If the budget is no Budget.
    """
    somebody, described = resolve(expert), Variables.of(variables)
    if isinstance(somebody, Panel):
        calls = as_budget(budget).calls
        found = plan_questions(
            candidates, described, expert=somebody, answers=answers, kind=kind,
            about=about, target=target, harm=harm, mode=mode,
        )  # fmt: skip
        return somebody.priced(found, calls)
    return plan_questions(
        candidates,
        described,
        expert=somebody,
        answers=answers,
        budget=budget,
        kind=kind,
        about=about,
        target=target,
        harm=harm,
        mode=mode,
    )


def combine(
    candidates: Candidates,
    answers: Answers | None = None,
    *,
    variables: Describes | None = None,
    data: pd.DataFrame | None = None,
    mode: str = "auto",
    audit: Audits | None = None,
) -> Result:
    """Reconcile data and expert.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    answers : Answers, optional
        The expert's side; None when nobody was asked.
    variables : Variables, mapping or path, optional
        Descriptions, for the report.
    data : pandas.DataFrame, optional
        The rows again, where the candidates were loaded without them: posterior mode
        needs them.
    mode : {"auto", "safe", "posterior"}, optional
        ``posterior`` weighs rows and answers against each other and needs the rows;
        ``safe`` directs only what the data's CPDAG leaves open; ``auto`` is the former
        where the rows are at hand.
    audit : Audit or path, or sequence of these, optional
        What ``llmcd audit`` found of an expert: its confusion matrix, discounted, is
        what the combiner starts from, where it otherwise starts from doubt.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If the mode is unknown, an answer is about a column that does not exist, or an
        audit is of somebody else.
    DataError
        If ``data`` are other rows, or posterior mode is asked for without rows.
    """
    answers = Answers.none() if answers is None else answers
    described = Variables.of({} if variables is None else variables)
    if data is not None:
        candidates = candidates.with_rows(data, described)
    known = None if audit is None else priors(audit, answers.experts)
    combined = _combine(candidates, answers, mode=mode, audits=known)
    start = None if candidates.table is None else candidates.start
    own = None if start is None else refine_graph(combined, start)
    return Result(combined, described, data, refinement=own)


def discover(
    data: pd.DataFrame,
    variables: Describes | None = None,
    expert: Whom | None = None,
    *,
    method: str | Method | Sequence[str | Method] = "auto",
    background: Background | Mapping[str, Any] | None = None,
    bootstrap: int = 50,
    mode: str = "auto",
    budget: Budget | None = None,
    kind: str | Kind = "pairwise",
    target: str | Sequence[str] = (),
    batch: int | None = BATCH,
    least_worth: float = LEAST_WORTH,
    harm: float | None = None,
    store: Store | str | Path | None = None,
    start: Graph | None = None,
    audit: Audits | None = None,
    missing: str = "error",
    seed: int = 0,
    n_jobs: int | None = None,
    limits: Limits | None = None,
    progress: bool = True,
    replay: bool = False,
) -> Result:
    """Find out what causes what, from a table and what its columns mean.

    With ``batch=None`` the same as calling the stages one by one::

        data = llmcd.table(df, variables)
        found = llmcd.candidates(data, background=...)
        questions = llmcd.plan(found, variables, expert=expert)
        answers = llmcd.ask(questions, expert)
        result = llmcd.combine(found, answers)

    Otherwise the expert is asked in rounds: what it answered decides which pairs are
    worth asking next, and when to stop, which the result says.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a unit, one column a variable. No row ever leaves the machine.
    variables : Variables, mapping, or path, optional
        What the columns mean: ``{name: text}``, the content of a ``variables.yaml``,
        or its path. Needed when somebody is asked.
    expert : Expert or str, or sequence of these, optional
        ``"provider/model"``, ``"recorded:FILE"``, ``"human"``, any object with
        ``answer(question)``, or None to ask nobody. Several are each asked everything
        and trusted as far as each has earned it.
    method : {"auto", "order", "pc", "ges"}, Method, or several of these, optional
        How candidates are found.
    background : Background or mapping, optional
        Required and forbidden edges and tiers, obeyed exactly; joined with the tiers
        of the descriptions.
    bootstrap : int, optional
        Number of resamples.
    mode : {"auto", "safe", "posterior"}, optional
        ``safe`` lets the expert direct only what the data leaves open.
    budget : Budget, optional
        Limits in calls, tokens and US dollars that are never overrun.
    kind : str or Kind, optional
        How the expert is asked, as in :func:`plan`.
    target : str or sequence of str, optional
        Variables whose edges matter most to you, such as the two of an effect.
    batch : int, optional
        Pairs asked about before the next are chosen; None asks everything at once, as
        do safe mode, questions that are not about one pair, and more than 200 columns.
    least_worth : float, optional
        Asking stops when the best question left is expected to spare less, in wrong
        edges.
    harm : float, optional
        Most that the answers may cost, in edges of expected loss, if the expert knows
        nothing and is believed; None is no limit.
    store : Store or path, optional
        Where answers are kept; asked again with the same store, nothing is paid
        twice.
    start : Graph, optional
        A graph of one's own: search and sampling begin there as well, and the result's
        ``refinement`` scores it edge by edge and proposes changes.
    audit : Audit or path, or sequence of these, optional
        What an audit of the expert found; the combiner starts from it, discounted.
    missing : {"error", "listwise", "category"}, optional
        What to do about missing cells.
    seed : int, optional
        Of the resampling.
    n_jobs : int, optional
        Processes; None leaves it to ``joblib.parallel_config``.
    limits : Limits, optional
        Of time and memory for finding candidates.
    progress : bool, optional
        Whether to show progress on standard error.
    replay : bool, optional
        Take every reply from the store, ask nothing, and fail when one is missing.

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If the table cannot be used; every problem is listed with its fix.
    VariablesError
        If descriptions or background knowledge cannot be used.
    ExpertError
        If the expert cannot be reached or set up; nothing falls back in silence.
    ValueError
        If a limit is out of range, or a target is no column.
    TypeError
        If the budget is no Budget.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> dose, age = rng.normal(size=(2, 500))
    >>> df = pd.DataFrame({"dose": dose, "age": age})
    >>> df["pain"] = age - 2 * dose + rng.normal(size=500)
    >>> print(discover(df, bootstrap=10, progress=False).graph)
    dose --> pain
    age --> pain
    """
    described = Variables.of({} if variables is None else variables)
    somebody, limit, kind = resolve(expert), as_budget(budget), kind_of(kind)
    check_rounds(batch, least_worth, harm)
    audit = None if audit is None else audits_of(audit)
    whom = () if somebody is None else tuple(map(label, members(somebody)))
    heard = None if audit is None else priors(audit, whom)
    known = Background.of(background).merge(Background.from_variables(described))
    rows = table(data, described if len(described) else None, missing=missing)
    found = candidates(
        rows, method=method, background=known, bootstrap=bootstrap, start=start,
        seed=seed, n_jobs=n_jobs, limits=limits, progress=progress,
    )  # fmt: skip
    check_target(found, target)
    answers = Answers.none()
    if somebody is None:
        pass
    elif batch is None or kind != PAIRWISE or not has_worth(found, mode):
        questions = plan(found, described, expert=somebody, budget=limit, kind=kind,
                         target=target, harm=harm, mode=mode)  # fmt: skip
        answers = ask(questions, somebody, store=store, budget=limit, progress=progress,
                      replay=replay)  # fmt: skip
    else:
        answers = ask_in_rounds(
            found, described, somebody, kind=kind, budget=limit, store=store,
            progress=progress, replay=replay, batch=batch, least=least_worth,
            harm=harm, target=target, audits=heard,
        ).answers  # fmt: skip
    result = combine(found, answers, variables=described, mode=mode, audit=audit)
    return replace(result, data=None if data is rows else as_frame(data, described))


def refine(
    data: pd.DataFrame,
    graph: Graph,
    variables: Describes | None = None,
    expert: Whom | None = None,
    **options: Any,
) -> Refinement:
    """Score a graph of one's own, edge by edge, and propose changes.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a unit, one column a variable.
    graph : Graph
        A DAG, CPDAG or MPDAG over some of the columns.
    variables : Variables, mapping, or path, optional
        What the columns mean; needed when somebody is asked.
    expert : Expert or str, or sequence of these, optional
        Whose answers count besides the rows.
    options : Any
        Further arguments of :func:`discover`, whose ``start`` is the graph.

    Returns
    -------
    Refinement
        Prints as a list of proposals; ``to_frame()`` gives them as a table, ``edges``
        every edge with its probabilities and score differences.

    Raises
    ------
    GraphError
        If a node is no column, or no DAG is among the members of the graph.
    DataError
        If the table cannot be used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from llmcd.graph import Graph
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame(rng.normal(size=(500, 2)), columns=["dose", "age"])
    >>> df["pain"] = df.age - 2 * df.dose + rng.normal(size=500)
    >>> mine = Graph.from_edges(
    ...     df.columns, directed=[("dose", "pain"), ("pain", "age")]
    ... )
    >>> print(refine(df, mine, bootstrap=10, progress=False))
    a graph of 2 edges against 500 rows: 1 change proposed
    1. reverse pain --> age: age --> pain
       probability 1.00 (1.00 by the rows alone); score of 500 rows ...
    """
    found = discover(data, variables, expert, start=graph, **options)
    return found.refine(graph) if found.refinement is None else found.refinement
