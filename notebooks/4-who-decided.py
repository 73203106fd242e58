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
# # 4. Who decided?
#
# **Rows and expert disagree. Who is right, and what does it cost to listen to somebody
# who is wrong?**
#
# First where the truth is known, then where it is not, and at last where nobody could
# tell.

# %%
import sys
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
from causaldata import nhefs

import llmcd
from llmcd.metrics import shd

sys.path.insert(0, "..")  # known networks are in the repository, not in the package
from benchmarks.networks import known_network

pd.set_option("display.precision", 2, "display.max_colwidth", None)

# %% [markdown]
# ## A good expert, a coin, and a liar
#
# A coffee roastery: fourteen things about a batch, from the height at which the beans
# grew to the score in the cup. The model was written for this project and is in no
# book, so nobody can have read the answer; we simulate three experts who are handed the
# truth. The good one is right nine times in ten. The coin guesses. The liar always says
# the opposite.

# %%
roastery = known_network("coffee-roasting")
rows = roastery.sample(1500, seed=1)
data = llmcd.table(rows, roastery.variables, missing="listwise")
found = llmcd.candidates(data, bootstrap=10, progress=False)
plan = llmcd.plan(found, roastery.variables)


def expert(label, accuracy, **more):
    """An expert with the truth at hand; says the same in both orders."""
    return llmcd.Simulated(
        roastery.graph, accuracy=accuracy, mistakes="shared", label=label, **more
    )


careless = {"ancestor": 1.0, "unrelated": 1.0}  # sees an edge everywhere
experts = [
    expert("good", 0.9, ancestor=0.3, unrelated=0.1),
    expert("coin", 0.5, **careless),
    expert("liar", 0.0, **careless),
]
results = {
    one.label: llmcd.combine(
        found, llmcd.ask(plan, one, progress=False), variables=roastery.variables
    )
    for one in experts
}

# %% [markdown]
# How far from the truth do we end up with each? (An undirected edge in place of an
# arrow counts one half.) And how far if each answer had been law, as in a script that
# simply draws what the model says?


# %%
def as_law(result):
    """The graph of the rows, with every answer forced upon it."""
    said = {(x.a, x.b): x.verdict for x in result.answers.answers if x.a < x.b}
    kept = [
        e for e in result.data_graph.edges() if (min(e[:2]), max(e[:2])) not in said
    ]
    told = [(a, b) for (a, b), verdict in said.items() if verdict == "a->b"]
    told += [(b, a) for (a, b), verdict in said.items() if verdict == "b->a"]
    return llmcd.Graph.from_edges(
        result.graph.names,
        directed=[e[:2] for e in kept if e.mark == "-->"] + told,
        undirected=[e[:2] for e in kept if e.mark == "---"],
    )


def distance(graph):
    """Pairs that differ from the truth."""
    return shd(truth=roastery.graph, estimate=graph, undirected=0.5)


alone = distance(results["good"].data_graph)
table = pd.DataFrame(
    {
        "answers as law": {name: distance(as_law(r)) for name, r in results.items()},
        "llmcd": {name: distance(r.graph) for name, r in results.items()},
    }
)
ax = table.plot.barh(
    color=["#CC79A7", "#0072B2"], figsize=(6, 2.8), width=0.7, fontsize=9
)
ax.axvline(alone, color="#3a3a3a", linewidth=1, linestyle=(0, (4, 3)))
ax.text(alone, -0.62, "rows alone", fontsize=8, ha="center", color="#3a3a3a")
clear = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
for bars in ax.containers:
    ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8, bbox=clear)
