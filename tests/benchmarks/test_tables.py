"""Tables say what the results say, and the committed ones are up to date."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from benchmarks import tables, tables_speed
from benchmarks.collect import Results, read_results
from benchmarks.comparisons import Difference
from benchmarks.figures import LINES, distance, draw, reliability
from benchmarks.tables import README, TABLES, committed, filled
from benchmarks.tables_text import markdown, minus, percent, signed, with_error

HEADER = {
    "settings": {"pairs": "planned", "limit": None, "bootstrap": 30, "search": "auto",
                 "sources": None},
    "code": ["abc"],
    "conditions": {
        "machine": {"processor": "p", "cores": 2, "memory_gib": 8.0},
        "versions": {"python": "3"}, "commit": "c" * 40, "date": "2026-01-01",
    },
}  # fmt: skip
FACTS = {"fame": 3, "nodes": 5, "edges": 10, "effective": 8, "family": "discrete",
         "null_edges": [["u", "v"], ["u", "w"]], "copies": {}}  # fmt: skip
NUMBERS = {"aid": 4, "sid_low": 2, "sid_high": 6, "d_top": 1.0, "questions": 6,
           "adjacency_hit": 6, "adjacency_false": 2, "arrow_hit": 3, "arrow_false": 1,
           "effective_found": 6, "null_found": 1, "shd": 5, "shd_cpdag": 4,
           "seconds": 0.5, "memory_mib": 100, "adjacency_log_loss": 0.2,
           "adjacency_brier": 0.1, "uncertain_log_loss": 0.6, "uncertain_brier": 0.2,
           "direction_log_loss": 0.5, "direction_brier": 0.2}  # fmt: skip


def content(network, group, shd):
    """Collected results from ``{(method, expert, arm): SHD of each seed}``."""
    runs = [
        {"rows": 500, "seed": k, "method": m, "expert": e, "arm": a, "status": "done",
         "reason": "", "kind": "dag", "shd_half": float(x), **NUMBERS}
        for (m, e, a), values in shd.items()
        for k, x in enumerate(values, start=1)
    ]  # fmt: skip
    seeds = len(next(iter(shd.values())))
    said = {"rows": [500] * 3, "expert": ["coin"] * 3, "arm": ["real"] * 3,
            "relation": ["edge, cause first"] * 2 + ["unrelated"],
            "said": ["right", "reversed", "none"], "count": [30, 10, 7]}  # fmt: skip
    bins = {"rows": [500, 500], "method": ["order"] * 2, "expert": [""] * 2,
            "arm": [""] * 2, "what": ["adjacency"] * 2, "bin": [1, 8],
            "forecasts": [10, 4], "stated": [1.5, 3.4], "true": [2, 3]}  # fmt: skip
    cells = {"rows": [500] * seeds, "seed": list(range(1, seeds + 1)),
             "seconds": [2.0] * seeds, "constant": ["x y"] + ["x"] * (seeds - 1),
             "same_columns": [""] * seeds}  # fmt: skip
    return {
        "network": network, "facts": FACTS | {"group": group}, **HEADER,
        "runs": {k: [r[k] for r in runs] for k in runs[0]},
        "calibration": bins, "consulted": said, "cells": cells,
    }  # fmt: skip


@pytest.fixture
def results():
    """Two networks, four seeds."""
    one = {
        ("order", "", ""): [4, 6, 4, 6],
        ("empty", "", ""): [10, 10, 10, 10],
        ("safe", "recorded", "real"): [2, 3, 2, 3],
        ("safe", "recorded", "alias"): [4, 4, 4, 4],
        ("safe", "coin", "real"): [4, 6, 4, 6],
        ("safe", "adversarial", "real"): [5, 8, 5, 8],
        ("expert-alone", "recorded", "real"): [1, 1, 1, 1],
        ("expert-alone", "recorded", "alias"): [6, 6, 6, 6],
    }
    two = {
        ("order", "", ""): [8, 8, 8, 8],
        ("safe", "recorded", "real"): [4, 4, 4, 4],
        ("expert-alone", "recorded", "real"): [9, 10, 9, 10],
    }
    return Results([content("pond", "published", one), content("star", "famous", two)])


def line(table, starts):
    """Cells of the one row that starts so."""
    found = [x for x in table.splitlines() if x.startswith(f"| {starts}")]
    assert len(found) == 1, (starts, table)
    return [cell.strip() for cell in found[0].strip("|").split("|")]


def test_committed_tables_are_those_of_the_committed_results():
    """``make tables`` would change nothing."""
    text = README.read_text(encoding="utf-8")
    assert filled(text, read_results(committed())) == text


def test_every_table_has_a_place_in_the_document():
    """And figures are shown where they are written."""
    text = README.read_text(encoding="utf-8")
    places = set(re.findall(r"<!-- table: ([a-z-]+) -->", text))
    assert places == {*TABLES, *tables_speed.TABLES}
    shown = re.findall(r"\]\((figures/[a-z]+\.png)\)", text)
    names = ("distance", "reliability", "scale")
    assert sorted(shown) == [f"figures/{name}.png" for name in names]
    assert all((README.parent / path).is_file() for path in shown)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_made_of_little(results, name):
    """Also of one network where nobody was asked and nothing was stated."""
    bare = content("net", "own", {("order", "", ""): [3]})
    for part in ("calibration", "consulted"):
        bare[part] = {}
    assert TABLES[name](results)
    assert TABLES[name](Results([bare]))


def test_accuracy_is_the_mean_with_its_error(results):
    """By hand; the famous network is marked and last."""
    table = TABLES["accuracy-asked"](results)
    assert line(table, "pond") == [
        "pond", "10", "500", "4", "5.0 ± 0.6", "1.0 ± 0.0", "2.5 ± 0.3"
    ]  # fmt: skip
    assert line(table, "star *")[-2:] == ["9.5 ± 0.3", "4.0 ± 0.0"]
    assert table.index("| pond ") < table.index("| star ")
    assert line(TABLES["accuracy-alone"](results), "pond")[-1] == "10.0 ± 0.0"


def test_the_gain_is_given_for_famous_networks_apart(results):
    """The ratios by hand, half an edge added to both means."""
    cells = line(TABLES["gain"](results), "safe, recorded")
    each = [3.0 / 5.5 - 1, 4.5 / 8.5 - 1]
    both = math.sqrt(3.0 / 5.5 * 4.5 / 8.5) - 1
    for cell, ratio in zip(cells[2:], [both, *each], strict=True):
        assert cell.startswith(f"−{-100 * ratio:.0f} %")
    assert line(TABLES["gain-simulated"](results), "coin")[-1].startswith("0 %")


def test_harm_is_held_against_the_margin(results):
    """The coin changes nothing; the adversary costs more than 0.5."""
    cells = line(TABLES["harm"](results), "safe: pond")
    assert cells[1:3] == ["0.5", "="]
    limit = Difference.of([1, 2, 1, 2]).upper
    assert cells[3] == f"+1.50, +{limit:.2f}, +2.0 ✗"


def test_rivals_and_losses_name_who_is_better(results):
    """expert-alone wins on one network and loses on the other."""
    cells = line(TABLES["rivals"](results), "expert-alone")
    assert cells[2] == "1 / 0 / 1"
    assert cells[-1] == "pond"
    losses = TABLES["losses"](results)
    assert "behind at least one method in 2 of 4" in losses
    assert line(losses, "pond, 500 | recorded")[3:] == [
        "expert-alone: 1.0 ± 0.0", "+1.5 ± 0.3", "0.0", "0.0", "+1.5"
    ]  # fmt: skip
    assert "star" not in losses


def test_a_loss_is_made_of_missed_edges_edges_too_many_and_directions():
    """By hand: the other has one edge more right, two fewer wrong; 5 in all."""
    made = content(
        "pond",
        "own",
        {
            ("order", "", ""): [9, 9],
            ("safe", "coin", "real"): [8, 8],
            ("as-law", "coin", "real"): [3, 3],
        },
    )
    made["runs"]["adjacency_hit"] = [6, 6, 6, 6, 7, 7]
    made["runs"]["adjacency_false"] = [2, 2, 4, 4, 2, 2]
    results = Results([made])
    assert line(TABLES["losses"](results), "pond, 500 | coin")[4:] == [
        "+5.0 ± 0.0", "+1.0", "+2.0", "+2.0"
    ]  # fmt: skip
    assert line(TABLES["losers"](results), "as-law, coin")[1:] == [
        "1 of 1", "pond", "+1.0", "+2.0", "+2.0"
    ]  # fmt: skip


def test_others_are_held_against_ours_on_the_same_samples():
    """What asks against our mode, what does not against data alone."""
    made = content(
        "pond",
        "own",
        {
            ("order", "", ""): [9, 9],
            ("safe", "recorded", "real"): [4, 6],
            ("causalif", "recorded", "real"): [6, 7],
            ("pgmpy GES", "", ""): [8, 8],
        },
    )
    table = TABLES["accuracy-peers"](Results([made]))
    assert line(table, "pond, 500 | causalif")[2:7] == [
        "yes", "2", "6.5 ± 0.5", "5.0 ± 1.0", "+1.5 ± 0.5"
    ]  # fmt: skip
    assert line(table, "pond, 500 | pgmpy GES")[2:7] == [
        "no", "2", "8.0 ± 0.0", "9.0 ± 0.0", "−1.0 ± 0.0"
    ]  # fmt: skip
    assert "causalif" not in TABLES["accuracy-asked"](Results([made]))


def test_a_part_taken_out_is_in_its_own_table_only():
    """Against the whole on the same samples; no rival and no loss."""
    made = content(
        "pond",
        "own",
        {
            ("order", "", ""): [9, 9],
            ("order: 1 start", "", ""): [9, 10],
            ("posterior", "recorded", "real"): [4, 6],
            ("posterior: order only", "recorded", "real"): [3, 4],
        },
    )
    results = Results([made])
    table = TABLES["ablations"](results)
    assert line(table, "posterior: order only, recorded")[3:6] == [
        "5.0", "3.5", "−1.50 ± 0.50"
    ]  # fmt: skip
    assert line(table, "order: 1 start")[5] == "+0.50 ± 0.50"
    for name in ("losses", "losers", "rivals", "accuracy-asked", "measures"):
        assert "order only" not in TABLES[name](results)


def test_simulated_experts_by_how_often_they_are_right():
    """One column each, under its own name."""
    made = content(
        "pond",
        "own",
        {
            ("order", "", ""): [9, 9],
            ("safe", "accuracy-0.7", "real"): [8, 8],
            ("safe", "accuracy-1", "real"): [5, 5],
        },
    )
    table = TABLES["accuracy-simulated"](Results([made]))
    assert line(table, "network")[4:] == ["order", "accuracy-0.7", "accuracy-1"]
    assert line(table, "pond")[4:] == ["9.0 ± 0.0", "8.0 ± 0.0", "5.0 ± 0.0"]


def test_the_planner_is_held_against_a_random_order():
    """By hand: 2 lower from the first pair on, over four pairs."""
    made = content("pond", "own", {("order", "", ""): [3, 3]})
    columns = {
        "network": ["pond"] * 8, "rows": [9] * 8, "seed": [1] * 4 + [2] * 4,
        "method": ["safe"] * 8,
        "order": ["planned", "planned", "shuffled", "shuffled"] * 2,
        "pairs": [0, 4] * 4, "shd_half": [6.0, 2.0, 6.0, 6.0] * 2,
    }  # fmt: skip
    table = TABLES["planner"](Results([made], {"columns": columns}))
    assert line(table, "safe, pond")[2:] == [
        "4.00 ± 0.00", "6.00 ± 0.00", "−2.00 ± 0.00"
    ]  # fmt: skip


def test_the_memorisation_gap_is_the_loss_without_names(results):
    """Paired by seed."""
    cells = line(TABLES["arms"](results), "pond, recorded, expert-alone")
    assert cells[2:4] == ["1.0 ± 0.0", "6.0 ± 0.0"]
    assert cells[6] == "+5.0 ± 0.0"
    assert line(TABLES["arms"](results), "pond, recorded, safe")[6] == "+1.5 ± 0.3"


def test_arms_are_compared_where_both_were_run():
    """Real names on another number of rows count for nothing here."""
    made = content(
        "pond",
        "own",
        {
            ("order", "", ""): [8, 8, 2, 2],
            ("expert-alone", "recorded", "real"): [4, 4, 0, 0],
            ("expert-alone", "recorded", "alias"): [6, 6],
        },
    )
    made["runs"]["rows"] = [500, 500, 900, 900] * 2 + [500, 500]
    made["runs"]["seed"] = [1, 2] * 5
    cells = line(TABLES["arms"](Results([made])), "pond, recorded, expert-alone")
    assert cells[1:4] == ["8.0 ± 0.0", "4.0 ± 0.0", "6.0 ± 0.0"]
    assert cells[6] == "+2.0 ± 0.0"


def test_measures_are_worked_out_from_counts(results):
    """Precision 6 of 8, recall 6 of 10, and distances in per cent of 20 pairs."""
    cells = line(TABLES["measures"](results), "safe")
    assert cells[4:7] == ["0.75", "0.60", "0.67"]
    assert cells[7:9] == ["0.75", "0.30"]
    assert cells[10:14] == ["0.75", "20.0", "10.0", "30.0"]


def test_traps_are_counted(results):
    """Two edges without effect, one of which is in every graph; constants survive."""
    cells = line(TABLES["traps"](results), "pond")
    assert cells[1] == "u → v<br>u → w"
    assert cells[2] == "1 to 2"
    assert cells[4:6] == ["50 %", "0.75"]


def test_what_was_said_is_in_per_cent(results):
    """30 of 40 right, over both networks alike."""
    cells = line(TABLES["experts"](results), "coin, real")
    assert cells[1:3] == ["94", "75"]
    assert cells[4] == "25"
    assert cells[-1] == "0"


def test_skill_is_against_data_alone():
    """Half the log loss is 50 % less."""
    made = content(
        "n", "own", {("order", "", ""): [1, 1], ("safe", "coin", "real"): [1, 1]}
    )
    made["runs"]["direction_log_loss"] = [0.5, 0.5, 0.25, 0.25]
    table = TABLES["calibration"](Results([made]))
    assert line(table, "safe, coin")[5] == "0.250 (−50 %)"


def test_failures_are_told_by_reason():
    """With the number of runs."""
    made = content("n", "own", {("order", "", ""): [1, 1], ("pc", "", ""): [1, 1]})
    made["runs"]["status"] = ["done", "done", "failed", "failed"]
    made["runs"]["reason"] = ["", "", "of n | x", "of n | x"]
    assert line(TABLES["failures"](Results([made])), "failed")[-2:] == [
        "2",
        "of it / x",
    ]


def test_places_are_filled_and_unknown_ones_refused(results):
    """Text around a table stays; filling twice changes nothing."""
    text = "before\n<!-- table: failures -->\nold\n<!-- end -->\nafter\n"
    once = filled(text, results)
    assert once.startswith("before\n")
    assert once.endswith("<!-- end -->\nafter\n")
    assert "old" not in once
    assert filled(once, results) == once
    with pytest.raises(ValueError, match="no table 'best'"):
        filled("<!-- table: best -->\n<!-- end -->", results)


def test_numbers_are_written_in_one_way():
    """Signs, errors and what is not there."""
    assert (minus("-0.04"), minus("+0.0"), minus("-1")) == ("−0.04", "0.0", "−1")
    assert with_error([float("nan")]) == "·"
    assert with_error([2.0]) == "2.0"
    assert signed(Difference.of([-1.0, -1.0])) == "−1.0 ± 0.0"
    assert percent(tables.tables_accuracy.log_ratio(pd.DataFrame())) == "·"
    assert markdown(["a"], []) == "| a |\n|---|"


def test_figures_draw_the_means(results, tmp_path):
    """Lines at the means, one panel a network, famous last; the same file twice."""
    figure = distance(results)
    panels = [a for a in figure.axes if a.get_visible()]
    assert [a.get_title(loc="left") for a in panels] == [
        "pond, 10 edges", "star (famous), 10 edges"
    ]  # fmt: skip
    drawn = {c.get_label(): c.lines[0].get_ydata() for c in panels[0].containers}
    assert drawn["data alone"] == pytest.approx([5.0])
    assert drawn["safe mode"] == pytest.approx([2.5])
    (first, _) = reliability(results).axes
    points = next(c for c in first.containers if c.get_label() == "data alone")
    assert np.allclose(points.lines[0].get_xdata(), [0.15, 0.85])
    assert np.allclose(points.lines[0].get_ydata(), [0.2, 0.75])
    one, two = draw(results, tmp_path / "one"), draw(results, tmp_path / "two")
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))


def test_lines_can_be_told_apart_without_colour():
    """No two share a mark."""
    assert len({line.mark for line in LINES}) == len(LINES)
    assert len({line.colour for line in LINES}) == len(LINES)
