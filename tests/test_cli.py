"""The command line does the main job, stage by stage too, and fails clearly."""

import html
import json
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd
from llmcd import folder
from llmcd.cli import main
from llmcd.expert.store import Store
from llmcd.formats import read, write
from llmcd.review.session import Session

README = Path(__file__).parent.parent / "README.md"

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with data.csv, vars.yaml and answers.jsonl."""
    home = tmp_path_factory.mktemp("work")
    linear_table(400).to_csv(home / "data.csv", index=False)
    variables = llmcd.Variables.of(TEXTS)
    variables.write(home / "vars.yaml")
    found = llmcd.candidates(llmcd.table(linear_table(400), variables), bootstrap=3)
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    plan = llmcd.plan(found, variables)
    llmcd.ask(plan, expert, progress=False).write(home / "answers.jsonl")
    return home


def arguments(work, *more):
    """The arguments that every data command takes."""
    return [
        str(work / "data.csv"),
        "--variables",
        str(work / "vars.yaml"),
        "--bootstrap=3",
        "--jobs=1",
        *more,
    ]


def test_discover(work, tmp_path, capsys):
    """One command writes the run folder, the report and the picture."""
    out = tmp_path / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    said = capsys.readouterr()
    assert "c" in said.out
    assert str(out / "report.html") in said.err
    for name in ("report.html", "graph.png", "edges.csv", "candidates.json"):
        assert (out / name).stat().st_size > 100
    assert llmcd.Result.load(out).graph == TRUTH


def test_json(work, capsys):
    """--json prints the edges for another program."""
    assert main(["discover", *arguments(work, "--json")]) == 0
    edges = json.loads(capsys.readouterr().out)
    assert {"cause", "effect", "mark", "decided_by"} <= set(edges[0])


def test_stages_by_hand(work, tmp_path, capsys):
    """plan, ask, combine and report through a run folder are the stages of Python."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["plan", *arguments(work, "--show", f"--out={out}")]) == 0
    assert "the quantity a" in capsys.readouterr().out
    assert main(["ask", out, expert]) == 0
    assert main(["combine", out, f"--data={work / 'data.csv'}"]) == 0
    assert main(["report", out]) == 0
    assert llmcd.Result.load(out).combined.edges == by_hand(out, work).combined.edges


def by_hand(out, work):
    """What Python makes of a run folder's candidates and answers, and the rows."""
    found, variables = folder.load_candidates(out)
    rows = pd.read_csv(work / "data.csv")
    answers = folder.load_answers(out)
    return llmcd.combine(found, answers, variables=variables, data=rows)


def test_rows_given_again(work, tmp_path, capsys):
    """Combine --data is posterior mode from a run folder."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, expert]) == 0
    assert main(["combine", out, "--mode=posterior"]) == 1
    assert "give the rows again" in capsys.readouterr().err
    assert main(["combine", out]) == 0
    assert llmcd.Result.load(out).combined.mode == "safe"
    assert main(["combine", out, f"--data={work / 'data.csv'}"]) == 0
    staged = llmcd.Result.load(out).combined
    assert staged.mode == "posterior"
    assert staged.edges == by_hand(out, work).combined.edges
    short = tmp_path / "short.csv"
    linear_table(399).to_csv(short, index=False)
    capsys.readouterr()
    assert main(["combine", out, f"--data={short}"]) == 1
    assert "399 rows, not 400" in capsys.readouterr().err


def test_refine(work, tmp_path, capsys):
    """A graph from a file is scored, and the proposals stay in the run folder."""
    mine = llmcd.Graph.from_edges(
        "abcdef", directed=[("a", "c"), ("b", "c"), ("d", "c"), ("a", "f")]
    )
    file, out = tmp_path / "mine.dot", tmp_path / "run"
    file.write_text(write(mine, "dot"), encoding="utf-8")
    graph = f"--graph={file}"
    assert main(["refine", *arguments(work, graph, f"--out={out}")]) == 0
    said = capsys.readouterr().out
    assert "3 changes proposed" in said
    assert "reverse d --> c: c --> d" in said
    kept = llmcd.Result.load(out).refinement
    assert kept is not None
    assert kept.graph == mine
    assert kept.refined == TRUTH
    assert (out / "refinement.csv").read_text(encoding="utf-8").count("\n") == 4
    assert main(["refine", *arguments(work, graph, "--json")]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    # the folder's next result has none
    assert main(["combine", str(out), "--mode=safe"]) == 0
    assert not (out / "refinement.csv").exists()
    assert llmcd.Result.load(out).refinement is None
    other = tmp_path / "mine.txt"
    other.write_text(write(mine, "dagitty"), encoding="utf-8")
    capsys.readouterr()
    assert main(["refine", *arguments(work, f"--graph={other}")]) == 1
    assert "give --format" in capsys.readouterr().err
    of = f"--graph={other}", "--format=dagitty"
    assert main(["refine", *arguments(work, *of)]) == 0
    assert "3 changes proposed" in capsys.readouterr().out


def test_questions_as_a_file(work, tmp_path, capsys):
    """Emitted, filled in by whoever, applied: the answers of a run like any other."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, f"--emit={file}"]) == 0
    asked = [json.loads(line) for line in file.read_text("utf-8").splitlines()][1:]
    filled = [{"id": x["id"], "verdict": "no_direct_relation"} for x in asked[1:]]
    file.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")
    capsys.readouterr()
    assert main(["answers", "apply", out, str(file), "--by=me, today"]) == 0
    assert f"1 of {len(asked)} questions" in capsys.readouterr().err
    assert main(["combine", out]) == 0
    answers = llmcd.Result.load(out).answers
    assert answers.experts == ("me, today",)
    assert sum(x.verdict == "none" for x in answers.answers) == len(filled)


