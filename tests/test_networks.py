"""BIF files are read as written, and rows follow the network's distribution."""

import gzip
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcd.errors import FormatError
from llmcd.networks import DiscreteNetwork, read_bif, write_bif

# Lauritzen and Spiegelhalter (1988), table 1: P(yes), by the parents' states.
ASIA = """
network unknown {
}
variable asia { type discrete [ 2 ] { yes, no }; }
variable tub { type discrete [ 2 ] { yes, no }; }
variable smoke { type discrete [ 2 ] { yes, no }; }
variable lung { type discrete [ 2 ] { yes, no }; }
variable bronc { type discrete [ 2 ] { yes, no }; }
variable either { type discrete [ 2 ] { yes, no }; }
variable xray { type discrete [ 2 ] { yes, no }; }
variable dysp { type discrete [ 2 ] { yes, no }; }
probability ( asia ) { table 0.01, 0.99; }
probability ( tub | asia ) { (yes) 0.05, 0.95; (no) 0.01, 0.99; }
probability ( smoke ) { table 0.5, 0.5; }
probability ( lung | smoke ) { (yes) 0.1, 0.9; (no) 0.01, 0.99; }
probability ( bronc | smoke ) { (yes) 0.6, 0.4; (no) 0.3, 0.7; }
probability ( either | lung, tub ) {
  (yes, yes) 1.0, 0.0; (no, yes) 1.0, 0.0; (yes, no) 1.0, 0.0; (no, no) 0.0, 1.0;
}
probability ( xray | either ) { (yes) 0.98, 0.02; (no) 0.05, 0.95; }
probability ( dysp | bronc, either ) {
  (yes, yes) 0.9, 0.1; (no, yes) 0.7, 0.3; (yes, no) 0.8, 0.2; (no, no) 0.1, 0.9;
}
"""

# The child network's own level names, a name that is a keyword's neighbour, comments
# in every place, quotes, properties, and a table that lists the child's levels first.
ODD = """
// a line comment { with ; marks
network "odd, one" { property author "someone; else"; /* block
comment */ property version 1 ; }
variable Lung.Parench-1 { // after a brace
  type discrete[3] { Asy/Patch, <5 , >=7.5 };
  property position = (10, 20) ;
}
variable "a+b" { type discrete [ 2 ] { 5-12, table };   }
variable z=1 { type discrete [2] { +, - }; }
probability ( Lung.Parench-1 ) { table 0.2, 3e-1, 0.5 ; }
probability ("a+b"|Lung.Parench-1) {
  default 0.25, 0.75;
  (<5) 1, 0; /* only this one */
}
probability ( z=1 | Lung.Parench-1, "a+b" ) {
  table 0.1, 0.2, 0.3, 0.4, 0.5, 0.6,
        0.9, 0.8, 0.7, 0.6, 0.5, 0.4;
}
"""


def written(folder: Path, text: str, name: str = "net.bif") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def joint(network: DiscreteNetwork) -> dict[tuple[str, ...], float]:
    """Every configuration's probability, multiplied out by hand."""
    found = {}
    for codes in itertools.product(*(range(len(x)) for x in network.levels)):
        total = 1.0
        for v, table in enumerate(network.tables):
            total *= table[(*(codes[p] for p in network.parents[v]), codes[v])]
        labels = (network.levels[v][k] for v, k in enumerate(codes))
        found[tuple(labels)] = float(total)
    return found


def chance(network, **wanted):
    """The probability that some variables have these levels."""
    at = {name: network.names.index(name) for name in wanted}
    return sum(
        p for x, p in joint(network).items() if all(x[at[k]] == wanted[k] for k in at)
    )


@pytest.fixture
def asia(tmp_path):
    """The published ASIA network."""
    return read_bif(written(tmp_path, ASIA))


def test_published_marginals(asia):
    """The network implies the marginals that the paper's tables give by hand."""
    assert asia.graph.n_edges == 8
    assert sum(joint(asia).values()) == pytest.approx(1.0)
    tub = 0.01 * 0.05 + 0.99 * 0.01
    assert chance(asia, tub="yes") == pytest.approx(tub)
    assert chance(asia, lung="yes") == pytest.approx(0.055)
    assert chance(asia, bronc="yes") == pytest.approx(0.45)
    either = 1 - (1 - tub) * (1 - 0.055)
    assert chance(asia, either="yes") == pytest.approx(either)
    assert chance(asia, xray="yes") == pytest.approx(
        0.98 * either + 0.05 * (1 - either)
    )


