"""Equivalence classes of DAGs: Meek's rules, CPDAG, MPDAG, extensions, members."""

from llmcd.equivalence.closure import (
    consistent_extension,
    cpdag,
    is_cpdag,
    is_extendable,
    is_mpdag,
    legal_extension,
    meek_closure,
    mpdag,
    orient,
    pattern,
)
from llmcd.equivalence.counting import (
    count_members,
    covered_edges,
    direction_shares,
    members,
    sample_member,
)

__all__ = [
    "consistent_extension",
    "count_members",
    "covered_edges",
    "cpdag",
    "direction_shares",
    "is_cpdag",
    "is_extendable",
    "is_mpdag",
    "legal_extension",
    "meek_closure",
    "members",
    "mpdag",
    "orient",
    "pattern",
    "sample_member",
]
