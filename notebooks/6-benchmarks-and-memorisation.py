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
# # 6. Benchmarks and memorisation
#
# **A language model draws a published graph almost without a mistake. Does it know the
# world, or does it know the graph?**
#
# Nearly every network that causal discovery is tested on has been in print for decades.
# A model that has read the paper needs no causal knowledge. So a benchmark of experts
# has to take the recital away and look at what is left.

# %%
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from llmcd.plots.curves import draw_curves

sys.path.insert(0, "..")  # benchmarks are in the repository, not in the package
from benchmarks.arms import ARMS, in_arm
from benchmarks.collect import read_results
from benchmarks.networks import known_network

pd.set_option("display.precision", 2, "display.max_colwidth", None)
asia = known_network("asia")

# %% [markdown]
# ## The same network under other names
#
# ASIA is the most famous of all: eight variables of a chest clinic. The benchmarks put
# it before an expert in four ways, which they call arms. Rows, truth and questions stay
# the same; only what the expert reads changes. Here is one variable in each:

# %%
shown = {arm: in_arm(asia.variables, arm, network="asia") for arm in ARMS}
pd.DataFrame(
    {
        arm: {
            "name": v["lung"].shown,
            "description": v["lung"].description or "(none)",
            "domain": v.domain or "(none)",
        }
        for arm, v in shown.items()
    }
).T

# %% [markdown]
# - **alias** takes the names away and leaves the meaning. An expert that knows the
#   world loses nothing.
# - **nonsense** takes away the meaning too. An honest expert has nothing to say. One
#   that still answers recites, or guesses.
# - **permuted** gives each variable the words of another one. The expert is as fluent
#   as ever, and wrong about the rows.
#
# A real model was asked in all four. What did it say about smoking and lung cancer?

# %%
answers = {}
for arm in ARMS:
    lines = Path("..", "benchmarks", "answers", arm, "asia.jsonl").read_text("utf-8")
    records = [json.loads(line) for line in lines.splitlines()]
    answers[arm] = {(x["a"], x["b"]): x for x in records if "a" in x}

pair = ("smoke", "lung")
pd.DataFrame(
    {
        arm: {
            "first was shown as": shown[arm][pair[0]].shown,
            "second as": shown[arm][pair[1]].shown,
            "verdict": own[pair]["verdict"] or "unsure",
            "reasoning": own[pair]["reasoning"],
        }
        for arm, own in answers.items()
    }
).T

# %% [markdown]
# Over all edges of the true graph, in both orders of asking:

# %%
edges = asia.graph.directed_edges()


def said_of(own, cause, effect):
    """What was said of a true edge, in words."""
    for first, second, right in ((cause, effect, "a->b"), (effect, cause, "b->a")):
        verdict = own[first, second]["verdict"]
        known = {"none": "no direct relation", "common cause": "common cause"}
        if verdict in ("a->b", "b->a"):
            yield "right" if verdict == right else "turned round"
        else:
            yield known.get(verdict, "unsure")


counts = pd.DataFrame(
    {
        arm: pd.Series([w for e in edges for w in said_of(own, *e)]).value_counts()
        for arm, own in answers.items()
    }
).T
order = ["right", "turned round", "no direct relation", "common cause", "unsure"]
counts = counts.reindex(columns=order).fillna(0).astype(int)
ax = counts.plot.barh(
    stacked=True,
    color=["#0072B2", "#D55E00", "#c9c9c9", "#e4e4e4", "#f6f6f6"],
    edgecolor="#8c8c8c",
    linewidth=0.5,
    width=0.65,
    figsize=(7, 2.6),
    fontsize=9,
)
ax.invert_yaxis()
ax.set_xlabel(f"answers about the {len(edges)} true edges", fontsize=9)
above = {"loc": "lower center", "bbox_to_anchor": (0.45, 1.0), "columnspacing": 1.2}
ax.legend(ncols=5, fontsize=8, frameon=False, handlelength=1.2, **above)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Without names it does about as well as with them, and without meaning it says that it
# does not know. So its answers come from the descriptions. That clears it of reciting
# by name. It does not clear it altogether: somebody who knows the paper may recognise
# the clinic by its descriptions. No arm can rule that out; only networks that were
# never published can, such as those in `benchmarks/known` that were made for this
# project.
#
# ## What it means for the graph
#
# The study in the repository did this for three networks with several samples each. Its
# results are committed, so this picture needs no run.

