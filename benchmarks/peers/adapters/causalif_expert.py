"""causalif with recorded replies in the place of its language model.

It asks three things of a pair, each in one presentation order: whether the two are
associated, whether directly or indirectly, and, of the edges it has drawn, which of the
two causes the other. A recorded direction says: associated, directly, and that
direction. "No direct relation" says: independent. A common cause says: associated,
indirectly. No reply says: unknown.
"""

from __future__ import annotations

import os
import re
from itertools import permutations
from typing import Any

import pandas as pd
from asked import DIRECTIONS, Replies
from causalif.engine import CausalIFEngine
from protocol import Prepared, Rows, serve

# It starts as many threads as there are processors, and each seeds the one generator
# that all draw from: with one thread it says the same every time.
os.cpu_count = lambda: 1

_SECTION = re.compile(r"^Main factors: (.*)$", re.MULTILINE)
_DIRECTION = re.compile(
    r"consider these two factors: '(.*)' and '(.*)'\.$", re.MULTILINE
)


class Model:
    """What causalif takes for a language model."""

    def __init__(self, replies: Replies, names: list[str], orders: str) -> None:
        self._replies, self._orders = replies, orders
        self._pairs = {f"{a} and {b}": (a, b) for a, b in permutations(names, 2)}
        if len(self._pairs) != len(names) * (len(names) - 1):
            raise ValueError("the names of two pairs read the same in its questions")

    def invoke(self, asked: Any) -> str:
        """Answer one prompt, or the last of a list of messages."""
        prompt = asked if isinstance(asked, str) else asked[-1].content
        if "Which is the correct causal direction?" in prompt:
            found = _DIRECTION.search(prompt)
            if found is None:
                raise ValueError("its question about a direction reads otherwise")
            verdict = self._verdict(f"{found[1]} and {found[2]}")
            return {"a->b": "(A)", "b->a": "(B)"}.get(verdict or "", "(C) Unknown")
        if "Association Type Question:" in prompt:
            answer = self._kind
        elif "Association Question:" in prompt:
            answer = self._associated
        else:
            raise ValueError("it asks something that no reply was recorded for")
        return "\n".join(
            f"--- Edge {k} ---\nAnswer: {answer(self._verdict(pair))}"
            for k, pair in enumerate(_SECTION.findall(prompt), 1)
        )

    def _verdict(self, pair: str) -> str | None:
        return self._replies.ask(*self._pairs[pair], self._orders)

    @staticmethod
    def _associated(verdict: str | None) -> str:
        if verdict is None:
            return "(C) Unknown"
        return "(B) Independent" if verdict == "none" else "(A) Associated"

    @staticmethod
    def _kind(verdict: str | None) -> str:
        direct = verdict in DIRECTIONS
        return "(D) Directly Associated" if direct else "(E) Indirectly Associated"


def causalif(rows: Rows, options: dict[str, Any]) -> Prepared:
    """The complete algorithm as it comes; ``orders`` "one" or "both" of each pair."""
    replies = Replies(options["answers"])
    model = Model(replies, rows.names, options["orders"])
    # As texts: it takes whole numbers with more than seven values for measurements.
    frame = pd.DataFrame(rows.values, columns=rows.names).map("level {}".format)

    def run() -> Any:
        engine = CausalIFEngine(model, dataframe=frame.copy())
        return engine.run_complete_causalif(list(rows.names), ["statistics"])[1]

    return Prepared(
        run,
        lambda found: [(a, b, "-->") for a, b in sorted(found.edges())],
        is_dag=True,
        after=lambda _: replies.told(),
    )


if __name__ == "__main__":
    serve({"causalif": causalif}, ["causalif", "pgmpy", "numpy", "pandas"])
