"""Our pairs, and tables in the published forms, written by us."""

import csv
from collections import Counter
from importlib.resources import files

import networkx as nx
import pytest
from auditing.experts import read_by_sides

from llmcd.auditing.pairs import (
    CausePair,
    load_neuropathic,
    load_pairs,
    load_tuebingen,
    own_pairs,
)
from llmcd.errors import FormatError


def test_our_pairs():
    """At least 200 over ten domains, none twice, each with a reason, no circle."""
    text = files("llmcd.auditing").joinpath("pairs.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) >= 200
    assert min(Counter(r["domain"] for r in rows).values()) >= 20
    assert all(len(r["reason"]) > 10 and r["cause"] != r["effect"] for r in rows)
    pairs = [(x.cause, x.effect) for x in own_pairs()]
    assert len({frozenset(p) for p in pairs}) == len(pairs)
    assert nx.is_directed_acyclic_graph(nx.DiGraph(pairs))


def test_wording_and_length_tell_nothing():
    """Read without meaning, on either side: the 95 % interval contains one half.

    Pronouns and articles would tell: what is called "its" was named before.
    """
    for low, _, high in read_by_sides([(x.cause, x.effect) for x in own_pairs()]):
        assert low <= 0.5 <= high
    words = {w for x in own_pairs() for w in f"{x.cause} {x.effect}".split()}
    assert not words & {"a", "an", "the", "it", "its", "that", "which", "their"}


def test_a_leak_is_found():
    """The reader is not blind: an article before every cause is enough."""
    told = [(f"the {x.cause}", x.effect) for x in own_pairs()]
    assert min(low for low, _, _ in read_by_sides(told)) > 0.5


def test_tuebingen_form(tmp_path):
    """The columns of cause and effect tell the direction; fixtures of our own."""
    path = tmp_path / "pairmeta.txt"
    path.write_text("0001 1 1 2 2 1\n0002 2 2 1 1 0.5\n0003 1 1 2 2 1\n")
    wanted = (CausePair("rain", "mud"), CausePair("germs", "fever", weight=0.5))
    names = {"0001": ("rain", "mud"), "0002": ("fever", "germs")}
    assert load_tuebingen(path, names) == wanted
    table = tmp_path / "names.csv"
    table.write_text("pair_id,first,second\n0001,rain,mud\n2,fever,germs\n")
    assert load_tuebingen(path, table) == wanted
    assert load_pairs(tmp_path) == wanted
    # the published table of names: a comma in the number, four columns of words
    table.write_text(
        "pair_id,cause,effect,cause1,cause2,effect1,effect2\n"
        '"pair0001,",rain|the mud,mud|the rain,rain,the mud,mud,the rain\n'
        '"pair0002,",fever|x,x|y,fever,x,germs,y\n'
    )
    assert load_tuebingen(path, table) == wanted
    table.write_text("pair_id,first\n0001,rain\n")
    with pytest.raises(FormatError, match="row 1: expected pair_id"):
        load_tuebingen(path, table)
    path.write_text("0001 x\n")
    with pytest.raises(FormatError, match="line 1: expected a number"):
        load_tuebingen(path, {})


CHOICE = (
    "You help somebody. Which is likelier?\tA. {} causes {}.\tB. {} causes {}{}\t\t"
    "Think about it. Then answer within the tags <Answer>A/B</Answer>."
)


def written(path, rows):
    """A table in the published columns."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pair_id", "prompt", "groundtruth"])
        writer.writerows([f"pair{k}", *row] for k, row in enumerate(rows))
    return path


def test_neuropathic_choices(tmp_path):
    """Two claims in a prompt, and A, B or C; blanks and stops within names are kept."""
    root, pain = "Left L5 root, inj.", "Left leg pain"
    path = written(
        tmp_path / "prompts.csv",
        [
            (CHOICE.format(root, pain, pain, root, "."), "A"),
            (CHOICE.format("ache ", "nerve", "nerve", "ache ", "."), "B"),
            (CHOICE.format("toe", "ear", "ear", "toe", "\tC. No relation."), "C"),
        ],
    )
    found = load_neuropathic(path)
    assert [(x.cause, x.effect) for x in found] == [(root, pain), ("nerve", "ache")]
    assert {x.domain for x in found} == {"neuropathic pain"}
    assert load_pairs(path) == found


def test_neuropathic_questions(tmp_path):
    """One question and Yes or No: both directions of a pair are one pair."""
    rows = [
        ("Does root cause pain? One word: Yes or No.", "Yes"),
        ("Does pain cause root? One word: Yes or No.", "No"),
    ]
    path = written(tmp_path / "one.csv", rows)
    assert [(x.cause, x.effect) for x in load_neuropathic(path)] == [("root", "pain")]
    written(path, [rows[0], (rows[1][0], "Yes")])
    with pytest.raises(FormatError, match="row 2: another row says the opposite"):
        load_neuropathic(path)


@pytest.mark.parametrize(
    "row",
    [
        ("Which is it? A. x causes y. B. x causes y. Say.", "A"),
        ("No claim at all.", "A"),
        ("Does x cause y?", "perhaps"),
    ],
)
def test_neuropathic_rows_that_are_not(tmp_path, row):
    """Claims that are not each other's opposite, none, and no known truth."""
    path = written(tmp_path / "bad.csv", [row])
    with pytest.raises(FormatError, match="row 1: expected two variables"):
        load_neuropathic(path)


def test_tables_of_ones_own(tmp_path):
    """Cause and effect, or two variables and A or B for the first or the second."""
    path = tmp_path / "pairs.csv"
    path.write_text("var1,var2,groundtruth\nroot,pain,A\nache,nerve,B\n")
    found = load_pairs(path)
    assert [(x.cause, x.effect) for x in found] == [("root", "pain"), ("nerve", "ache")]
    path.write_text("cause,effect,domain,weight\nrain,mud,field,0.5\nsun,heat,,\n")
    assert load_pairs(path) == (
        CausePair("rain", "mud", "field", 0.5), CausePair("sun", "heat")
    )  # fmt: skip
    for bad in ("rain,rain,,", "rain,,,", "rain,mud,,no", "rain,mud,,-1"):
        path.write_text(f"cause,effect,domain,weight\n{bad}\n")
        with pytest.raises(FormatError, match="row 1: expected a cause"):
            load_pairs(path)
    with pytest.raises(FormatError, match="cannot be read"):
        load_pairs(tmp_path / "nothing.csv")
