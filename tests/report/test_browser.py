"""The report in a real browser: quiet, offline, operable, and text stays text."""

import csv
import io
import json
import socket
from xml.etree import ElementTree

import pytest
from browser import Seen, browser
from made import answer, known_right, made_candidates

from llmcd.combiner.changes import Change, Changes
from llmcd.combiner.reconcile import combine
from llmcd.combiner.refinement import PairScore, Proposal, Refinement
from llmcd.data.table import Note
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.report.render import render
from llmcd.variables import Variable, Variables

EVIL = "</script><img src=x onerror=\"window.pwned='yes'\">"
NAMES = ("age", "dose", "pain", "sleep", "work")


def result(names=NAMES, reasoning="so it is", note="fine"):
    """A result with edges by data and expert, answers, conflicts, a pair apart."""
    a, b, c, d, e = names
    data = Graph.from_edges(names, directed=[(a, c), (b, c)], undirected=[(d, e)])
    candidates = made_candidates(data)
    object.__setattr__(candidates, "notes", (Note(a, "warning", note),))
    object.__setattr__(candidates, "warnings", (note,))
    replies = [
        answer(a, c, "b->a", "m", reasoning=reasoning),
        answer(c, a, "a->b", "m", reasoning=reasoning),
        answer(b, c, "a->b", "m", reasoning=reasoning, stated={"a->b": 0.9}),
        answer(c, b, "b->a", "m", reasoning=reasoning),
        answer(d, e, "a->b", "m", reasoning=reasoning),
        answer(e, d, "b->a", "m", reasoning=reasoning),
        answer(a, e, "a->b", "m", reasoning="a pair without an edge"),
        answer(e, a, "b->a", "m", reasoning="a pair without an edge"),
    ]
    answers = Answers(tuple(replies))
    return combine(candidates, answers, audits=known_right(answers))


def moved(names, text=EVIL):
    """An update that changed a pair which has no edge now."""
    a, b = sorted(names[:2])
    one = Change(a, b, f"{a} --> {b}", "no edge", text, text)
    return Changes((one,), (100, 900), ("0", "1"), ((a, b),), (text,))


def proposals(names, text=EVIL):
    """A graph of somebody's with an edge too many."""
    a, b = names[:2]
    pair = PairScore(a, b, "-->", 0.1, 0.1, 0.8, 0.1, 1.0, 0.0, None, 0)
    drop = Proposal("remove", f"{a} --> {b}", "no edge", 0.8, 0.8, 1.0, 0, text)
    mine = Graph.from_edges(names, directed=[(a, b)])
    return Refinement(mine, Graph.empty(names), (pair,), (drop,), 900, (text,))


@pytest.fixture(scope="module")
def running():
    """One browser for all tests."""
    with browser() as found:
        yield found


@pytest.fixture
def opened(running, tmp_path):
    """Open a report from a file; close it, and see that it was quiet, afterwards."""
    pages = {}

    def load(text, width=1600, scheme="light", **more):
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        view = {"width": width, "height": 900}
        page = running.new_page(viewport=view, color_scheme=scheme, **more)
        seen = Seen(page)
        pages[page] = seen
        page.goto(file.as_uri())
        return page

    load.seen = pages
    yield load
    for page, seen in pages.items():
        assert seen.complaints == []
        assert seen.abroad == []
        assert seen.dialogs == []
        page.close()


def shown(page):
    """Titles of the details that can be seen."""
    return [x.inner_text() for x in page.locator(".detail h3").all() if x.is_visible()]


def rows(page, table):
    """The first cells of the rows that can be seen, from the top."""
    found = page.locator(f"#{table} tbody tr")
    return [r.locator("td").first.inner_text() for r in found.all() if r.is_visible()]


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_the_window(opened, width, scheme):
    """Nothing sticks out at either width, and the ground follows the scheme."""
    more = {"changes": moved(NAMES, "rows"), "refinement": proposals(NAMES, "few")}
    page = opened(render(result(), **more), width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 24)"}[scheme]
    assert page.locator(".edge").count() == 3
    assert page.locator(".node").count() == 5