def test_the_whole_graph_in_one_prompt(work, tmp_path, capsys):
    """Two questions for any number of pairs; filled in, every pair is answered."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, f"--out={out}", "--kind=whole-graph")]) == 0
    assert "2 questions about" in capsys.readouterr().out
    assert main(["ask", out, f"--emit={file}", "--kind=whole-graph"]) == 0
    head, *asked = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert "relations" in head["schema"]["properties"]
    assert len(asked) == 2
    filled = [{"id": x["id"], "reasoning": "", "relations": []} for x in asked]
    file.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")
    apply = ["answers", "apply", out, str(file), "--by=me", "--kind=whole-graph"]
    assert main(apply) == 0
    assert main(["combine", out]) == 0
    answers = llmcd.Result.load(out).answers
    assert answers.complete
    assert {x.verdict for x in answers.answers} == {"none"}
    assert len(answers) == 2 * len(answers.pairs())


@pytest.mark.parametrize(
    "command, says",
    [
        (["discover", "nowhere.csv"], "no such file: nowhere.csv"),
        (["combine", "nowhere"], "candidates.json is missing"),
        (["ask", "nowhere"], "nobody to ask"),
        (["discover", "."], ". is a folder"),
        (["report", "data.csv"], "data.csv"),
        (["combine", "data.csv"], "data.csv"),
        (["discover", "data.csv", "--background=broken.yaml"], "broken.yaml, line 2"),
        (["discover", "data.csv", "--background=data.csv"], "background must be a map"),
        (["discover", "data.csv", "--background=."], ".: Is a directory"),
        (["discover", "data.csv", "--background=latin.yaml"], "not UTF-8"),
        (["discover", "data.csv", "--variables=."], "descriptions are read from"),
        (["discover", "data.csv", "--separator=::"], "one character"),
        (["discover", "data.csv", "--budget-calls=-1"], "from 0"),
        (["discover", "data.csv", "--expert=./answers.jsonl"], "'recorded:./answers"),
        (["plan", "data.csv", "--expert=foo/bar"], "no provider 'foo'"),
        (["discover", "rows.parquet"], "rows.parquet"),
        (["discover", "data.csv", "--out=data.csv"], "data.csv is a file"),
        (["discover", "data.csv", "--out=."], "holds other files"),
        (["plan", "data.csv", "--out=."], "holds other files"),
        (["discover", "twice.csv"], "'a' (columns 1, 2)"),
        (["discover", "semicolons.csv"], "--separator ';'"),
    ],
)
def test_clear_errors(command, says, work, monkeypatch, capsys):
    """An error is one sentence on standard error and exit code 1."""
    monkeypatch.chdir(work)
    Path("broken.yaml").write_text("forbidden: [[a, b]]\n - x: [\n")
    Path("latin.yaml").write_bytes("größe: 1".encode("cp1252"))
    Path("rows.parquet").write_bytes(b"no parquet")
    Path("twice.csv").write_text("a,a\n1,2\n")
    Path("semicolons.csv").write_text("a;b\n1;2\n")
    assert main(command) == 1
    said = capsys.readouterr()
    assert says in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize("command", ["discover", "plan"])
def test_a_foreign_folder_is_noticed_before_any_work(command, work, monkeypatch):
    """Nothing is read, searched or asked for a result that has nowhere to go."""
    monkeypatch.setattr("llmcd.cli.read_rows", None)
    arguments_ = arguments(work, "--expert=human", f"--out={work}")
    assert main([command, *arguments_]) == 1


def test_how_a_file_is_written(work, tmp_path, capsys):
    """Another separator can be given, and a level "None" is a level."""
    df = linear_table(300)
    df["g"] = (df["a"] > 0).map({True: "None", False: "aspirin"})
    df.to_csv(tmp_path / "levels.csv", index=False, sep="\t")
    out = tmp_path / "run"
    command = ["discover", str(tmp_path / "levels.csv"), "--separator=tab",
               "--bootstrap=2", "--jobs=1", f"--out={out}"]  # fmt: skip
    assert main(command) == 0
    assert llmcd.Result.load(out).candidates.kinds["g"] == "binary"


# --- answers are paid for -------------------------------------------------------------


def recording(work, name, verdict):
    """Answers of somebody to every question of the plan, in a file of their own."""
    lines = [json.dumps({"a": a, "b": b, "verdict": verdict, "expert": name})
             for a in "abcdef" for b in "abcdef" if a != b]  # fmt: skip
    path = work / f"{name}.jsonl"
    path.write_text("\n".join(lines))
    return f"--expert=recorded:{path}"


def test_a_second_expert_joins_the_first(work, tmp_path, capsys):
    """Asking somebody else loses nothing, and without --store replies are kept too."""
    out = str(tmp_path / "run")
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, recording(work, "ann", "none")]) == 0
    assert main(["ask", out, recording(work, "bob", "a->b")]) == 0
    assert "from earlier" in capsys.readouterr().out
    with Store(Path(out) / "answers.sqlite") as store:
        assert {record["label"] for record in store.records()} == {"ann", "bob"}
    file = tmp_path / "questions.jsonl"
    assert main(["ask", out, f"--emit={file}"]) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()][1:]
    for some in (lines[:1], lines[1:]):  # in two sittings
        file.write_text(
            "\n".join(json.dumps({"id": x["id"], "verdict": "unsure"}) for x in some)
        )
        assert main(["answers", "apply", out, str(file), "--by=me"]) == 0
    assert main(["combine", out]) == 0
    result = llmcd.Result.load(out)
    assert result.answers.experts == ("ann", "bob", "me")
    assert len(result.answers) == 3 * len(lines)
    assert result.answers.complete
    assert len(result.reliability) == 3


class Paid:
    """An expert whose every reply costs something."""

    identity = MappingProxyType({"model": "paid"})
    asked = 0

    def answer(self, question):
        self.asked += 1
        return '{"reasoning": "", "verdict": "no_direct_relation"}'


def test_discover_keeps_replies_in_its_folder(work, tmp_path, monkeypatch, capsys):
    """A budget stops the asking, not the run; the next runs pay only for the rest."""
    out, experts = tmp_path / "run", [Paid(), Paid(), Paid()]
    coming = iter(experts)
    monkeypatch.setattr("llmcd.cli.resolve", lambda name, **server: next(coming))
    some = [*arguments(work, f"--out={out}"), "--budget-calls=3"]
    assert main(["discover", *some]) == 0
    assert "answers are incomplete" in capsys.readouterr().out
    assert len(llmcd.Result.load(out).answers) == 3
    for _ in range(2):
        assert main(["discover", *arguments(work, f"--out={out}")]) == 0
    whole = llmcd.Result.load(out).answers
    assert whole.complete
    assert [x.asked for x in experts] == [3, len(whole) - 3, 0]


def test_emit_obeys_a_budget(work, tmp_path, capsys):
    """As many questions are written as somebody is willing to answer."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, "--budget-calls=2", f"--out={out}")]) == 0
    assert "the budget allows 2" in capsys.readouterr().out
    assert main(["ask", out, f"--emit={file}", "--budget-calls=2"]) == 0
    assert len(file.read_text("utf-8").splitlines()) == 1 + 2


