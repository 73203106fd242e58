"""Descriptions are read in every form, and everything wrong is said at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.errors import VariablesError
from llmcd.variables import KINDS, LintWarning, Variable, Variables, clean_text

CONTENT = {
    "domain": "Patients of one ward.",
    "variables": {
        "age": {"label": "Age", "kind": "continuous", "unit": "years", "tier": 0},
        "NO": {
            "label": "Nitric oxide",
            "description": "Exhaled nitric oxide: low, mid or high.",
            "kind": "ordinal",
            "levels": ["low", "mid", "high"],
            "tier": 1,
            "alias": "Exhaled gas",
        },
    },
    "notes": ["Checked by hand."],
}

YAML = """
domain: Patients of one ward.
variables:
  age: {label: Age, kind: continuous, unit: years, tier: 0}
  NO:
    label: Nitric oxide
    description: 'Exhaled nitric oxide: low, mid or high.'
    kind: ordinal
    levels: [low, mid, high]
    tier: 1
    alias: Exhaled gas
notes: [Checked by hand.]
"""

CSV = """\ufeffname,label,description,kind,unit,levels,tier,alias
age,Age,,continuous,years,,0,
NO,Nitric oxide,"Exhaled nitric oxide: low, mid or high.",ordinal,,low; mid;high,1,\
Exhaled gas
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def problems(source: object) -> str:
    with pytest.raises(VariablesError) as caught:
        Variables.of(source)
    return str(caught.value)


# --- the forms ------------------------------------------------------------------------


def test_every_form_reads_the_same(tmp_path: Path) -> None:
    """Dict, YAML, JSON and a list of Variable objects say the same thing."""
    whole = Variables.of(CONTENT)
    assert Variables.of(written(tmp_path / "v.yaml", YAML)) == whole
    assert Variables.of(str(written(tmp_path / "v.YML", YAML))) == whole
    assert Variables.of(written(tmp_path / "v.json", json.dumps(CONTENT))) == whole
    assert Variables.of(whole) is whole
    bare = Variables.of(CONTENT["variables"])
    assert bare.variables == whole.variables
    assert Variables.of(iter(whole.variables)).variables == whole.variables
    assert Variables.of({v.name: v for v in whole.variables}) == bare


def test_csv_holds_the_variables(tmp_path: Path) -> None:
    """A CSV with a byte-order mark and quoted commas reads like the YAML."""
    found = Variables.of(written(tmp_path / "v.csv", CSV))
    assert found.variables == Variables.of(CONTENT).variables


def test_short_form() -> None:
    """A mapping from name to text is enough; None and integers as names are fine."""
    found = Variables.of({"age": "Age in years.", "sbp": None, 7: "Seven."})
    assert found.names == ("age", "sbp", "7")
    assert found["age"].description == "Age in years."
    assert len(Variables.of({})) == 0


def test_a_column_may_be_called_variables() -> None:
    """The word `variables` as a column name is not taken for the file's structure."""
    found = Variables.of({"variables": {"label": "Number of variables"}, "n": "Rows."})
    assert found.names == ("variables", "n")


def test_mapping_reading() -> None:
    """Variables behaves like a mapping in the order given."""
    found = Variables.of(CONTENT)
    assert list(found) == ["age", "NO"]
    assert "NO" in found
    assert "no" not in found
    assert found.get("no") is None
    with pytest.raises(KeyError, match="did you mean 'age'"):
        found["agee"]
    assert found.subset(["NO", "other", "NO"]).names == ("NO",)
    assert found.subset(["NO"]).domain == found.domain


def test_shown_prefers_the_alias() -> None:
    """The expert sees the alias, else the label, else the name."""
    assert Variable("x").shown == "x"
    assert Variable("x", label="X ray").shown == "X ray"
    assert Variable("x", label="X ray", alias="Picture").shown == "Picture"


@pytest.mark.parametrize("word", ["NO", "yes", "on", "1", "1.5", "2020-01-01", "null"])
def test_yaml_words_stay_words(tmp_path: Path, word: str) -> None:
    """Plain YAML words that other readers turn into booleans or numbers stay text."""
    text = f"variables:\n  {word}: {{levels: [{word}, other]}}\n"
    found = Variables.of(written(tmp_path / "v.yaml", text))
    assert found.names == (word,)
    assert found[word].levels == (word, "other")