ax.invert_yaxis()
ax.set_ylim(2.7, -0.6)
ax.set_xlabel("distance to the true graph", fontsize=9)
ax.legend(fontsize=8, frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# The good expert is heard. The coin and the liar hardly are: with them we end up within
# an edge of the rows alone. Nobody said which is which. Where the rows direct an edge,
# the answers are held against it:

# %%
panel = llmcd.ask(plan, llmcd.Panel(experts), progress=False)
together = llmcd.combine(found, panel, variables=roastery.variables)
_ = together.plot("reliability")
# %% [markdown]
# All three sound the same from outside: each is sure, and consistent in both orders.
# Only the comparison with the rows tells them apart. The bars are intervals; with few
# edges to be judged by they are wide.
#
# ## One edge, taken apart
#
# For every edge the whole way from the rows to the decision is kept. Below, each edge
# that the good expert was asked about: what the rows say of its direction, across, and
# how far the answers moved it, upwards.

# %%
good = results["good"]
_ = good.plot("evidence")
# %%
by_expert = [e for e in good.combined.edges if e.decided_by == "expert"]
edge = max(by_expert, key=lambda e: e.expert_log_odds)
for step in edge.provenance:
    number = "" if step.log_odds is None else f"{step.log_odds:+.1f}"
    print(f"{step.source:>7} {number:>5}  {step.statement}")

# %% [markdown]
# ## No truth at hand
#
# Now the smokers of NHEFS, and the recorded answers of a real model. Here are all
# conflicts about a direction: the rows say one, the expert the other.

# %%
example = files("llmcd") / "examples" / "nhefs"
variables = llmcd.Variables.of(example / "variables.yaml")
claude = llmcd.Recorded(example / "answers.jsonl", label="Claude (recorded)")
smokers = llmcd.discover(
    nhefs.load_pandas().data[list(variables)],
    variables,
    claude,
    missing="listwise",
    bootstrap=10,
    progress=False,
)
print(smokers.reliability["finding"].item())
conflicts = smokers.conflicts[["data_says", "data_support", "expert_says", "decision"]]
turned = conflicts["data_says"].str.contains("-->")
turned &= conflicts["expert_says"].str.contains("-->")
conflicts[turned]

# %% [markdown]
# Read them as a person who knows the world. Does smoking for years decide how long
# somebody went to school? Does blood cholesterol decide body weight? **Here the expert
# is right, or less wrong, and the rows win.** They are judged by the very edges that
# the rows got wrong, because a search without hidden causes has to put its arrows
# somewhere. The expert's low mark is as much the search's.
#
# That is the bargain: what a bad expert can do is bounded, and so is what a good one
# can mend. It is also why conflicts are a table of their own. Read them, and where you
# are sure, say so as background knowledge ([tutorial 2](2-your-own-data.ipynb)), or
# decide edge by edge with `llmcd review`.
#
# ## Where nobody can tell
#
# One case is harder. Eight stations in a row, each passing a signal to the next: the
# rows show the seven edges and not one direction. There is nothing to judge an expert
# by.

# %%
rng = np.random.default_rng(0)
names = [f"station {k}" for k in range(1, 9)]
signal = [rng.normal(size=1000)]
for _ in names[1:]:
    signal.append(0.8 * signal[-1] + 0.6 * rng.normal(size=1000))
chain = pd.DataFrame(dict(zip(names, signal, strict=True)))
line = llmcd.Graph.from_edges(names, directed=list(pairwise(names)))
described = {name: f"Strength of the signal at {name}." for name in names}


def directions(accuracy, **more):
    """Right, wrong and open edges with an expert of that accuracy; its probes."""
    one = llmcd.Simulated(line, accuracy=accuracy, ancestor=0.0, label="somebody")
    result = llmcd.discover(chain, described, one, bootstrap=10, progress=False, **more)
    arrows = result.graph.directed_edges()
    right = sum(arrow in line.directed_edges() for arrow in arrows)
    wrong, still = len(arrows) - right, len(result.graph.undirected_edges())
    return [right, wrong, still, result.reliability["probes"].item()]


first = {"required": [("station 1", "station 2")]}
believed = pd.DataFrame(
    {
        "always right": directions(1.0),
        "always wrong": directions(0.0),
        "always wrong, one edge known": directions(0.0, background=first),
    },
    ["right", "wrong", "undirected", "probes"],
)
believed

# %% [markdown]
# No row bears either of them out, and a liar's answers agree with each other just as
# well as a friend's. So neither is heard, and every edge stays open. If the friend is
# one, somebody has to vouch for it: an audit ([tutorial 7](7-auditing-a-model.ipynb)),
# which counts as answers heard before. The limits of this are in `docs/decisions/0007`:
# several experts that agree, and answers that happen to fit the shape of the graph, are
# believed more than they should be.
#
# And look at the last column. One edge that somebody knows for certain, and the rows
# direct all others: nothing is left to believe or not. A single fact is worth more than
# many answers.
#
# **Next:** [from graph to effect](5-from-graph-to-effect.ipynb).
