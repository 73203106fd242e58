"""Experts with known faults, for items with known answers; and leaks in words."""

import hashlib
import json
import re

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from llmcd.expert.choices import CHOICES
from llmcd.expert.replies import VERDICTS

KEYS = {"a->b": "A_causes_B", "b->a": "B_causes_A", "none": "no_direct_relation",
        "common cause": "common_cause", None: "unsure"}  # fmt: skip


def written(question, verdict, probability=0.8):
    """The reply that says this."""
    if question.kind in CHOICES:
        words = {said: word for word, said in CHOICES[question.kind].words.items()}
        return json.dumps({"answer": words[verdict], "probability": probability})
    wire = KEYS[verdict]
    return json.dumps({"verdict": wire, "probability": probability})


class Scripted:
    """Answers by a function of the item."""

    free = True

    def __init__(self, items, verdict, label="scripted", probability=0.8):
        self._items = {x.question.content_hash: x for x in items}
        self._verdict, self.label, self._p = verdict, label, probability
        self.identity = {"scripted": label}

    def answer(self, question):
        item = self._items[question.content_hash]
        return written(question, self._verdict(item), self._p)


def coin(item, *words):
    """One of the words, the same every time."""
    digest = hashlib.sha256(str(item.messages).encode()).digest()
    return words[digest[0] % len(words)]


def other(item):
    """The wrong verdict."""
    return {"yes": "no", "no": "yes", "a->b": "b->a", "b->a": "a->b"}[item.truth]


def perfect(items):
    """Always right."""
    return Scripted(items, lambda x: x.truth, "perfect")


def coin_flip(items, *words):
    """Never looks."""
    return Scripted(items, lambda x: coin(x, *words), "coin")


def always(items, verdict):
    """One word for everything."""
    return Scripted(items, lambda _: verdict, f"always {verdict}")


def read_by_words(items, group):
    """Cross-validated accuracy of a bag of words, and its 95 % interval.

    Items of a group stay together, so that no fold holds the other half of a pair.
    """
    texts = [
        f"{x.messages[1]['content']} length{len(x.messages[1]['content']) // 20}"
        for x in items
    ]
    truth = np.array([x.truth for x in items])
    groups = [x.facets[group] for x in items]
    bag = CountVectorizer(token_pattern=r"[\w'%.]+", ngram_range=(1, 2), min_df=2)
    model = make_pipeline(bag, MultinomialNB())
    said = cross_val_predict(model, texts, truth, groups=groups, cv=GroupKFold(5))
    share = float(np.mean(said == truth))
    half = 1.96 * (share * (1 - share) / len(items)) ** 0.5
    return share - half, share, share + half


def read_by_sides(sides):
    """Whether words and lengths on either side tell which of two things is the cause.

    ``sides`` are (cause, effect). Each pair is read in both orders, which are mirror
    images of each other and count once.
    """
    texts, truth, groups = [], [], []
    for k, (cause, effect) in enumerate(sides):
        for forward in (True, False):
            shown = (cause, effect) if forward else (effect, cause)
            words = [
                f"{side}{word}"
                for side, text in zip("AB", shown, strict=True)
                for word in [*re.findall(r"[\w']+", text.lower()),
                             f"letters{len(text) // 8}", f"words{len(text.split())}"]
            ]  # fmt: skip
            texts.append(" ".join(words))
            truth.append(forward)
            groups.append(k)
    found = []
    for reader in (MultinomialNB(), LogisticRegression(C=0.3, max_iter=500)):
        model = make_pipeline(CountVectorizer(token_pattern=r"\S+", min_df=2), reader)
        said = cross_val_predict(model, texts, truth, groups=groups, cv=GroupKFold(10))
        share = float(np.mean(said == np.array(truth)))
        half = 1.96 * (share * (1 - share) / len(sides)) ** 0.5
        found.append((share - half, share, share + half))
    return found


def binomial_limits(n, p=0.5):
    """What a share of n tosses lies within, but for one in a thousand."""
    half = 3.29 * (p * (1 - p) / n) ** 0.5
    return p - half, p + half


assert set(KEYS) - {None} == set(VERDICTS)
