"""Pictures, pages and formats of a result hold what it says."""

import re

import pytest
from drawing import canvas, png


@pytest.mark.parametrize(
    "picture, label",
    [
        ("graph", ""),
        ("evidence", "data: log-odds of the direction shown"),
        ("reliability", ""),
        ("progress", "questions answered"),
    ],
)
def test_pictures(result, picture, label):
    """Each picture is drawn where it is told to, and holds something."""
    ax = canvas()
    assert result.plot(picture, ax=ax) is ax
    assert ax.get_xlabel() == label
    assert ax.get_children()
    assert png(ax)


def test_no_such_picture(result):
    """An unknown picture is named, with those that there are."""
    with pytest.raises(ValueError, match=r"picture must be one of .*, got 'pie'"):
        result.plot("pie")


def test_report_names_a_file(result, tmp_path):
    """The report makes the folders that are missing and refuses to be one."""
    path = result.report(tmp_path / "a" / "b" / "report.html")
    assert re.search("<html", path.read_text(encoding="utf-8"))
    with pytest.raises(IsADirectoryError, match="is a folder"):
        result.report(tmp_path)


def test_every_format_of_a_result(result):
    """Each text is read back as the result's graph; three carry the edge table."""
    from llmcd.formats import FORMATS, read

    for name in FORMATS:
        # an edge list does not know the nodes without edges
        again = read(result.to(name), name).with_nodes(result.graph.names)
        assert again == result.graph
    for name in ("graphml", "json"):
        assert "decided_by" in result.to(name)
    assert "decidedby" in result.to("gml")
    with pytest.raises(ValueError, match="format must be one of"):
        result.to("docx")