def test_hover_and_click(opened):
    """The pointer on an edge tells it in short, a click tells all, Escape closes."""
    page = opened(render(result()))
    assert shown(page) == []
    edge = page.locator(".edge[data-from=age]")
    edge.hover(force=True)
    tip = page.locator(".tip").inner_text()
    assert "age → pain: decided by data" in tip
    assert "data and expert disagree" in tip
    edge.click(force=True)
    assert shown(page) == ["age → pain"]
    panel = page.locator(".panel").inner_text()
    assert "shown age, then pain: pain → age" in panel
    assert "shown pain, then age: pain → age" in panel
    assert panel.count("so it is") == 2
    assert "What would change it" in panel
    page.keyboard.press("Escape")
    assert shown(page) == []


def test_keyboard_alone(opened):
    """Arrow keys go through the edges, Enter tells, Escape goes back to the edge."""
    page = opened(render(result()))
    page.locator(".edge").first.focus()
    here = "document.activeElement.dataset.pick || document.activeElement.id"
    first = page.evaluate(here)
    page.keyboard.press("ArrowRight")
    second = page.evaluate(here)
    assert second != first
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(here) not in (first, second)
    page.keyboard.press("Home")
    assert page.evaluate(here) == first
    page.keyboard.press("Enter")
    assert len(shown(page)) == 1
    assert page.evaluate("document.activeElement.id") == first
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.pick") == first
    stops = page.locator(".edge[tabindex='0']").count()
    assert stops == 1  # one stop of the tabulator for the whole graph


def test_everything_can_be_reached_by_tab(opened):
    """From the top, Tab reaches the graph, the filters, the sort buttons, the files."""
    page = opened(render(result()))
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        script = "(e => e.getAttribute('class') || e.download || e.type || e.tagName)"
        reached.add(page.evaluate(f"{script}(document.activeElement)"))
    assert any(x.startswith("edge") for x in reached)
    assert {"skip", "search", "select-one", "checkbox", "button"} <= reached
    assert {"graph.graphml", "result.json", "edges.csv"} <= reached


def test_sorting(opened):
    """A click on a heading sorts by number or by name; another turns it round."""
    page = opened(render(result()))
    head = page.locator("#edge-table th", has_text="Expert, direction")
    script = "all => all.map(row => Number(row.cells[4].dataset.v))"

    def column():
        return page.locator("#edge-table tbody tr").evaluate_all(script)

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column())
    assert len(set(column())) > 1
    name = page.locator("#edge-table th", has_text="Edge")
    name.locator("button").click()
    assert rows(page, "edge-table") == sorted(rows(page, "edge-table"))
    assert head.get_attribute("aria-sort") == "none"


def test_filters(opened):
    """Words, decider and the box for warnings leave only the rows that fit."""
    page = opened(render(result()))
    bar = page.locator(".filter[data-of=edge-table]")
    bar.locator("input[type=search]").fill("DOSE")
    assert rows(page, "edge-table") == ["dose → pain"]
    assert bar.locator("output").inner_text() == "1 of 3"
    bar.locator("input[type=search]").fill("")
    bar.locator("select").select_option("data")
    assert rows(page, "edge-table") == ["age → pain", "dose → pain"]
    bar.locator("input[type=checkbox]").check()
    assert rows(page, "edge-table") == ["age → pain"]


def test_a_search_unfolds_the_answers(opened):
    """Whoever looks for a word in the answers sees the answers that hold it."""
    page = opened(render(result()))
    assert rows(page, "answer-table") == []
    bar = page.locator(".filter[data-of=answer-table]")
    bar.locator("input").fill("without an edge")
    assert rows(page, "answer-table") == ["age, work: no edge"] * 2


def test_a_row_picks_its_edge(opened):
    """A link in a table shows the pair, also one without an edge, and marks both."""
    page = opened(render(result()))
    page.locator("#edge-table a", has_text="sleep").click()
    assert shown(page) == ["sleep → work"]
    assert page.locator(".edge.picked").get_attribute("data-from") == "sleep"
    assert page.locator("#edge-table tr.picked").count() == 1
    page.locator("#conflict-table a", has_text="no edge").click()
    assert shown(page) == ["age, work: no edge"]
    assert "a pair without an edge" in page.locator(".panel").inner_text()
    assert page.locator(".panel .detail:visible").bounding_box()["y"] < 900


def test_a_change_picks_its_pair(opened):
    """What an update changed can be looked at, also where no edge is left."""
    page = opened(render(result(), changes=moved(NAMES), refinement=proposals(NAMES)))
    for table in ("change-table", "proposal-table"):
        page.keyboard.press("Escape")
        page.locator(f"#{table} tbody a").first.click()
        assert shown(page) == ["age, dose: no edge"]