texts = st.text(max_size=40)
lines = texts.map(clean_text).map(lambda text: " ".join(text.split()))


@st.composite
def described(draw: st.DrawFn) -> Variables:
    names = draw(st.lists(texts.map(clean_text).filter(str.strip), unique=True))
    variables: list[Variable] = []
    for at, name in enumerate(names):
        kind = draw(st.sampled_from([None, *KINDS]))
        levels = ["0", "yes"] if kind in ("binary", "ordinal") else []
        variables.append(
            Variable(
                name,
                label=f"{draw(lines)} {at}",
                description=draw(lines),
                kind=kind,
                unit=draw(st.none() | lines.filter(bool)),
                levels=draw(st.sampled_from([levels, []])),
                tier=draw(st.none() | st.integers(-5, 5)),
            )
        )
    return Variables(draw(lines), variables, draw(st.lists(lines, max_size=2)))


@settings(max_examples=60, deadline=None)
@given(described())
def test_writing_and_reading_is_identity(
    tmp_path_factory: pytest.TempPathFactory, found: Variables
) -> None:
    """What write() writes, of() reads back, whatever the texts hold."""
    path = tmp_path_factory.mktemp("v") / "v.yaml"
    found.write(path)
    assert Variables.of(path) == found
    assert Variables.of(found.to_dict()) == found
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


# --- cleaning and limits --------------------------------------------------------------


def test_invisible_characters_are_removed() -> None:
    """Control, zero-width and direction characters cannot hide words."""
    found = Variable("a\u200bge\x00", label="A\u202ege", description="one\ntwo\x1b")
    assert (found.name, found.label, found.description) == ("age", "Age", "one two")


@given(st.text())
def test_clean_text_is_idempotent(text: str) -> None:
    """Cleaning twice is cleaning once, and leaves nothing that cannot be printed."""
    once = clean_text(text)
    assert clean_text(once) == once
    assert not any(c in "\u200b\u202e\x00\n\t\u2028" for c in once)


@pytest.mark.parametrize(
    "row, said",
    [
        ({"label": "x" * 201}, "label has 201 characters; at most 200"),
        ({"alias": "x" * 201}, "alias has 201"),
        (
            {"description": "x" * 1001},
            "description has 1,001 characters; at most 1,000",
        ),
        ({"label": 5}, "label must be a text, got int"),
        ({"kind": "categorical"}, "did you mean 'nominal'"),
        ({"kind": "Continous"}, "did you mean 'continuous'"),
        ({"kind": "zzz"}, "kind must be one of continuous, binary, nominal, ordinal"),
        ({"tier": "first"}, "tier must be a whole number, got 'first'"),
        ({"tier": True}, "tier must be a whole number"),
        ({"levels": "low"}, "levels must be a list"),
        ({"levels": ["a", "a"]}, "more than once: ['a']"),
        ({"levels": [["a"]]}, "a level must be a text, got list"),
        ({"kind": "continuous", "levels": ["a", "b"]}, "no levels"),
        ({"kind": "binary", "levels": ["a"]}, "2 levels, got 1"),
        ({"descripton": "x"}, "did you mean 'description'"),
        (5, "expected a text or fields, got int"),
    ],
)
def test_what_is_wrong_with_a_variable(row: object, said: str) -> None:
    """Each wrong field is named with what was expected."""
    message = problems({"age": row})
    assert said in message
    assert "'age'" in message


def test_all_problems_in_one_message() -> None:
    """Nothing is reported one error at a time."""
    message = problems(
        {
            "domian": "x",
            "variables": {
                "a": {"kind": "foo", "tier": "x"},
                "b": {"lable": "B"},
                " ": "blank",
                "c": {"label": "Same"},
                "d": {"alias": "same"},
                "n" * 201: "",
            },
        }
    )
    for said in (
        "did you mean 'domain'",
        "kind must be",
        "tier must be",
        "did you mean 'label'",
        "the name is empty",
        "name has 201",
        "'c' and 'd' would both be shown",
    ):
        assert said in message


