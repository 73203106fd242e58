"""The review in a real browser: decide, see the change, and no other page can."""

import http.server
import re
import threading

import pytest
from browser import Seen, browser
from serving import run_folder, served

from llmcd.review.decisions import read

EVIL = "</script><img src=x onerror=\"window.pwned='yes'\">"


@pytest.fixture(scope="module")
def running():
    """One browser for all tests."""
    with browser() as found:
        yield found


@pytest.fixture
def page(running):
    """An empty tab, and what it did."""
    tab = running.new_page(viewport={"width": 1600, "height": 1000})
    tab.seen = Seen(tab)
    yield tab
    tab.close()


def decide(page, pair, button, reason=""):
    """Pick an edge, give a reason, press a button; what the page then says."""
    if not page.locator(".detail:visible h3", has_text=pair).count():
        page.locator("#edge-table a", has_text=pair).click()
    form = page.locator(".detail:visible .decide")
    form.locator("input").fill(reason)
    with page.expect_response("**/page"):
        form.get_by_role("button", name=button).click()
    return told(page)


def told(page):
    """What the page says once a decision was taken."""
    place = page.locator("#status", has_text=re.compile("^Kept"))
    place.wait_for()
    return place.inner_text()


def test_from_the_first_address_to_a_changed_graph(page, tmp_path):
    """The token leaves the address, decisions are kept and shown, withdrawn too."""
    run = run_folder(tmp_path / "run")
    with served(run) as server:
        page.goto(server.url)
        page.wait_for_selector(".edge")
        assert page.url == server.url.partition("#")[0]
        assert page.input_value("#author") == "A. B."
        page.fill("#author", "C. D.")
        said = decide(page, "d — e", "Direct d → e", "d is first")
        assert said == "Kept: d → e. Changed: d — e is now d → e."
        assert page.input_value("#author") == "C. D."
        assert page.locator(".edge[data-from=d]").get_attribute("class").split()[1] == (
            "background"
        )
        assert "d is first" in page.locator(".detail:visible").inner_text()
        said = decide(page, "a → c", "Flip to c → a", "no")
        assert said.startswith("Kept, but not applied: it contradicts the data")
        said = decide(page, "b → c", "Forbid the edge")
        assert "b → c is now gone" in said
        assert page.locator(".edge").count() == 2
        assert page.locator("#decisions tbody tr").count() == 3
        page.reload()
        page.wait_for_selector(".edge")
        said = decide(page, "d → e", "Withdraw")
        assert "taken back" in said
        assert page.locator(".edge[data-from=d]").get_attribute("class").split()[1] == (
            "nobody"
        )
    assert [one.author for one in read(run)[:1]] == ["C. D."]
    assert page.seen.complaints == []
    assert all(
        url.startswith(server.url.partition("#")[0]) for url in page.seen.requests
    )
    assert not any(server.token in url.partition("#")[0] for url in page.seen.requests)


def test_by_keyboard_alone(page, tmp_path):
    """Tab to the graph, Enter, Tab to a button, Enter: decided."""
    run = run_folder(tmp_path / "run")
    with served(run) as server:
        page.goto(server.url)
        page.wait_for_selector(".edge")
        page.locator(".edge").first.focus()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.action") == "require":
                break
        with page.expect_response("**/page"):
            page.keyboard.press("Enter")
        assert told(page).startswith("Kept")
    assert [one.action for one in read(run)] == ["require"]


def test_without_the_token(page, tmp_path):
    """Who opens the bare address reads nothing of the result."""
    with served(run_folder(tmp_path / "run")) as server:
        page.goto(server.url.partition("#")[0])
        assert "carries the token" in page.locator("#status").inner_text()
        assert page.locator(".edge").count() == 0


def test_hostile_text_stays_text(page, tmp_path):
    """A tag in names, descriptions, answers, author and reason is only read."""
    names = tuple(f"{x}{EVIL}" for x in "abcde")
    run = run_folder(tmp_path / "run", names, EVIL)
    with served(run) as server:
        page.goto(server.url)
        page.wait_for_selector(".edge")
        page.fill("#author", EVIL)
        said = decide(page, "d<", "Direct d<", EVIL)
        assert EVIL in said
        page.locator(".edge").first.click(force=True)
        assert page.evaluate("window.pwned") is None
        assert page.locator("main img, main script").count() == 0
        (one,) = read(run)
        assert (one.author, one.reason, one.a) == (EVIL, EVIL, names[3])
        page.goto((run / "reviewed" / "report.html").as_uri())
        assert EVIL in page.locator("#decisions").inner_text()
        assert page.evaluate("window.pwned") is None
        assert page.locator("img").count() == 0
    assert page.seen.complaints == []
    assert page.seen.dialogs == []


ATTACK = """async ([url, token]) => {
  const tried = [];
  const body = JSON.stringify(
    {action: "forbid", a: "a", b: "c", author: "x", reason: ""});
  const right = {"Content-Type": "application/json", "X-Llmcd-Token": token};
  for (const options of [
    {},
    {mode: "no-cors"},
    {headers: {"X-Llmcd-Token": token}},
    {method: "POST", body, mode: "no-cors"},
    {method: "POST", body, headers: right},
  ]) {
    for (const path of ["page", "decisions"]) {
      try {
        const answer = await fetch(url + path, options);
        tried.push(answer.type === "opaque" ? "" : await answer.text());
      } catch { tried.push(""); }
    }
  }
  const frame = document.createElement("iframe");
  frame.src = url;
  document.body.append(frame);
  await new Promise((done) => { frame.onload = done; setTimeout(done, 1000); });
  let inside = "";
  try { inside = frame.contentDocument.body.textContent; } catch { inside = ""; }
  return [tried, inside];
}"""


def test_another_page_of_the_same_browser(page, tmp_path):
    """A page of another origin, even with the token, reads and changes nothing."""
    run = run_folder(tmp_path / "run")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "index.html").write_text("<!DOCTYPE html><p>evil", "utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path / "evil"))

        def log_message(self, *args):
            """Say nothing."""

    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    try:
        with served(run) as server:
            page.goto(f"http://127.0.0.1:{other.server_address[1]}/index.html")
            url = server.url.partition("#")[0]
            tried, inside = page.evaluate(ATTACK, [url, server.token])
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
    assert tried == [""] * 10
    assert inside == ""
    assert read(run) == ()
