"""A review that is served while a test runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from made import answer, made_candidates

from llmcd import folder
from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.review.server import ReviewServer, review_server
from llmcd.variables import Variable, Variables


def run_folder(path: Path, names=("a", "b", "c", "d", "e"), text="fine") -> Path:
    """A run with two arrows of the data, one open edge and answers."""
    a, b, c, d, e = names
    data = Graph.from_edges(names, directed=[(a, c), (b, c)], undirected=[(d, e)])
    replies = Answers(
        (answer(a, c, "b->a", reasoning=text), answer(c, a, "a->b", reasoning=text))
    )
    each = tuple(Variable(name, description=text) for name in names)
    return folder.save(
        path, combine(made_candidates(data), replies), Variables(variables=each)
    )


@contextmanager
def served(run: Path) -> Iterator[ReviewServer]:
    """The review of a run folder, listening."""
    server = review_server(run, author="A. B.")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
