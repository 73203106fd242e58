"""causal-learn's PC with background knowledge made of recorded replies."""

from __future__ import annotations

from typing import Any

from asked import DIRECTIONS, Replies
from causal_learn_peer import _edges, _reorder
from protocol import Prepared, Rows, serve


def pc_knowledge(rows: Rows, options: dict[str, Any]) -> Prepared:
    """PC with ``test`` at ``alpha``; agreed directions required, reverses forbidden.

    No pair is ever forbidden both ways: PC would take it for separated by the empty set
    and direct colliders over it.
    """
    from causallearn.graph.GraphNode import GraphNode
    from causallearn.search.ConstraintBased.PC import pc as search
    from causallearn.utils.PCUtils.BackgroundKnowledge import BackgroundKnowledge

    replies = Replies(options["answers"])
    knowledge = BackgroundKnowledge()
    for a, b in replies.pairs:
        verdict = replies.agreed(a, b)
        if verdict not in DIRECTIONS:
            continue
        cause, effect = (a, b) if verdict == "a->b" else (b, a)
        ends = GraphNode(cause), GraphNode(effect)  # nodes are equal by name
        knowledge.add_required_by_node(*ends).add_forbidden_by_node(*ends[::-1])
    return Prepared(
        lambda: search(
            rows.values, options["alpha"], options["test"], True, show_progress=False,
            node_names=rows.names, background_knowledge=knowledge,
        ),
        lambda found: _edges(rows, _reorder(rows, found.G)),
        after=lambda _: replies.told(),
    )  # fmt: skip


if __name__ == "__main__":
    serve({"pc_knowledge": pc_knowledge}, ["causal-learn", "numpy", "scipy"])
