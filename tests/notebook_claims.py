"""What the tutorials say in words, as expressions over the names of their cells."""

CLAIMS: dict[str, tuple[str, ...]] = {
    "1-first-graph": (
        # the one open edge, on which the expert named whatever it saw first
        "list(asked['decided_by']).count('nobody') == 1",
        "pair == {'HISTORY', 'LVFAILURE'} == {x.a for x in replies}",
        "[x.verdict for x in replies] == ['a->b', 'a->b']",
        # those that it directed would stay undirected
        "all(result.data_graph.edge(e.cause, e.effect).mark == '---'"
        " for e in by_expert)",
        "right and all(right)",
        "shd(truth=truth, estimate=graphs['data and expert'])"
        " < shd(truth=truth, estimate=graphs['data alone'])",
        "missed and not any(result.data_graph.adjacent(*e) for e in missed)",
    ),
    "2-your-own-data": (
        "rows.loc[~complete, 'death'].mean()"
        " > 1.5 * rows.loc[complete, 'death'].mean()",
        "all(rows.loc[~complete, c].mean() > rows.loc[complete, c].mean()"
        " for c in ('age', 'smokeyrs'))",
        "set(kinds.index[kinds['guessed'] != kinds['described']])"
        " == {'exercise', 'active'}",
        "[w.name for w in slip.lint()] == ['smokeyrs']",
        # arrows into the past, some absurd, and none with tiers
        "any(effect in ('age', 'sex', 'race') for _, effect in backwards)",
        "not any(tier[a] > tier[b] for a, b in timely.graph.directed_edges())",
        "('smokeyrs', 'school') in before - after",
        "('school', 'smokeyrs') in after - before",
    ),
    "3-the-expert": (
        "any('probe' in pair.reason for pair in plan.pairs)",
        "prices.notna().all()",
        "len(plans['whole-graph']) < len(plans['breadth']) < len(plans['pairwise'])",
        "set(by_order(said['First'])) == {('a->b', 'b->a')}",
        "sum(n for (x, y), n in by_order(said['Claude']).items() if x == y)"
        " > 0.9 * len(plan.pairs)",
        "with_first.graph == alone.graph",
        "len(sent) == len(plan) == len(whole.answers) and again == whole",
        "[x.verdict for x in replayed.answers] == [x.verdict for x in whole.answers]",
    ),
    "4-who-decided": (
        # the good one is heard, the others hardly, as law they ruin it
        "table['llmcd']['good'] < 0.6 * alone",
        "max(table['llmcd'][['coin', 'liar']]) <= alone + 1",
        "min(table['answers as law'][['coin', 'liar']]) > 2 * alone",
        "table['llmcd']['good'] < table['answers as law']['good']",
        "all(x.order_consistency == 1 for x in together.combined.reliability)",
        "len({x.expert for x in together.combined.reliability}) == 3",
        # the rows win the conflicts that the text speaks of
        "{'cholesterol --> wt71', 'smokeyrs --> school'}"
        " <= set(conflicts[turned]['data_says'])",
        "(conflicts[turned]['data_says'] == conflicts[turned]['decision']).all()",
        # nobody can tell: neither friend nor liar is believed, until a fact is known
        "list(believed['always right'])[:3] == [0, 0, 7]",
        "list(believed['always wrong'])[:3] == [0, 0, 7]",
        "(believed.loc['probes', ['always right', 'always wrong']] == 0).all()",
        "list(believed['always wrong, one edge known'])[:3] == [7, 0, 0]",
    ),
    "5-from-graph-to-effect": (
        "complete.groupby('qsmk')['age'].mean().is_monotonic_increasing",
        "complete[['age', 'wt82_71']].corr().iloc[0, 1] < -0.1",
        "0 < found.low < difference < found.value < found.high",
        "found.low < textbook < found.high and abs(found.value - textbook) < 0.5",
        "found.graph_share < 0.3 and len(found.table) > 8",
        "all('passed' in str(one) for one in found.refutations)",
        "'better than chance' in tested.words",
        "len(tested.violations) > 2 * 0.05 * tested.tests",
        "nobody.graph.directed_edges() == () and nobody.graph.n_edges == 2",
        "effect.own.high == 0 and effect.own.low < -1 and effect.graph_share > 0.9",
        "after.own.low == after.own.high and after.low < -1.6 < after.high",
    ),
    "6-benchmarks-and-memorisation": (
        "answers['real'][pair]['verdict'] == answers['alias'][pair]['verdict']",
        "answers['nonsense'][pair]['verdict'] is None",
        "counts.loc['alias', 'right'] >= 0.9 * counts.loc['real', 'right']",
        "counts.loc['nonsense', 'unsure'] == 2 * len(edges)",
        "0 < counts.loc['permuted', 'right'] < 0.5 * counts.loc['real', 'right']",
        # with wrong words: alone far worse than no expert, together near the rows
        "all(distances(n, 'expert-alone', 'permuted').mean()"
        " > 1.5 * distances(n, 'order').mean()"
        " for n in networks)",
        "all(distances(n, 'posterior', 'permuted').mean()"
        " < distances(n, 'order').mean() + 1"
        " for n in networks)",
        # with codes as with names
        "all(abs(distances(n, 'posterior', 'alias').mean()"
        " - distances(n, 'posterior', 'real').mean()) < 0.6 for n in networks)",
        "(table.loc['rows and answers'] < table.loc['rows, then a guess']).all()",
        "table.loc['answers as law', 500] < table.loc['rows and answers', 500]",
    ),
    "7-auditing-a-model": (
        "[a.section('direction').level for a in audits]"
        " == ['useful', 'no better than chance', 'no better than chance']",
        "[a.section('axioms').level for a in audits]"
        " == ['no better than chance', 'useful', 'no better than chance']",
        "[m.name for m in reciter.parts['direction by kind of names']][0] == 'real'",
        "all(m.low < 0.5 < m.high for m in"
        " reciter.parts['direction by kind of names'][1:])",
        "audits[2].words[0].startswith('Uninformative')",
        "'do not ask it what follows' in ' '.join(audits[0].words)",
        # the recorded model: a ceiling, and too few items for the highest level
        "all(one.measures[0].value == 1 for one in claude.sections)",
        "{one.level for one in claude.sections} == {'useful'}",
    ),
}
