"""What the tutorials say in words, as expressions over the names of their cells."""

CLAIMS: dict[str, tuple[str, ...]] = {
    "1-first-graph": (
        "len(open_edge) and len(asked[asked['decided_by'] == 'nobody']) == 1",
        "[x.verdict for x in replies] == ['a->b', 'a->b']",  # whatever it saw first
        "{x.a for x in replies} == pair == {'HISTORY', 'LVFAILURE'}",
        "right and all(right)",  # the expert did well
        "shd(truth=truth, estimate=result.graph) "
        "< shd(truth=truth, estimate=result.data_graph)",
        "missed and all(not result.data_graph.adjacent(*e) for e in missed)",
    ),
}