def test_names_are_unique() -> None:
    """A variable cannot be described twice."""
    with pytest.raises(VariablesError, match="'a' is described more than once"):
        Variables(variables=(Variable("a"), Variable("a")))
    with pytest.raises(VariablesError, match="got \\['str'\\]"):
        Variables.of(["a", "b"])


def test_wrong_type() -> None:
    """What is no description at all is a TypeError."""
    with pytest.raises(TypeError, match="got int"):
        Variables.of(5)


# --- files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("v.yaml", "variables:\n  a: [1\n  b: 2\n", "line 3: not valid YAML"),
        (
            "v.yaml",
            "variables:\n  a: x\n  a: y\n",
            "line 3: 'a' is given more than once",
        ),
        ("v.yaml", "variables:\n  a: &x b\n  c: *x\n", "line 3: references"),
        ("v.yaml", "variables:\n  [a, b]: x\n", "line 2: a key must be"),
        ("v.yaml", "- a\n- b\n", "expected `variables:`"),
        ("v.yaml", "variables: " + "[" * 5000, "nested too deeply"),
        ("v.yaml", "variables: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        ("v.yaml", "#" * 1_000_001, "larger than 1,000,000 bytes"),
        ("v.json", '{"a": "x", "a": "y"}', "given more than once: ['a']"),
        ("v.json", '{"a": ', "v.json"),
        ("v.csv", "label\nAge\n", "a column `name`"),
        ("v.csv", "name,label\na,A\na,B\n", "line 3: 'a' is given more than once"),
        ("v.csv", "name,label\na,A,more\n", "line 2: more cells"),
        ("v.csv", "name,lable\na,A\n", "did you mean 'label'"),
        ("v.txt", "a", ".yaml, .yml, .json or .csv"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    """A broken file is named, with the line where that helps."""
    message = problems(written(tmp_path / name, text))
    assert said in message
    assert name in message


def test_missing_and_binary_files(tmp_path: Path) -> None:
    """A path that leads nowhere and bytes that are no text are errors of ours."""
    assert "cannot read" in problems(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in problems(tmp_path / "b.yaml")


def test_an_empty_file_describes_nothing(tmp_path: Path) -> None:
    """An empty YAML file is an empty description."""
    assert Variables.of(written(tmp_path / "v.yaml", "")) == Variables()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Any text in a file gives Variables or our own error."""
    folder = tmp_path_factory.mktemp("fuzz")
    for suffix in (".yaml", ".json", ".csv"):
        path = folder / f"v{suffix}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            found = Variables.of(path)
        except VariablesError:
            continue
        assert isinstance(found, Variables)


# --- lint -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, word",
    [
        ("Pressure, only influenced by flow.", "only influenced by"),
        ("It causes coughing.", "causes"),
        ("Raised because of stress.", "because"),
        ("Depends on age.", "depends on"),
        ("Swelling due to injury.", "due to"),
        ("Leads to pain.", "leads to"),
        ("Smoking affects it.", "affects"),
        ("Determined by the gene.", "determined by"),
        ("The effect of dose.", "effect of"),
        ("Results in death.", "results in"),
        ("An exogenous variable.", "exogenous"),
        ("The outcome of the study.", "outcome"),
        ("A known risk factor.", "risk factor"),
    ],
)
def test_lint_finds_give_away_words(text: str, word: str) -> None:
    """Words that say what causes what are found in descriptions and in the domain."""
    warnings = Variables.of({"v": text}).lint()
    assert [(w.name, w.words) for w in warnings] == [("v", (word,))]
    assert isinstance(warnings[0], LintWarning)
    assert "what is measured" in warnings[0].suggestion
    assert Variables(domain=text).lint()[0].name == "(domain)"


@pytest.mark.parametrize(
    "text",
    [
        "Systolic blood pressure in mmHg: LOW, NORMAL or HIGH.",
        "Whether the patient smokes: yes or no.",
        "Test result: positive or negative.",
        "Cautious driver: True or False. Affection score. Becausehood.",
        "Number of dependants living in the household.",
    ],
)
def test_lint_leaves_plain_descriptions_alone(text: str) -> None:
    """Saying what is measured is no give-away."""
    assert Variables.of({"v": text}).lint() == ()
