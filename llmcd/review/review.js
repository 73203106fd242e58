"use strict";
// Takes the token out of the address, shows the report, sends decisions.
(() => {
  const key = "llmcd-token";
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(key, given);
    history.replaceState(null, "", "/");
  }
  const token = sessionStorage.getItem(key) || "";
  const status = (words, wrong = false) => {
    const place = document.getElementById("status");
    place.textContent = words;
    place.classList.toggle("warn", wrong);
  };

  const ask = async (path, options = {}) => {
    const answer = await fetch(path, {
      ...options,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      headers: { ...options.headers, "X-Llmcd-Token": token },
    });
    const text = await answer.text();
    if (answer.ok) return text;
    let words = text;
    try {
      words = JSON.parse(text).error;
    } catch {
      // not ours; shown as it is
    }
    throw new Error(words);
  };

  const show = async (words) => {
    const author = document.getElementById("author")?.value;
    const parsed = new DOMParser().parseFromString(await ask("/page"), "text/html");
    document.title = parsed.querySelector("h1").textContent;
    document.querySelector("main").replaceWith(document.adoptNode(parsed.querySelector("main")));
    if (author) document.getElementById("author").value = author;
    document.dispatchEvent(new Event("llmcd:page"));
    status(words);
  };

  const decide = async (button) => {
    const form = button.closest(".decide");
    let { a, b } = form.dataset;
    if (button.dataset.turn) [a, b] = [b, a];
    const body = JSON.stringify({
      action: button.dataset.action,
      a,
      b,
      author: document.getElementById("author").value,
      reason: form.elements.reason.value,
    });
    status("One moment ...");
    const headers = { "Content-Type": "application/json" };
    const told = JSON.parse(await ask("/decisions", { method: "POST", headers, body }));
    await show(told.words);
  };

  const safely = async (work) => {
    try {
      await work();
    } catch (error) {
      status(error.message, true);
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button) safely(() => decide(button));
  });
  document.addEventListener("submit", (event) => event.preventDefault());
  if (token) safely(() => show(""));
  else status("Open the address that llmcd review printed: it carries the token.", true);
})();
