"""The demo runs offline and says what the README shows."""

from pathlib import Path

from llmcd.cli.demo import DEMO
from llmcd.cli.output import show
from llmcd.cli.parser import parser_of
from llmcd.cli.registry import COMMANDS

README = Path(__file__).parents[2] / "README.md"


def test_demo(tmp_path, capsys):
    """The demo runs offline, says all that it promises, and what the README shows."""
    arguments = parser_of(COMMANDS).parsed(["demo", f"--out={tmp_path / 'demo'}"])
    shown = arguments.command.run(arguments)
    show(shown, command="demo", as_json=False)
    said = capsys.readouterr().out
    for words in ("2,000 rows", "Asked:", "against the known truth", "Conflicts"):
        assert words in said
    block = README.read_text("utf-8").split("```text\n")[1].split("```")[0]
    lines = {line.rstrip() for line in said.splitlines()}
    assert [
        x for x in block.splitlines() if x.strip() and x.rstrip() not in lines
    ] == []
    assert (tmp_path / "demo" / "report.html").exists()
    assert (tmp_path / "demo" / "graph.png").stat().st_size > 10_000
    assert list(shown.document) == list(DEMO.document)
    alone, together = shown.document["distances"]
    assert alone["graph"] == "data alone"
    assert together["shd"] < alone["shd"]
