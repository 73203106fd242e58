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
# # 2. Your own data
#
# **What has to be said about a table before its rows may speak?**
#
# More than most people say. This chapter takes a real table, about which nobody knows
# the truth: NHEFS, adult smokers in the United States who were examined in 1971-75 and
# again in 1982 (it comes with the package `causaldata`). Did those who stopped smoking
# gain weight because they stopped? [Tutorial 5](5-from-graph-to-effect.ipynb) asks
# that. Here we get the table ready, and see what goes wrong if we do not.

# %%
from dataclasses import replace
from importlib.resources import files

import pandas as pd
from causaldata import nhefs

import llmcd

pd.set_option("display.precision", 2, "display.max_colwidth", None)

example = files("llmcd") / "examples" / "nhefs"
variables = llmcd.Variables.of(example / "variables.yaml")
rows = nhefs.load_pandas().data[list(variables)]
print(f"{len(rows):,} people, {len(variables)} columns")

# %% [markdown]
# ## Missing values
#
# Nothing is dropped or filled in behind your back. A table that cannot be used is
# refused, with everything that is wrong with it at once, and how to mend it.

# %%
try:
    llmcd.table(rows, variables)
except llmcd.DataError as error:
    print(error)

# %% [markdown]
# Leaving out the incomplete rows is one word, `missing="listwise"`. Whether that is
# fair is another question: it is if cells are missing by pure chance. Are they?

# %%
complete = rows.notna().all(axis=1)
asked = ["age", "smokeyrs", "sbp", "death"]
pd.DataFrame(
    {
        "left out": rows.loc[~complete, asked].mean(),
        "kept": rows.loc[complete, asked].mean(),
    }
)

# %% [markdown]
# No. Those left out were older and had smoked for longer, and far more of them had died
# by 1992. Whatever we find is about those who came again and were measured. We go on,
# and keep that in mind. `llmcd` writes it down as well:

# %%
data = llmcd.table(rows, variables, missing="listwise")
print(data.notes[0].detail)

# %% [markdown]
# ## Kinds
#
# In many files everything is a number. Exercise, for one, is coded 0, 1, 2 for much,
# moderate, and little. Left to guess, `llmcd` looks at the values and says what it took
# them for; the description decides.

# %%
numbers = rows.astype(float)
guessed = llmcd.table(numbers, missing="listwise")
described = llmcd.table(numbers, variables, missing="listwise")
kinds = pd.DataFrame(
    {
        "guessed": dict(zip(guessed.names, guessed.kinds, strict=True)),
        "described": dict(zip(described.names, described.kinds, strict=True)),
    }
)
kinds[kinds["guessed"] != kinds["described"]]

# %% [markdown]
# ## Descriptions
#
# An expert reads your sentences and nothing else. A sentence that tells the answer
# makes the expert repeat it, and the agreement that you see later is your own. So say
# what was measured, how and when; never why. Slips are pointed out:

# %%
slip = llmcd.Variables.of(
    {
        "smokeyrs": "Years of smoking, which leads to bronchitis.",
        "bronch": "Whether chronic bronchitis had been diagnosed by 1971-75.",
    }
)
for name, words, advice in slip.lint():
    print(f"{name}: {', '.join(words)}\n{advice}")

# %% [markdown]
# ## What you know for certain
#
# First without it. The rows of NHEFS as they are, nothing known of when things
# happened:


# %%
def search(variables, **more):
    """The graph from the rows alone; nobody is asked."""
    return llmcd.discover(
        rows, variables, missing="listwise", bootstrap=10, progress=False, **more
    )


timeless = replace(
    variables, variables=tuple(replace(v, tier=None) for v in variables.values())
)
naive = search(timeless)
_ = naive.plot()
# %% [markdown]
# It looks like any other graph. Now count the arrows that point backwards in time.

# %%
tier = {name: v.tier for name, v in variables.items()}
backwards = [e for e in naive.graph.directed_edges() if tier[e[0]] > tier[e[1]]]
print(f"{len(backwards)} of {naive.graph.n_edges} edges point into the past:")
print(", ".join(f"{cause} → {effect}" for cause, effect in backwards))

# %% [markdown]
# Some of them are absurd, and each of them has a reason in the rows. Real tables break
# the rules that searches rest on: causes of two columns that nobody wrote down, people
# who are missing because of what happened to them, relations that are no straight
# lines. A search has no notion of absurdity. You have: things were measured in an
# order. In the description that is a `tier`, and nothing may point to an earlier one.

# %%
pd.Series(tier).groupby(tier).apply(lambda x: ", ".join(x.index)).to_frame("columns")

# %%
timely = search(variables)
_ = timely.plot()
# %% [markdown]
# Blue edges owe their direction to what we said. A required or a forbidden edge can be
# given in the same way. Nearly all these people had left school when they had smoked
# for a few years, so the one may hardly act on the other:

# %%
told = search(variables, background={"forbidden": [("smokeyrs", "school")]})
before, after = (set(r.graph.directed_edges()) for r in (timely, told))
print("no longer:", sorted(before - after))
print("instead:  ", sorted(after - before))

# %% [markdown]
# Hard knowledge has no way back: what you require stands, however loudly the rows
# protest. Give only what you would defend before a sceptical colleague. What you merely
# believe belongs to an expert, whose word can be outweighed: that is the [next
# chapter](3-the-expert.ipynb).
#
# ## What a good table cannot mend
#
# - Columns of different kinds are searched by what is linear in their values and in
#   their levels; a curved relation may be missed or put in the wrong place.
# - A common cause without a column looks like an edge. No search used here can tell.
# - Rows count as independent: no time series, no feedback, no families.