# %%
results = read_results(Path("..", "benchmarks", "results", "study"))
runs = results.runs[results.runs["status"] == "done"]
runs = runs[runs["expert"].isin(["", "recorded"])]  # the others are simulated


def distances(network, method, arm=""):
    """One number for each sample in which other names were asked as well."""
    own = runs[runs["network"] == network]
    own = own.merge(own.loc[own["arm"] == "alias", ["rows", "seed"]].drop_duplicates())
    return own.loc[(own["method"] == method) & (own["arm"] == arm), "shd_half"]


networks = ["asia", "child", "insurance"]
methods = {
    "expert-alone": ("answers alone", "#D55E00", "s"),
    "posterior": ("rows and answers", "#0072B2", "o"),
}
figure, axes = plt.subplots(1, 3, figsize=(8, 2.9), layout="constrained")
for ax, network in zip(axes, networks, strict=True):
    dashed = {"color": "#3a3a3a", "linewidth": 1, "linestyle": (0, (4, 3))}
    ax.axhline(distances(network, "order").mean(), label="rows alone", **dashed)
    for shift, (method, (label, colour, marker)) in zip(
        (-0.12, 0.12), methods.items(), strict=True
    ):
        own = [distances(network, method, arm) for arm in ARMS]
        ax.errorbar(
            np.arange(len(ARMS)) + shift,
            [each.mean() for each in own],
            [each.sem() for each in own],
            color=colour,
            marker=marker,
            markersize=5,
            linestyle="",
            label=label,
        )
    ax.set_xticks(range(len(ARMS)), ARMS, fontsize=7)
    ax.tick_params(axis="y", labelsize=8)
    ax.set_ylim(0, None)
    ax.set_title(network.upper(), fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("distance to the true graph", fontsize=9)
_ = axes[0].legend(fontsize=7.5, frameon=False, loc="upper left")
# %% [markdown]
# Lower is better; bars are standard errors, of few samples. Two things to read from it.
#
# With real names or with codes the answers help, and both nearly alike. And where the
# words are wrong (permuted), the answers alone are far worse than no expert, while rows
# and answers together stay near the rows: a fluent expert that is wrong is found out.
# (Only one network was asked in nonsense words. An expert that is silent draws no edge
# at all, which explains its distance.)
#
# ## A curve, and where we lose
#
# One network is not a benchmark. Distances against the number of rows, with the
# recorded answers, over all networks of the study that are not famous:

# %%
# samples in which the expert was asked; 853 rows: a real table of three rival truths
plain = runs[(runs["group"] != "famous") & (runs["rows"] != 853)]
cell = ["network", "rows", "seed"]
plain = plain.merge(plain.loc[plain["method"] == "posterior", cell].drop_duplicates())
kept = plain[
    plain["method"].isin(["order", "posterior", "as-law", "random-member"])
    & plain["arm"].isin(["", "real"])
]
words = {
    "order": "rows alone",
    "posterior": "rows and answers",
    "as-law": "answers as law",
    "random-member": "rows, then a guess",
}
curve = pd.DataFrame(
    {
        "rows": kept["rows"],
        "distance to the true graph": kept["shd_half"],
        "method": kept["method"].map(words),
    }
)
_ = draw_curves(curve, x="rows", y="distance to the true graph", by="method")
# %%
table = curve.groupby(["method", "rows"])["distance to the true graph"].mean()
table.unstack().round(1)

# %% [markdown]
# (The bands are wide because the networks differ in size.) *Rows, then a guess* directs
# at random what the rows leave open: whoever does not beat it owes nothing to an
# expert. And *answers as law* simply believes the expert. With an expert as good as
# this one, believing it is hard to beat, and on some networks it beats us; with a worse
# one it is a disaster ([tutorial 4](4-who-decided.ipynb)). All losses are listed in
# `benchmarks/README.md`.
#
# ## Your own model
#
# ```sh
# python -m benchmarks run --network my.bif --variables my.yaml --expert openai/gpt-5 \
#     --usd 5 --out results/
# python -m benchmarks.record_answers emit --network asia --arm nonsense --out questions
# ```
#
# Before you trust a number on a famous network, run the arms. Better still, take a
# network of your own that you have told nobody about.
#
# **Next:** [auditing a model](7-auditing-a-model.ipynb).
