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
# # 5. From graph to effect
#
# **How much weight does a smoker gain by stopping, and how sure may we be when we are
# not sure of the graph?**
#
# Those who stopped smoking between the two examinations of NHEFS gained more weight
# than those who went on:

# %%
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from causaldata import nhefs

import llmcd

pd.set_option("display.precision", 2, "display.max_colwidth", None)

example = files("llmcd") / "examples" / "nhefs"
variables = llmcd.Variables.of(example / "variables.yaml")
rows = nhefs.load_pandas().data[list(variables)]
complete = rows.dropna()
gain = complete.groupby("qsmk")["wt82_71"].mean()
difference = gain[1] - gain[0]
print(f"kg gained: {gain[1]:.1f} if stopped, {gain[0]:.1f} if not")
print(f"difference: {difference:.1f} kg")

# %% [markdown]
# But who stops? Older people, for one, and they gain less weight anyway.

# %%
complete.groupby("qsmk")[["age", "smokeintensity", "smokeyrs", "wt71"]].mean()

# %% [markdown]
# To compare like with like we must hold some columns fixed, and must not touch others
# (blood pressure in 1982 may follow from the weight). Which, is what the graph says.
#
# ## From the graph to the adjustment

# %%
result = llmcd.discover(
    rows,
    variables,
    llmcd.Recorded(example / "answers.jsonl", label="Claude (recorded)"),
    missing="listwise",
    bootstrap=10,
    target=("qsmk", "wt82_71"),
    progress=False,
)
found = result.effect("qsmk", "wt82_71", rows, simulations=20)
print(f"{found.value:.1f} kg, 95 % interval {found.low:.1f} to {found.high:.1f}")
print(f"in the result's own graph: {found.own.reason}")

# %% [markdown]
# DoWhy checks each way of identifying the effect. But one graph is one guess. The rows
# leave many graphs possible, and each may call for another adjustment. So the effect is
# estimated in each of them and averaged, by how probable they are:

# %%
ways = found.table.sort_values("share", ascending=False).head(8)[::-1]
figure, (ax, shares) = plt.subplots(
    1, 2, figsize=(7.6, 3.6), sharey=True, width_ratios=(3, 1), layout="constrained"
)
at = np.arange(len(ways)) + 1
ax.hlines(at, ways["low"], ways["high"], color="#0072B2", linewidth=1.6)
ax.scatter(ways["value"], at, color="#0072B2", s=22, zorder=2)
ax.hlines(0, found.low, found.high, color="#D55E00", linewidth=3)
ax.scatter(found.value, 0, color="#D55E00", s=50, marker="D", zorder=2)
ax.axvline(difference, color="#3a3a3a", linewidth=1, linestyle=(0, (4, 3)))
ax.text(difference, len(ways) + 0.7, "raw difference", fontsize=8, ha="center")
names = ways["strategy"].str.replace("backdoor: ", "")
ax.set_yticks([0, *at], ["average over all graphs", *names], fontsize=8)
ax.set_xlabel("kg gained by stopping", fontsize=9)
shares.barh(at, 100 * ways["share"], color="#b8d4e8", height=0.6)
shares.set_xlabel("% of the graphs", fontsize=9)
shares.tick_params(axis="y", length=0)
for each in (ax, shares):
    each.spines[["top", "right"]].set_visible(False)
print(f"{len(found.table)} ways of adjusting in {found.graphs} graphs")
print(f"{found.graph_share:.0%} of the variance comes from not knowing the graph")

# %% [markdown]
# Each blue line is one set of columns to hold fixed. They differ little: here it
# matters more that the sample is small than which of these graphs is right. That is a
# finding, and it need not be so; the last section shows a case where the graph is
# everything.
#
# ## Is it any good?
#
# The textbook that made this table famous adjusts for a list of nine columns that
# experts chose by hand (Hernán and Robins, *Causal Inference: What If*). With the same
# rows:

# %%
listed = ["sex", "race", "age", "school", "smokeintensity", "smokeyrs", "wt71"]
columns = [complete[listed].astype(float)]
columns += [
    pd.get_dummies(complete[c], prefix=c, drop_first=True)
    for c in ("exercise", "active")
]
design = pd.concat([complete["qsmk"], *columns], axis=1).assign(one=1.0).astype(float)
coefficients, *_ = np.linalg.lstsq(design, complete["wt82_71"], rcond=None)
textbook = coefficients[0]
print(f"by the list of experts: {textbook:.1f} kg; by our graphs: {found.value:.1f} kg")

# %% [markdown]
# Refuters try to break the estimate: a treatment drawn at random must have no effect,
# and neither a random column more nor a part of the rows may move it much.

# %%
for one in found.refutations:
    print(one)

# %% [markdown]
# Passing means that nothing was broken that these tests can see. None can see a common
# cause that nobody wrote down: a wish to live healthily, say, that makes people stop
# and eat less. No graph over these columns can hold it.
#
# The graph itself can be put to the test as well: does it imply independences that the
# rows deny, and does it do better than the same graph with its names shuffled?

# %%
tested = result.falsify(rows)
print(tested.words)

# %% [markdown]
# Better than chance is not true. The rows deny many more of the independences than they
# would by accident, so this graph lacks something: edges, a hidden cause, or the curves
# that a linear test sees and a linear search does not.
#
# ## When the graph is everything
#
# Three columns in a row: a dose, the level of a drug in the blood, and pain. The rows
# show two edges and no direction, and so they allow more than one answer.

# %%
rng = np.random.default_rng(0)
dose = rng.normal(5, 1, size=800)
level = 2 * dose + rng.normal(size=800)
pain = 20 - 0.8 * level + rng.normal(size=800)
trial = pd.DataFrame({"dose": dose, "level": level, "pain": pain})
described = {
    "dose": "Dose of the drug prescribed, mg.",
    "level": "Amount of the drug in the blood, mg/l.",
    "pain": "Pain reported by the patient, 0 to 20.",
}
nobody = llmcd.discover(trial, described, bootstrap=10, progress=False)
effect = nobody.effect("dose", "pain", trial, refuters=())
print(nobody.graph, "\n")
print(effect.own)
print(f"{effect.graph_share:.0%} of the variance comes from not knowing the graph")

# %% [markdown]
# Not an error and not one number, but a range and its reason. What would it take to
# decide? Only that somebody knows what comes first. Nothing else about the rows
# changes:

# %%
known = {"tiers": [["dose"], ["level", "pain"]]}
told = llmcd.discover(trial, described, background=known, bootstrap=10, progress=False)
after = told.effect("dose", "pain", trial, refuters=())
print(told.graph, "\n")
print(after.own)
print(f"{after.low:.2f} to {after.high:.2f}; the truth is {2 * -0.8:.2f}")

# %% [markdown]
# A dose is prescribed before it is taken: that was knowledge. Had an expert said it,
# the effect would rest on an opinion with a number on it, and would be averaged over
# the chance that the opinion is wrong. Look at `decided_by` before you estimate.
#
# ## What this does not tell
#
# - Effects are differences of means, lines, or averages over curves where the rows
#   bend; `estimator=` takes DoWhy's others.
# - The graphs are those that the search considers: no hidden causes, no feedback.
# - The interval comes from the rows that the graph was found on, and is a little too
#   narrow for that; give rows of your own that were kept aside with `new_rows=True`.
#
# **Next:** [benchmarks and memorisation](6-benchmarks-and-memorisation.ipynb).