def test_order_of_parents_is_kept(asia):
    """Each row is filed under the levels named, whatever their order in the file."""
    dysp = asia.tables[asia.names.index("dysp")]
    assert asia.parents[asia.names.index("dysp")] == (4, 5)
    assert dysp[:, :, 0].tolist() == [[0.9, 0.8], [0.7, 0.1]]


def test_odd_names_comments_and_tables(tmp_path):
    """Exotic names, comments, defaults and child-first tables are read as meant."""
    net = read_bif(written(tmp_path, ODD))
    assert net.names == ("Lung.Parench-1", "a+b", "z=1")
    assert net.levels == (("Asy/Patch", "<5", ">=7.5"), ("5-12", "table"), ("+", "-"))
    assert net.tables[0].tolist() == pytest.approx([0.2, 0.3, 0.5])
    assert net.tables[1].tolist() == [[0.25, 0.75], [1.0, 0.0], [0.25, 0.75]]
    plus = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    assert np.allclose(net.tables[2][..., 0], plus)
    assert np.allclose(net.tables[2].sum(axis=-1), 1.0)


def test_compressed_is_the_same(tmp_path):
    """A gzip file is recognised by its content."""
    path = tmp_path / "x.bif"
    path.write_bytes(gzip.compress(ODD.encode()))
    assert read_bif(path).names == ("Lung.Parench-1", "a+b", "z=1")


@pytest.mark.parametrize("name", ["again.bif", "again.bif.gz"])
@pytest.mark.parametrize("text", [ASIA, ODD])
def test_round_trip(tmp_path, text, name):
    """What is written is read back, digit by digit."""
    net = read_bif(written(tmp_path, text))
    write_bif(net, tmp_path / name)
    again = read_bif(tmp_path / name)
    assert (again.names, again.levels, again.parents) == (
        net.names,
        net.levels,
        net.parents,
    )
    for one, two in zip(net.tables, again.tables, strict=True):
        assert np.allclose(one, two, rtol=1e-15, atol=0)


def within_four_sigma(rows, p, n):
    """Whether a count is as its probability says."""
    return abs(rows - n * p) <= 4 * np.sqrt(n * p * (1 - p)) + 1e-9


def test_sampling_follows_the_joint(asia):
    """Each configuration of ASIA occurs as often as its joint probability says."""
    n = 20_000
    counts = asia.sample(n, seed=1).astype(str).value_counts().to_dict()
    for labels, p in joint(asia).items():
        assert within_four_sigma(counts.pop(labels, 0), p, n), labels
    assert not counts


def test_sampled_columns(tmp_path):
    """Columns are categorical with every level in declared order, drawn or not."""
    net = read_bif(written(tmp_path, ODD))
    rows = net.sample(5, seed=3)
    assert tuple(rows.columns) == net.names
    for name, levels in zip(net.names, net.levels, strict=True):
        assert tuple(rows[name].cat.categories) == levels
        assert not rows[name].cat.ordered
    assert net.sample(5, seed=3).equals(rows)
    assert not net.sample(50, seed=4).equals(net.sample(50, seed=3))
    assert len(net.sample(0, seed=0)) == 0
    with pytest.raises(ValueError, match="0 or more"):
        net.sample(-1, seed=0)


def test_impossible_levels_are_never_drawn():
    """Zeros first, last and in the middle stay zeros."""
    table = np.array([0.0, 0.3, 0.0, 0.7, 0.0])
    net = DiscreteNetwork(["v"], [list("abcde")], [[]], [table])
    assert set(net.sample(2000, seed=0)["v"]) == {"b", "d"}


