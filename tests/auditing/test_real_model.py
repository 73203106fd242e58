"""The small real model is audited as any other, and comes out as uninformative."""

from expert import test_real_model as control
from expert.conftest import litellm, quick  # noqa: F401 - fixtures
from expert.test_real_model import process  # noqa: F401 - a fixture

from llmcd.auditing.audit import audit
from llmcd.auditing.axioms import Axioms
from llmcd.auditing.direction import Direction

pytestmark = control.pytestmark


def test_uninformative(process, tmp_path):  # noqa: F811
    """Nothing that it says is better than a coin, and the first in words says so."""
    _, address = process
    tasks = [Direction(), Axioms(sizes=(3, 4))]
    found = audit(
        control.served(address), tasks=tasks, n=24, store=tmp_path / "s.sqlite",
        progress=False,
    )  # fmt: skip
    assert found.calls == 48
    assert found.usd is None
    assert found.words[0].startswith("Uninformative")
    assert {s.level for s in found.sections} <= {
        "too few answers", "no better than chance", "worse than chance"
    }  # fmt: skip
