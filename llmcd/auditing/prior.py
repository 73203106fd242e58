"""What audits are worth to the combiner."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from llmcd.auditing.audit import Audit
from llmcd.combiner.audited import Audited

__all__ = ["audits_of", "priors"]


def audits_of(
    given: Audit | str | os.PathLike[str] | Iterable[Audit | str | os.PathLike[str]],
) -> tuple[Audit, ...]:
    """Audits that the combiner can start from.

    Parameters
    ----------
    given : Audit, path, or iterable of these
        One, or one for each of several experts.

    Returns
    -------
    tuple of Audit

    Raises
    ------
    ValueError
        If two are of the same expert, or one has no confusion matrix.
    FormatError
        If a file holds no audit.
    """
    some = [given] if isinstance(given, Audit | str | os.PathLike) else [*given]
    found = tuple(x if isinstance(x, Audit) else Audit.read(x) for x in some)
    labels = [one.expert for one in found if one.prior()]  # or it says why not
    if twice := sorted({name for name in labels if labels.count(name) > 1}):
        raise ValueError(f"there are several audits of {twice}; give one of each")
    return found


def priors(
    audits: Audit | str | os.PathLike[str] | Iterable[Audit | str | os.PathLike[str]],
    experts: Sequence[str],
) -> dict[str, Audited]:
    """What audits are worth to the combiner, by expert.

    Parameters
    ----------
    audits
        As of ``audits_of``.
    experts : sequence of str
        Who gave answers; an audit must be of one of them.

    Returns
    -------
    dict of str to Audited
        Empty when nobody gave any answer.

    Raises
    ------
    ValueError
        If an audit is of somebody else, or as of ``audits_of``.
    FormatError
        If a file holds no audit.
    """
    found = {one.expert: one.prior() for one in audits_of(audits)}
    strange = sorted(found.keys() - set(experts)) if experts else []
    if strange:
        raise ValueError(
            f"the audit is of {strange}, and the answers are of {list(experts)}: an "
            "audit says nothing of another expert"
        )
    return found if experts else {}