BROKEN = {
    "empty": ("", "any variable"),
    "no table": ("variable a { type discrete [1] { x }; }", r"\['a'\]"),
    "other text": ("hello", "line 1: expected network or variable"),
    "cut off": (ASIA[: ASIA.index("(no, no) 0.1")], "end of the file"),
    "unknown parent": (ASIA.replace("tub | asia", "tub | india"), "'india'"),
    "unknown level": (ASIA.replace("(yes) 0.98", "(maybe) 0.98"), "'maybe'"),
    "not a number": (
        ASIA.replace("0.98, 0.02", "0.98, x"),
        "line 20: expected numbers",
    ),
    "too few": (ASIA.replace("0.98, 0.02", "0.98"), "2 numbers, got 1"),
    "row missing": (
        ASIA.replace("(no) 0.05, 0.95;", ""),
        "configuration of the parents of xray",
    ),
    "sum": (ASIA.replace("0.98, 0.02", "0.98, 0.03"), "xray sums to 1.01"),
    "negative": (ASIA.replace("0.98, 0.02", "1.02, -0.02"), "no probability"),
    "infinite": (ASIA.replace("0.98, 0.02", "inf, 0.02"), "no probability"),
    "twice declared": (
        ASIA.replace("variable dysp", "variable xray"),
        "'xray' is declared twice",
    ),
    "two tables": (
        ASIA.replace("( lung |", "( bronc |"),
        "second probability block for 'bronc'",
    ),
    "level count": (ASIA.replace("[ 2 ]", "[ 3 ]"), "3 levels, got"),
    "level twice": (
        "variable a { type discrete [2] { x, x }; } probability (a) { table 1, 0; }",
        "distinct levels",
    ),
    "parent twice": (
        ASIA.replace("either | lung, tub", "either | lung, lung"),
        "distinct positions",
    ),
    "cycle": (ASIA.replace("tub | asia", "tub | either"), "no DAG"),
    "own parent": (ASIA.replace("tub | asia", "tub | tub"), "no DAG"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(tmp_path, case):
    """Every defect is a FormatError that says what is wrong."""
    text, words = BROKEN[case]
    with pytest.raises(FormatError, match=words):
        read_bif(written(tmp_path, text))


@pytest.mark.parametrize("cut", [20, 60])
def test_broken_bytes(tmp_path, cut):
    """A missing, damaged or binary file is a FormatError too."""
    with pytest.raises(FormatError, match="no such file"):
        read_bif(tmp_path / "nothing.bif")
    path = tmp_path / "x.bif"
    raw = gzip.compress(ASIA.encode())
    for content in (raw[:cut], raw[:cut] + b"\xff" * 40, b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"x\.bif"):
            read_bif(path)


@given(st.text('{}()/*|;,"[] \nabtypediscrete0.5', max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    """No text makes the reader fail in another way or hang."""
    path = tmp_path_factory.mktemp("any") / "x.bif"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError):
        read_bif(path)


@pytest.mark.parametrize("word", ["a b", "a,b", "", "x;", "//x", "/*x", 'q"', "a|b"])
def test_names_that_the_format_cannot_hold(tmp_path, word):
    """A name that would be read back differently is refused."""
    net = DiscreteNetwork([word or "v"], [["p", word]], [[]], [[0.5, 0.5]])
    with pytest.raises(FormatError, match="cannot hold"):
        write_bif(net, tmp_path / "x.bif")


def test_wrong_arguments():
    """Tables that do not fit their variables are refused with both shapes."""
    half = [0.5, 0.5]
    with pytest.raises(FormatError, match=r"\(2, 2\).*got \(2,\)"):
        DiscreteNetwork("ab", [["n", "y"]] * 2, [[], [0]], [half, half])
    with pytest.raises(FormatError, match="equally many, got 2, 2, 2, 1"):
        DiscreteNetwork("ab", [["n", "y"]] * 2, [[], []], [half])
    with pytest.raises(FormatError, match="given once"):
        DiscreteNetwork("aa", [["n", "y"]] * 2, [[], []], [half, half])
    with pytest.raises(FormatError, match="positions below 1"):
        DiscreteNetwork("a", [["n", "y"]], [[3]], [half])


def test_tables_cannot_be_changed():
    """A network is a value: its tables are copies and read-only."""
    mine = np.array([0.5, 0.5])
    net = DiscreteNetwork("a", [["n", "y"]], [[]], [mine])
    mine[0] = 9.0
    assert net.tables[0].tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="read-only"):
        net.tables[0][0] = 1.0
