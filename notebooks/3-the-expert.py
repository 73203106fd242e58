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
# # 3. The expert
#
# **What is sent to a language model, what does it cost, and is the answer about the
# question, or about the order of its words?**
#
# An expert is anything that answers questions: a model's name, a person, a file of
# answers, or four lines of Python. We keep the smokers of [tutorial
# 2](2-your-own-data.ipynb), and let the rows find the pairs that are worth a question.

# %%
import tempfile
from collections import Counter
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from causaldata import nhefs

import llmcd

pd.set_option("display.precision", 2, "display.max_colwidth", None)

example = files("llmcd") / "examples" / "nhefs"
variables = llmcd.Variables.of(example / "variables.yaml")
rows = nhefs.load_pandas().data[list(variables)]
data = llmcd.table(rows, variables, missing="listwise")
time = llmcd.Background.from_variables(variables)
found = llmcd.candidates(data, background=time, bootstrap=10, progress=False)
plan = llmcd.plan(found, variables)
print(plan)

# %% [markdown]
# A question is worth asking where rows are in two minds. A few others are *probes*: the
# rows know the answer well, so the reply tells something about the expert.
#
# ## What is sent
#
# This, and nothing else. The system message says what counts as a cause and asks not to
# guess; then come the two descriptions:

# %%
print(plan.questions[0].user)

# %% [markdown]
# ## What it costs
#
# Known before anything is sent, for any model that litellm knows. No key is needed for
# the question what it would cost.

# %%
models = [
    "openai/gpt-5",
    "anthropic/claude-haiku-4-5",
    "gemini/gemini-2.5-flash",
    "mistral/mistral-large-latest",
    "openai/gpt-5-mini",
]
prices = pd.Series(
    {
        name: llmcd.LanguageModel(name).cost(plan.prompt_tokens, plan.completion_tokens)
        for name in models
    }
).sort_values()

_, ax = plt.subplots(figsize=(6, 2.2))
bars = ax.barh(prices.index, prices, height=0.6, color="#0072B2")
ax.bar_label(bars, fmt="%.2f", padding=4, fontsize=8)
ax.set_xlabel(f"US dollars for {len(plan)} questions", fontsize=9)
ax.set_xlim(0, 1.15 * prices.max())
ax.tick_params(labelsize=8)
ax.spines[["top", "right"]].set_visible(False)
print(f"prices as in litellm {version('litellm')}; a model of your own machine is free")

# %% [markdown]
# A model that thinks aloud before it answers may write many times as much as is
# reckoned here. That is what a budget is for: `budget=llmcd.Budget(usd=2)` is never
# overrun, because the worst that a request can cost is put aside before it is sent.
#
# Asking about one pair at a time is the dear way. Other ways of asking:

# %%
kinds = ["pairwise", "triplet", "breadth", "whole-graph"]
plans = {kind: llmcd.plan(found, variables, kind=kind) for kind in kinds}
pd.DataFrame(
    {
        "requests": {kind: len(p) for kind, p in plans.items()},
        "tokens sent": {kind: p.prompt_tokens for kind, p in plans.items()},
        "tokens received": {kind: p.completion_tokens for kind, p in plans.items()},
    }
)

# %% [markdown]
# The whole graph in one request is cheap. It also gives the model every chance to
# recite a graph that it has read somewhere, and no chance to contradict itself.
#
# ## Order bias
#
# Why two requests a pair? Because models tend to prefer one place in the question. Here
# is an expert that does nothing else. (It also shows how little an expert has to be.)


# %%
sent = []  # to count what an expert is asked


class First:
    """Says that whatever is shown first is the cause."""

    def answer(self, question):
        sent.append(question)
        return '{"reasoning": "It comes first.", "verdict": "A_causes_B"}'


claude = llmcd.Recorded(example / "answers.jsonl", label="Claude (recorded)")
said = {
    "First": llmcd.ask(plan, First(), progress=False),
    "Claude": llmcd.ask(plan, claude, progress=False),
}


# %%
def by_order(answers):
    """Verdicts of one order of each pair (across) against the other order's (down)."""
    own = {(x.a, x.b): x.verdict for x in answers.answers}
    turned = {"a->b": "b->a", "b->a": "a->b"}
    return Counter(
        (own[a, b] or "unsure", turned.get(own[b, a], own[b, a]) or "unsure")
        for a, b in own
        if a < b
    )


kinds = ["a->b", "b->a", "none", "common cause", "unsure"]
words = ["A causes B", "B causes A", "no direct relation", "common cause", "unsure"]
figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.6), sharey=True, layout="constrained")
for ax, (name, answers) in zip(axes, said.items(), strict=True):
    counts = by_order(answers)
    grid = np.array([[counts[x, y] for x in kinds] for y in kinds])
    ax.imshow(grid, cmap="Blues", vmax=1.3 * grid.max())
    for (row, column), n in np.ndenumerate(grid):
        if n:
            ax.text(column, row, n, ha="center", va="center", fontsize=9)
    ax.set_xticks(range(5), words, rotation=40, ha="right", fontsize=8)
    ax.set_yticks(range(5), words, fontsize=8)
    ax.set_title(name, fontsize=10)
    ax.set_xlabel("when A is shown first", fontsize=9)
_ = axes[0].set_ylabel("when B is shown first", fontsize=9)
# %% [markdown]
# On the diagonal an expert says the same in both orders. All of First's answers lie off
# it, and answers that cancel each other are no evidence. So the result is exactly the
# one without an expert:

# %%
alone = llmcd.combine(found, variables=variables)
with_first = llmcd.combine(found, said["First"], variables=variables)
print("the graph of the rows alone:", with_first.graph == alone.graph)
print(with_first.reliability["finding"].item())

# %% [markdown]
# Claude's answers hold still. (They were given in two long sittings, one for each
# order, in which it saw the other questions as well; one request at a time may be less
# steady.) That is worth something, but it is not the same as being right: [the next
# chapter](4-who-decided.ipynb) asks whether they are.
#
# ## Recording and replaying
#
# With a `store` each answer is on disk before the next question is asked. Stop it, or
# let the budget stop it; the same call goes on from there and pays for nothing twice.

# %%
folder = tempfile.TemporaryDirectory()
store = Path(folder.name) / "replies.sqlite"
sent.clear()
part = llmcd.ask(
    plan, First(), store=store, budget=llmcd.Budget(calls=20), progress=False
)
print(f"{len(sent)} calls: {part.note}")
whole = llmcd.ask(plan, First(), store=store, progress=False)
print(f"{len(sent)} calls after going on, for {len(whole.answers)} answers")
again = llmcd.ask(plan, First(), store=store, replay=True, progress=False)
print(f"{len(sent)} calls after a replay; the same answers: {again == whole}")

# %% [markdown]
# To share the answers, write them as lines of text. Whoever has the file sees what you
# saw, with no key and no network, and this is how all of these tutorials run.

# %%
shared = Path(folder.name) / "answers.jsonl"
whole.write(shared)
replayed = llmcd.ask(plan, llmcd.Recorded(shared), progress=False)
print(
    "the same verdicts from the file:",
    [x.verdict for x in replayed.answers] == [x.verdict for x in whole.answers],
)
folder.cleanup()

# %% [markdown]
# ## What this does not tell
#
# - A price is an estimate; the bill is the provider's.
# - An expert can be consistent in both orders and consistently wrong.
# - What a hosted model said today it may not say tomorrow. Keep the store with the
#   paper.
#
# **Next:** [who decided?](4-who-decided.ipynb)
