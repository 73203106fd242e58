"""`llmcd effect` and `falsify`, from a run folder and the rows again."""

import json

import pytest
from cli.prepared import arguments
from test_pipeline import linear_table

from llmcd.cli import main


@pytest.fixture(scope="module")
def run(work, tmp_path_factory):
    """A run folder."""
    out = tmp_path_factory.mktemp("estimating") / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    return str(out)


def test_an_effect(work, run, capsys):
    """In words with its ways, and the refuters that were asked for."""
    command = ["effect", run, "a", "c", f"--data={work / 'data.csv'}"]
    capsys.readouterr()
    assert main([*command, "--refuter=placebo", "--simulations=5"]) == 0
    said = capsys.readouterr().out
    assert "effect of a on c: change in the mean of c" in said
    assert "placebo: " in said
    assert "subset: " not in said
    assert "backdoor: nothing to adjust for" in said
    assert main([*command, "--refuter=none", "--level=0.5", "--json"]) == 0
    half = json.loads(capsys.readouterr().out)
    assert main([*command, "--refuter=none", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["low"] < half["low"] < half["value"] < half["high"] < whole["high"]


@pytest.mark.parametrize(
    "code, more, says",
    [
        (2, ["a", "a"], "treatment and outcome"),
        (3, ["a", "zz"], "'zz' is not in the graph"),
        (2, ["a", "c", "--levels", "0", "1"], "levels is for a discrete treatment"),
        (2, ["a", "c", "--level=2"], "level"),
    ],
)
def test_wrong_questions(work, run, capsys, code, more, says):
    """Each is one block with what to do."""
    command = ["effect", run, *more, f"--data={work / 'data.csv'}"]
    assert main([*command, "--refuter=none"]) == code
    assert says in capsys.readouterr().err


def test_other_rows(run, tmp_path, capsys):
    """Rows that the graph was not found on are refused unless it is said."""
    other = tmp_path / "other.csv"
    linear_table(300).to_csv(other, index=False)
    for command in (["effect", run, "a", "c", f"--data={other}", "--refuter=none"],
                    ["falsify", run, str(other)]):  # fmt: skip
        assert main(command) == 3
        assert main([*command, "--new-rows"]) == 0
    assert "rows" in capsys.readouterr().err


def test_falsify(work, run, capsys):
    """The sentence, and what the rows deny when the level lets them."""
    capsys.readouterr()
    data = str(work / "data.csv")
    assert main(["falsify", run, data]) == 0
    assert "independences that the graph implies" in capsys.readouterr().out
    loose = ["falsify", run, data, "--alpha=0.9", "--permutations=3"]
    assert main([*loose, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["permutations"] == 3
    assert len(found["violations"]) > 0
    assert main(loose) == 0
    said = capsys.readouterr().out
    first = found["violations"][0]
    assert "Independences that the rows deny" in said
    assert f"{first['a']} " in said
