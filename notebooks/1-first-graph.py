# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. A first graph in ten minutes
#
# **You have a table and know what its columns mean. Which column causes which?**
#
# Rows alone can answer a part of that question: which columns are tied together
# directly, and some of the directions. A language model, or a person, can answer
# another part, because it knows what the words mean; but it is often wrong. `llmcd`
# takes both as evidence, and says for every edge who decided it.
#
# The example is a patient under anaesthesia: what monitors and doctors could write
# down. The rows are sampled from ALARM, a published network, so the truth is known and
# we can look at the end. Nothing here needs a key or a network.

# %%
from importlib.resources import files

import pandas as pd

import llmcd
from llmcd.formats import from_edge_list
from llmcd.metrics import shd

pd.set_option("display.precision", 2, "display.max_colwidth", None)

example = files("llmcd") / "examples" / "alarm"
rows = pd.read_csv(example / "rows.csv.gz", dtype=str)
variables = llmcd.Variables.of(example / "variables.yaml")
rows[["HISTORY", "LVFAILURE", "PULMEMBOLUS", "PAP", "BP"]].head(4)

# %% [markdown]
# The second thing you bring is one sentence per column: what was measured, never what
# it causes. Only these sentences are sent to an expert. No row ever leaves the machine.

# %%
some = ["HISTORY", "LVFAILURE", "PULMEMBOLUS", "PAP", "BP"]
pd.DataFrame({"description": [variables[name].description for name in some]}, some)

# %% [markdown]
# ## One call
#
# The expert would usually be a model's name, such as `"openai/gpt-5"`. Here it is a
# file with answers that a large language model gave once, so that everybody sees the
# same.

# %%
expert = llmcd.Recorded(
    example / "answers.jsonl", missing="abstain", label="Claude (recorded)"
)
result = llmcd.discover(rows, variables, expert, bootstrap=10, progress=False)
_ = result.plot()
# %% [markdown]
# Arrows run downwards, from cause to effect. Dark edges are the data's. Orange ones are
# directed by the expert, the dotted one by nobody. The wider an edge, the surer it is.
# A red cross, where there is one, marks an edge about which data and expert disagree.

# %%
who = result.edges["decided_by"].value_counts()
print(f"{len(result.edges)} edges between {len(result.graph.names)} variables")
who.rename({"nobody": "nobody (undirected)"}).to_frame("edges")

# %% [markdown]
# ## Why did the data not decide everything?
#
# Two columns that are tied together look the same whichever causes the other. Rows show
# a direction only where a third column gives it away. Without an expert these edges
# would stay undirected, however many rows there were:

# %%
asked = result.edges[result.edges["decided_by"].isin(["expert", "nobody"])]
asked[["cause", "mark", "effect", "probability", "expert_log_odds", "decided_by"]]

# %% [markdown]
# `probability` is that of the direction shown; `expert_log_odds` is how far the answers
# moved it (0 is not at all; the answers about one pair alone count at most 3).
#
# So why did the expert not direct the last open edge, between the heart failure and the
# patient's history? Each question is asked twice, with the two variables in either
# order. Read what came back.

# %%
open_edge = asked[asked["decided_by"] == "nobody"].iloc[0]
pair = {open_edge["cause"], open_edge["effect"]}
replies = [x for x in result.answers.answers if {x.a, x.b} == pair]
pd.DataFrame(
    {
        "shown first": [x.a for x in replies],
        "so the cause is": [x.a if x.verdict == "a->b" else x.b for x in replies],
        "because": [x.reasoning for x in replies],
    }
)

# %% [markdown]
# Both times the expert named whatever it saw first, with a good reason each time. Asked
# once, it would have sounded sure. Asked twice, it shows that it does not know, and the
# edge stays open.
#
# ## Is the expert any good?
#
# Nobody gave `llmcd` the truth. But where the rows show a direction, the expert's
# answer can be held against it. That is how it earns, or loses, its say.

# %%
_ = result.plot("reliability")
# %% [markdown]
# The line is an interval: an expert that has been tested on few edges has a long one.
# The two lower rows are about asking twice: how often it says the same in both orders,
# and whether it prefers the variable shown first (half is fair).
#
# ## And the truth?
#
# This once we can look. The distance counts the pairs of variables that differ from the
# true graph; an undirected edge where there is an arrow counts as one.

# %%
truth = from_edge_list(pd.read_csv(example / "truth.csv"), names=list(rows.columns))
graphs = {"data alone": result.data_graph, "data and expert": result.graph}
pd.DataFrame(
    {
        "edges": {name: g.n_edges for name, g in graphs.items()},
        "undirected": {name: len(g.undirected_edges()) for name, g in graphs.items()},
        "distance": {
            name: int(shd(truth=truth, estimate=g)) for name, g in graphs.items()
        },
    }
)

# %%
missed = [e for e in truth.directed_edges() if not result.graph.adjacent(*e)]
by_expert = [e for e in result.combined.edges if e.decided_by == "expert"]
right = [(e.cause, e.effect) in truth.directed_edges() for e in by_expert]
print(f"directed by the expert: {len(right)}, of these as in the truth: {sum(right)}")
print(f"true edges: {truth.n_edges}, not found: {missed}")

# %% [markdown]
# The expert did well. **Do not read that as a benchmark.** ALARM is famous, and the
# model that answered said that it recognised it. [Tutorial
# 6](6-benchmarks-and-memorisation.ipynb) shows what is left when it cannot.
#
# The edges that were not found leave too little trace in these rows, and an expert is
# not asked to invent edges that the rows do not suggest.
#
# ## Take it with you
#
# ```python
# result.report("report.html")   # one file: click an edge, read every answer
# result.save("run/")            # JSON, CSV and GraphML, never rows
# result.to_networkx()           # or result.to("dagitty"), and others
# ```
#
# **Next:** [your own data](2-your-own-data.ipynb).
