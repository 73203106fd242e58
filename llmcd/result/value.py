"""What a result is made of: fields, tables, equality, its run folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llmcd import folder
from llmcd.combiner.changes import Changes
from llmcd.combiner.combined import Combined
from llmcd.combiner.refinement import Refinement
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Value"]


@dataclass(frozen=True, eq=False, repr=False)
class Value:
    """The fields of a :class:`llmcd.Result`, and what is read off them."""

    combined: Combined
    variables: Variables = field(default_factory=Variables)
    data: pd.DataFrame | None = None
    changes: Changes | None = None
    refinement: Refinement | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return NotImplemented
        one, two = (folder.content_of(x.combined, x.variables) for x in (self, other))
        return one == two

    def __reduce__(self) -> tuple[Any, ...]:
        found = replace(self.candidates, table=None)
        combined = replace(self.combined, candidates=found)
        return type(self), (
            combined, self.variables, None, self.changes, self.refinement
        )  # fmt: skip

    @property
    def graph(self) -> Graph:
        """The MPDAG: everything directed that data, knowledge or expert decide."""
        return self.combined.graph

    @property
    def data_graph(self) -> Graph:
        """The data's own CPDAG, as if nobody had been asked."""
        return self.combined.data_graph

    @property
    def candidates(self) -> Candidates:
        """The data's side, with every resample."""
        return self.combined.candidates

    @property
    def answers(self) -> Answers:
        """The expert's side, with every reply."""
        return self.combined.answers

    @property
    def edges(self) -> pd.DataFrame:
        """One row an edge; columns as in the README."""
        return folder.edge_table(self.combined)

    @property
    def conflicts(self) -> pd.DataFrame:
        """Pairs on which data and expert disagree, the strongest first."""
        return folder.conflict_table(self.combined)

    @property
    def reliability(self) -> pd.DataFrame:
        """One row an expert: how far it can be trusted, and why."""
        return folder.reliability_table(self.combined)

    @property
    def data_report(self) -> pd.DataFrame:
        """What was converted, inferred, set aside or found odd in the table."""
        return folder.note_table(self.combined.candidates.notes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know, the most important first."""
        return self.combined.warnings

    def save(self, path: str | Path) -> Path:
        """Write the run folder: JSON, CSV and GraphML, never rows.

        Parameters
        ----------
        path : str or Path
            A new or empty folder, or an earlier run folder, which is overwritten;
            earlier answers that are not this result's are kept beside.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FormatError
            If the folder holds something else.
        """
        target = folder.save(path, self.combined, self.variables)
        for name, value in (
            (folder.CHANGES, self.changes),
            (folder.REFINEMENT, self.refinement),
        ):
            content = None if value is None else value.to_dict()
            frame = None if value is None else value.to_frame()
            folder.save_beside(target, name, content, frame)
        return target

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a run folder.

        Parameters
        ----------
        path : str or Path
            What ``save`` wrote.

        Returns
        -------
        Result
            Without the rows, which are in no run folder.

        Raises
        ------
        FormatError
            If a file is missing, damaged or of another run; it is named.
        """
        combined, variables = folder.load(path)
        changes = folder.load_beside(path, folder.CHANGES, Changes.from_dict)
        own = folder.load_beside(path, folder.REFINEMENT, Refinement.from_dict)
        return cls(combined, variables, None, changes, own)
