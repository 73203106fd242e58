"""The embedded example is what its README says, and everything in it fits together."""

import gzip
import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.expert.answers import VERDICTS
from llmcd.expert.questions import pairwise_question
from llmcd.expert.recorded import Recorded
from llmcd.graph import Graph
from llmcd.variables import Variables

FOLDER = files("llmcd").joinpath("examples", "alarm")
SCALE = ("ZERO", "LOW", "NORMAL", "HIGH")

# Beinlich et al. (1989): the prior probabilities of the network's root variables.
PRIORS = {
    ("ANAPHYLAXIS", "TRUE"): 0.01,
    ("DISCONNECT", "TRUE"): 0.10,
    ("ERRCAUTER", "TRUE"): 0.10,
    ("ERRLOWOUTPUT", "TRUE"): 0.05,
    ("FIO2", "LOW"): 0.05,
    ("HYPOVOLEMIA", "TRUE"): 0.20,
    ("INSUFFANESTH", "TRUE"): 0.10,
    ("INTUBATION", "ESOPHAGEAL"): 0.03,
    ("INTUBATION", "ONESIDED"): 0.05,
    ("KINKEDTUBE", "TRUE"): 0.04,
    ("LVFAILURE", "TRUE"): 0.05,
    ("MINVOLSET", "HIGH"): 0.05,
    ("MINVOLSET", "LOW"): 0.05,
    ("PULMEMBOLUS", "TRUE"): 0.01,
}


@pytest.fixture(scope="module")
def rows():
    """The table."""
    with FOLDER.joinpath("rows.csv.gz").open("rb") as packed:
        return pd.read_csv(packed, compression="gzip", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def variables():
    """The descriptions."""
    return Variables.of(FOLDER.joinpath("variables.yaml"))


@pytest.fixture(scope="module")
def truth(rows):
    """The network's DAG."""
    with FOLDER.joinpath("truth.csv").open("rb") as text:
        edges = pd.read_csv(text)
    assert list(edges.columns) == ["cause", "effect"]
    pairs = edges.itertuples(index=False, name=None)
    return Graph.from_edges(rows.columns, directed=pairs)


@pytest.fixture(scope="module")
def answers():
    """The recorded answers, one object a line."""
    text = FOLDER.joinpath("answers.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_one_set_of_names(rows, variables, truth, answers):
    """Rows, descriptions, truth and answers speak of the same 37 variables."""
    assert rows.shape == (2000, 37)
    assert set(rows.columns) == set(variables.names)
    assert {name for x in answers for name in (x["a"], x["b"])} <= set(truth.names)


def test_the_published_graph(truth):
    """The graph has the published counts, roots and a published family."""
    assert truth.is_dag
    assert truth.n_edges == 46
    roots = {name for name in truth.names if not truth.parents(name)}
    assert roots == {name for name, _ in PRIORS}
    family = {"ARTCO2", "INSUFFANESTH", "SAO2", "TPR"}
    assert set(truth.parents("CATECHOL")) == family


def test_columns_do_not_give_the_order_away(rows, truth):
    """Causes do not stand before their effects more often than by chance."""
    at = {name: k for k, name in enumerate(rows.columns)}
    forward = sum(at[a] < at[b] for a, b in truth.directed_edges())
    assert abs(forward - 23) < 4 * np.sqrt(46 / 4)
    assert list(rows.columns) != sorted(rows.columns)


def test_rows_follow_the_published_priors(rows):
    """Root variables are as frequent as published, within four standard errors."""
    for (name, level), p in PRIORS.items():
        share = float((rows[name] == level).mean())
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / len(rows)), (name, level)


def test_parents_matter_in_the_rows(rows, truth):
    """Nearly every edge shows in the rows: a chi-squared test without other columns."""
    from scipy.stats import chi2_contingency

    seen = sum(
        chi2_contingency(pd.crosstab(rows[a], rows[b])).pvalue < 0.01
        for a, b in truth.directed_edges()
    )
    assert seen >= 40


def test_descriptions_fit_the_rows(rows, variables):
    """Every level that occurs is declared; ordinal levels run from low to high."""
    assert variables.domain
    assert not variables.lint()
    for name in variables.names:
        about, found = variables[name], set(rows[name])
        assert about.label
        assert about.description
        assert about.kind in ("binary", "nominal", "ordinal")
        if about.kind == "binary":
            assert len(found) == 2
        if about.kind == "ordinal":
            assert found <= set(about.levels)
            places = [SCALE.index(level) for level in about.levels]
            assert places == sorted(places)
            assert len(places) >= 3


def test_the_table_takes_them_as_declared(rows, variables):
    """No column is set aside and every ordinal variable stays ordinal."""
    table = llmcd.table(rows, variables)
    assert not table.set_aside
    assert dict(zip(table.names, table.kinds, strict=True)) == {
        name: variables[name].kind for name in variables.names
    }
    for name, levels in zip(table.names, table.levels, strict=True):
        if variables[name].kind == "ordinal":
            declared = variables[name].levels
            assert [x for x in declared if x in levels] == list(levels)


def test_answers(truth, answers):
    """120 pairs in both orders, every true edge among them, verdicts well-formed."""
    asked = {(x["a"], x["b"]) for x in answers}
    assert len(answers) == len(asked) == 240
    assert asked == {(b, a) for a, b in asked}
    assert set(truth.directed_edges()) <= asked
    for x in answers:
        assert x["verdict"] in (*VERDICTS, None)
        assert sum(x["p"].values()) == pytest.approx(1.0, abs=0.02)
        assert x["reasoning"]
        assert not set(x["reasoning"].split()) & set(truth.names) - {"CO", "HR", "BP"}


def test_recorded_replays_it(variables, answers):
    """Each question about a recorded pair gets the recorded verdict, turned right."""
    expert = Recorded(str(FOLDER.joinpath("answers.jsonl")))
    shown = {"a->b": "A_causes_B", "b->a": "B_causes_A", "none": "no_direct_relation"}
    for x in answers[::7]:
        question = pairwise_question(variables, x["a"], x["b"])
        said = expert.answer(question).text
        assert shown.get(x["verdict"], "") in said


def test_bytes_do_not_depend_on_the_day():
    """The packed file carries no time stamp and no file name (RFC 1952, 2.3)."""
    raw = FOLDER.joinpath("rows.csv.gz").read_bytes()
    assert raw[3] == 0
    assert raw[4:8] == b"\0\0\0\0"
    assert gzip.decompress(raw).endswith(b"\n")


def test_readme_names_every_file():
    """Each file of the example is explained, with no trace of where it was made."""
    text = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    here = {item.name for item in FOLDER.iterdir()} - {"README.md", "__pycache__"}
    assert all(f"`{name}`" in text for name in here)
    assert "Beinlich" in text
    assert not any(word in text for word in ("/tmp", "/home", "/root"))