@pytest.mark.parametrize("stored", [False, True])
def test_ctrl_c_says_what_is_true(work, tmp_path, monkeypatch, capsys, stored):
    """Of a store it speaks only where there is one."""

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    if stored:
        out.mkdir()
        (out / "answers.sqlite").write_bytes(b"")
    monkeypatch.setattr("llmcd.cli.discover", interrupted)
    assert main(["discover", *arguments(work, f"--out={out}")]) == 130
    said = capsys.readouterr().err
    if stored:
        assert f"stopped; what was answered is in {out / 'answers.sqlite'}" in said
    else:
        assert said == "llmcd: stopped\n"
    assert main(["discover", *arguments(work)]) == 130
    assert capsys.readouterr().err == "llmcd: stopped\n"


def test_a_reader_that_stops_reading_is_no_error(work):
    """`llmcd plan --show | head -1` ends quietly."""
    command = [sys.executable, "-m", "llmcd", "plan", *arguments(work, "--show")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read().strip() == ""
        assert process.wait() == 0


def test_missing_key_is_said(work, capsys, monkeypatch):
    """Without a key, the sentence names the variable to set; nothing is written."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["discover", *arguments(work, "--expert=openai/gpt-5")]) == 1
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_background_file(work, tmp_path, capsys):
    """Background knowledge comes from a YAML file."""
    known = tmp_path / "known.yaml"
    known.write_text("forbidden: [[d, e], [e, d]]\n")
    assert main(["discover", *arguments(work, f"--background={known}", "--json")]) == 0
    edges = json.loads(capsys.readouterr().out)
    assert {"d", "e"} not in [{e["cause"], e["effect"]} for e in edges]


def test_demo(tmp_path, capsys):
    """The demo runs offline, says all that it promises, and what the README shows."""
    assert main(["demo", f"--out={tmp_path / 'demo'}"]) == 0
    said = capsys.readouterr().out
    for words in ("2,000 rows", "Asked:", "against the known truth", "Conflicts"):
        assert words in said
    shown = README.read_text("utf-8").split("```text\n")[1].split("```")[0]
    lines = {line.rstrip() for line in said.splitlines()}
    assert [
        x for x in shown.splitlines() if x.strip() and x.rstrip() not in lines
    ] == []
    assert (tmp_path / "demo" / "report.html").exists()
    assert (tmp_path / "demo" / "graph.png").stat().st_size > 10_000


def test_review(work, tmp_path):
    """The address stands on standard output; an interrupt ends it, and all is kept."""
    out = tmp_path / "run"
    assert main(["discover", *arguments(work, f"--out={out}")]) == 0
    command = [sys.executable, "-m", "llmcd", "review", str(out), "--author=A. B."]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        address, _, token = running.stdout.readline().strip().partition("#token=")
        request = urllib.request.Request(f"{address}page")
        request.add_header("X-Llmcd-Token", token)
        with urllib.request.urlopen(request, timeout=20) as answer:
            page = answer.read().decode()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert 'value="A. B."' in page
    assert "0 decisions" in said


def test_what_contradicts_the_data_is_followed_by_a_new_search(work, tmp_path):
    """The command that the page advises puts the edge as the person decided."""
    run, new = tmp_path / "a run", tmp_path / "new"
    assert main(["discover", *arguments(work, f"--out={run}")]) == 0
    session = Session(run, author="A. B.")
    cause, effect = session.before.graph.directed_edges()[0]
    flip = {"action": "require", "a": effect, "b": cause, "author": "A. B."}
    told = session.decide({**flip, "reason": "known"})
    assert "contradicts the data" in told["problem"]
    words = html.unescape(session.page()).partition("llmcd discover DATA ")[2]
    words = shlex.split(words.partition("NEW")[0])
    command = ["discover", str(work / "data.csv"), "--bootstrap=3", "--jobs=1"]
    assert main([*command, *words, str(new)]) == 0
    found = llmcd.Result.load(new).graph
    assert (effect, cause) in found.directed_edges()


def test_review_of_nothing(tmp_path, capsys):
    """A folder without a result is a clear error."""
    assert main(["review", str(tmp_path)]) == 1
    assert "candidates.json is missing" in capsys.readouterr().err


def test_export(work, tmp_path, capsys):
    """A run folder's graph in another program's text, printed or written."""
    run = tmp_path / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={run}")]) == 0
    capsys.readouterr()
    assert main(["export", str(run), "--format", "dagitty"]) == 0
    assert read(capsys.readouterr().out, "dagitty") == TRUTH
    file = tmp_path / "graph.csv"
    assert main(["export", str(run), "--format=adjacency", f"--out={file}"]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert read(file.read_text(), "adjacency") == TRUTH
    with pytest.raises(SystemExit):
        main(["export", str(run), "--format", "docx"])
    assert "invalid choice: 'docx'" in capsys.readouterr().err


# --- asking ---------------------------------------------------------------------------


def test_a_panel(work, tmp_path, capsys):
    """--expert twice is two experts, in the plan and in the result."""
    out = str(tmp_path / "run")
    two = [recording(work, "ann", "none"), recording(work, "bob", "a->b")]
    assert main(["plan", *arguments(work, *two, f"--out={out}")]) == 0
    assert "to ann + bob" in capsys.readouterr().out
    assert main(["ask", out, *two]) == 0
    assert main(["combine", out]) == 0
    result = llmcd.Result.load(out)
    assert result.answers.experts == ("ann", "bob")
    assert list(result.reliability["expert"]) == ["ann", "bob"]
    assert main(["discover", *arguments(work, two[0], two[0])]) == 1
    assert "both called 'ann'" in capsys.readouterr().err


def test_replay_and_sharing(work, tmp_path, monkeypatch, capsys):
    """A store goes to somebody else as lines, and replays there without one call."""
    store, lines = tmp_path / "s.sqlite", tmp_path / "shared.jsonl"
    experts = [Paid() for _ in range(7)]
    coming = iter(experts)
    monkeypatch.setattr("llmcd.cli.resolve", lambda name, **server: next(coming))
    base = arguments(work, f"--store={store}")
    assert main(["plan", *base, "--replay"]) == 1
    assert "there is no store" in capsys.readouterr().err
    assert main(["discover", *base, "--budget-calls=3"]) == 0
    capsys.readouterr()
    assert main(["plan", *base, "--replay"]) == 1
    said = capsys.readouterr()
    missing = int(said.err.split("would miss ")[1].split()[0])
    assert f"3 replies are in {store}, {missing} would be asked for" in said.out
    assert main(["discover", *base, "--replay"]) == 1
    assert "17 of 20 replies are not" in capsys.readouterr().err  # of the first round
    assert main(["discover", *base, f"--export={lines}"]) == 0
    first = capsys.readouterr().out
    whole = len(lines.read_text("utf-8").splitlines())
    assert 20 <= whole <= missing + 3
    asked = [x.asked for x in experts]
    assert asked == [0, 3, 0, 0, whole - 3, 0, 0]

    there = arguments(work, f"--store={tmp_path / 'there.sqlite'}")
    again = tmp_path / "again.jsonl"
    taken = [f"--import={lines}", f"--export={again}"]
    assert main(["discover", *there, "--replay", *taken]) == 0
    said = capsys.readouterr()
    assert said.out == first
    assert f"{whole} replies of {lines} are new" in said.err
    assert again.read_bytes() == lines.read_bytes()
    # rounds need not ask all that a plan without answers holds
    rest = missing + 3 - whole
    assert main(["plan", *there, "--replay"]) == (1 if rest else 0)
    assert f"{whole} replies are in" in capsys.readouterr().out
    assert [x.asked for x in experts] == asked


@pytest.mark.parametrize(
    "wrong, words",
    [
        (["--replay"], "need --store FILE or --out"),
        (["--export=x.jsonl"], "need --store FILE or --out"),
        (["--api-base=http://localhost:1/v1", "--expert=human"], "is no model"),
        (["--api-base=https://h.example/v1", "--expert=openai/x"], "--api-key-env"),
        (["--api-base=http://h.example/v1", "--expert=openai/x"], "must be https"),
        (["--expert=openai/x", "--api-key-env=NO_SUCH_KEY"], "NO_SUCH_KEY holds no"),
    ],
)
def test_wrong_ways_to_ask(work, capsys, monkeypatch, wrong, words):
    """Each is one sentence that says what to do, before any work."""
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert main(["discover", *arguments(work, *wrong)]) == 1
    assert words in capsys.readouterr().err