def test_zoom(opened):
    """Larger, smaller and fit change the picture's width."""
    page = opened(render(result()), 400)
    width = "document.querySelector('.canvas svg').getBoundingClientRect().width"
    fit = page.evaluate(width)
    page.locator("[data-zoom=in]").click()
    assert page.evaluate(width) == pytest.approx(1.3 * fit, rel=0.01)
    page.locator("[data-zoom=out]").click()
    assert page.evaluate(width) == pytest.approx(fit, rel=0.01)
    page.locator("[data-zoom=fit]").click()
    assert page.evaluate(width) == pytest.approx(fit, rel=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_without_script(opened):
    """Where scripts are off, every detail and every table is there to be read."""
    page = opened(render(result()), java_script_enabled=False)
    assert len(shown(page)) == page.locator(".detail").count() == 4
    assert not page.locator(".filter").first.is_visible()
    assert len(rows(page, "edge-table")) == 3


def test_printed(opened):
    """On paper all details stand, whatever was picked or filtered, and no buttons."""
    page = opened(render(result()))
    page.locator(".edge").first.click(force=True)
    page.locator(".filter[data-of=edge-table] input[type=search]").fill("dose")
    page.emulate_media(media="print")
    assert len(shown(page)) == 4
    assert len(rows(page, "edge-table")) == 3
    assert not page.locator(".zoom").is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_hostile_text_stays_text(opened):
    """A tag in a name, description, level, reason, note or setting is only read."""
    names = tuple(f"{name}{EVIL}" for name in NAMES)
    each = tuple(
        Variable(n, label=f"{k}{EVIL}", description=EVIL, levels=(EVIL, "b"), unit=EVIL)
        for k, n in enumerate(names)
    )
    page = opened(
        render(
            result(names, EVIL, EVIL),
            title=EVIL,
            settings={EVIL: EVIL},
            variables=Variables(domain=EVIL, variables=each),
            changes=moved(names),
            refinement=proposals(names),
        )
    )
    for k in range(3):
        page.locator(".edge").nth(k).hover(force=True)
        page.locator(".edge").nth(k).click(force=True)
        assert "<img src=x" in page.locator(".panel").inner_text()
    page.locator(".node").first.hover(force=True)
    assert "<img src=x" in page.locator(".tip").inner_text()
    page.locator("#edge-table th button").first.click()
    page.locator(".filter[data-of=edge-table] input[type=search]").fill("<img")
    assert len(rows(page, "edge-table")) == 3
    assert page.evaluate("window.pwned") is None
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("script").count() == 1
    assert page.title() == EVIL


def test_the_policy_holds(opened):
    """A script that got into the page all the same would not run, nor load anything."""
    page = opened(render(result()))
    listener = socket.create_server(("127.0.0.1", 0))
    address = "http://{}:{}/x.png".format(*listener.getsockname())
    tried = page.evaluate(
        """async (address) => {
          const blocked = [];
          document.addEventListener("securitypolicyviolation",
            (event) => blocked.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.pwned = 1";
          document.body.append(script);
          const image = new Image();
          image.src = address;
          document.body.setAttribute("onclick", "window.pwned = 2");
          document.body.click();
          await new Promise((done) => setTimeout(done, 200));
          return [window.pwned ?? null, blocked.sort()];
        }""",
        address,
    )
    with listener:
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert tried[0] is None
    assert "img-src" in tried[1]
    assert any(x.startswith("script-src") for x in tried[1])
    seen = opened.seen.pop(page)  # it complained, as it was asked to
    assert seen.complaints
    page.close()


def test_files(opened, tmp_path):
    """The links save files that other programs can read."""
    combined = result()
    page = opened(render(combined, settings={"seed": 1}))
    saved = {}
    for link in page.locator("a[download]").all():
        with page.expect_download() as waiting:
            link.click()
        target = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(target)
        saved[target.name] = target.read_text(encoding="utf-8")
    whole = json.loads(saved["result.json"])
    assert [e["cause"] for e in whole["edges"]] == [e.cause for e in combined.edges]
    table = list(csv.DictReader(io.StringIO(saved["edges.csv"])))
    assert {row["mark"] for row in table} == {"-->"}
    assert len(list(csv.reader(io.StringIO(saved["answers.csv"])))) == 9
    root = ElementTree.fromstring(saved["graph.graphml"])
    assert len(root.findall(".//{*}edge")) == 3
