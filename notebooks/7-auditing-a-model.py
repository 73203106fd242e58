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
# # 7. Auditing a model
#
# **Before a model may speak about your data: is it worth listening to, and about
# what?**
#
# The rows judge an expert only where they direct something ([tutorial
# 4](4-who-decided.ipynb)). An audit asks beforehand, with questions whose answers are
# known. It is one line, from the shell or from Python:
#
# ```sh
# llmcd audit --expert openai/gpt-5 --out audit/
# ```
#
# Most questions are made anew for each seed, so that there is nothing to learn by
# heart. What is asked? One of each kind:

# %%
import json
from hashlib import sha256

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import llmcd
from llmcd.auditing.audit import TASKS, compared

pd.set_option("display.precision", 2, "display.max_colwidth", None)

N = {"parrot": 300, "direction": 200, "corr2cause": 150, "cladder": 150, "axioms": 150}
SEED = 1
items = {task: TASKS[task].items(n, SEED) for task, n in N.items()}
for task in ("direction", "corr2cause", "axioms"):
    item = items[task][5]
    text = item.messages[1]["content"].rsplit("\n", 1)[0].strip()
    print(f"{task}; the right answer is {item.truth}\n{text}\n")

# %% [markdown]
# `parrot` and `direction` are about knowledge: which of two named things causes the
# other. The rest is about reasoning: what follows from correlations, from
# interventions, and from two axioms, whatever the names. They are different gifts.
#
# ## Three pupils with known faults
#
# To see what an audit can tell, we give it experts that we made. They hold the key of
# the examination and use it only where we let them:
#
# - the **reciter** is right about things with well-known names, and guesses elsewhere;
# - the **reasoner** draws conclusions well, and has no idea of the world;
# - the **yes-sayer** says yes, and takes whatever is shown first for the cause.

# %%
key = {x.question.content_hash: x for own in items.values() for x in own}
WORDS = {
    "pairwise": {
        "a->b": "A_causes_B",
        "b->a": "B_causes_A",
        "none": "no_direct_relation",
    },
    "a-or-b": {"a->b": "A", "b->a": "B"},
    "yes-no": {"yes": "yes", "no": "no"},
}
OTHER = {"a->b": "b->a", "b->a": "a->b", "none": "a->b", "yes": "no", "no": "yes"}


class Pupil:
    """Right with a probability that depends on the question; the same every time."""

    free = True

    def __init__(self, label, chance):
        self.label, self.identity = label, {"pupil": label}
        self._chance = chance

    def answer(self, question):
        item = key[question.content_hash]
        lot = sha256(f"{self.label} {question.content_hash}".encode()).digest()
        right = int.from_bytes(lot[:4]) / 2**32 < self._chance(item)
        verdict = item.truth if right else OTHER[item.truth]
        name = "verdict" if question.kind == "pairwise" else "answer"
        word = WORDS[question.kind][verdict]
        return json.dumps({"reasoning": "", name: word, "probability": 0.9})


def is_about_the_world(item):
    """Whether well-known names are in it."""
    plain = item.question.kind in ("pairwise", "a-or-b")
    return plain and item.facets.get("names", "real") in ("real", "synonyms")


pupils = [
    Pupil("reciter", lambda x: 0.95 if is_about_the_world(x) else 0.5),
    Pupil("reasoner", lambda x: 0.9 if x.question.kind == "yes-no" else 0.5),
    Pupil("yes-sayer", lambda x: float(x.truth in ("a->b", "yes"))),
]
audits = [llmcd.audit(one, n=N, seed=SEED, progress=False) for one in pupils]
pd.DataFrame(compared(audits)).set_index("task")

# %% [markdown]
# Each cell is a word and its number with an interval. The word is given by the
# interval, not by the number: where chance lies within it, nothing is claimed. As a
# picture:

# %%
figure, ax = plt.subplots(figsize=(6.6, 3.2), layout="constrained")
looks = [("#D55E00", "s"), ("#0072B2", "o"), ("#8c8c8c", "^")]
for k, (found, (colour, marker)) in enumerate(zip(audits, looks, strict=True)):
    decisive = [found.section(task).measures[0] for task in N]
    at = np.arange(len(N)) + 0.22 * (k - 1)
    ax.hlines(at, [m.low for m in decisive], [m.high for m in decisive], color=colour)
    values = [m.value for m in decisive]
    ax.plot(values, at, marker, color=colour, markersize=5, label=found.expert)
ax.axvline(0.5, color="#3a3a3a", linewidth=1, linestyle=(0, (4, 3)))
ax.set_yticks(range(len(N)), list(N))
ax.invert_yaxis()
ax.set_xlim(-0.02, 1.02)
ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50\na coin", "75", "100 %"])
ax.set_xlabel("the number that decides, with its 95 % interval", fontsize=9)
ax.tick_params(labelsize=9)
ax.legend(
    ncols=3, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0)
)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## Knowledge, or names?
#
# The reciter looks like the best of pupils as long as things bear their names. The same
# small worlds, dressed differently, give it away:

# %%
reciter = audits[0].section("parrot")
for measure in reciter.parts["direction by kind of names"]:
    print(measure)

# %% [markdown]
# ## The verdict
#
# What the audit says of each, in words:

# %%
for found in audits:
    print(f"{found.expert}: {found.words[0]}")
    for sentence in found.words[1:3]:
        print(f"    {sentence}")

# %% [markdown]
# For `llmcd.discover` an expert like the reciter is not useless at all: your columns
# have names and descriptions, and what it knows about them is what you pay for. It
# should not be asked to reason from statistics, and the usual questions of `llmcd` hold
# none.
#
# ## A real model
#
# The repository holds the recorded answers of one. It was asked fewer questions. The
# same line audits it, offline:

# %%
claude = llmcd.audit(
    llmcd.Recorded("../benchmarks/answers/audit/claude.jsonl"),
    n={"parrot": 84, "corr2cause": 24, "cladder": 24, "axioms": 24, "direction": 24},
    progress=False,
)
print(f"{claude.expert}: {claude.calls} answers")
pd.DataFrame(
    {
        one.task: {"level": one.level, "": str(one.measures[0])}
        for one in claude.sections
    }
).T

# %% [markdown]
# It made no mistake. That is a ceiling: so few questions tell a good model from a coin,
# and not a good one from a perfect one, which is why the level is not the highest. It
# answered in five long sittings and saw the other questions, though never the other
# half of a pair.
#
# An audit can be where `llmcd` starts from, in place of doubt: `llmcd.discover(...,
# audit=claude)`. It counts as a few answers heard before, and rows that contradict it
# outvote it.
#
# ## Your own variables
#
# Nobody has the key to your own table, but an expert can still contradict itself. At
# most sixty questions about some of your variables, each asked several ways:
#
# ```sh
# llmcd audit --expert openai/gpt-5 --variables vars.yaml
# ```
#
# ## What this does not tell
#
# - The pupils are made up. They show that the audit finds the faults that it is meant
#   to find, and nothing about any real model.
# - Good marks are about these questions. A model may know streets and weather and still
#   know nothing of your field. What the rows say of it in your own result counts more.
# - A model may have met older questions of the same kind. New seeds help against that,
#   not against having been trained for the task.
#
# This was the last chapter. The way on is [your own table](2-your-own-data.ipynb).
