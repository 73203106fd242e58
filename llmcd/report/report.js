"use strict";
// Everything is in the page already; this only shows, hides, sorts and picks.
(() => {
  const all = (query, root = document) => Array.from(root.querySelectorAll(query));
  const one = (query, root = document) => root.querySelector(query);
  const make = (tag, words) => {
    const node = document.createElement(tag);
    if (words !== undefined) node.textContent = words;
    return node;
  };
  let picked = "";
  let from = null; // where the focus was before

  // --- picking an edge or a pair

  const pick = (id, { scroll = false } = {}) => {
    const target = document.getElementById(id);
    if (!target || !target.classList.contains("detail")) return false;
    picked = id;
    for (const detail of all(".detail")) detail.hidden = detail !== target;
    for (const link of all("[data-pick]")) {
      const mine = link.dataset.pick === id;
      const holder = link.closest("tr, .edge");
      holder.classList.toggle("picked", mine);
      if (mine) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const note = one(".pick-note");
    if (note) note.hidden = true;
    const panel = one(".panel");
    panel.scrollTop = 0;
    if (scroll) {
      const top = target.getBoundingClientRect().top;
      if (top < 0 || top > window.innerHeight - 160) target.scrollIntoView({ block: "start" });
      from = document.activeElement;
      target.focus({ preventScroll: true });
    }
    return true;
  };

  const unpick = () => {
    picked = "";
    if (from && from.isConnected) from.focus({ preventScroll: true });
    from = null;
    for (const detail of all(".detail")) detail.hidden = true;
    for (const node of all(".picked")) node.classList.remove("picked");
    for (const node of all("[aria-current]")) node.removeAttribute("aria-current");
    const note = one(".pick-note");
    if (note) note.hidden = false;
  };

  // --- the graph

  const graph = () => {
    const svg = one(".canvas svg");
    if (!svg) return;
    const edges = all(".edge", svg);
    edges.forEach((edge, k) => edge.setAttribute("tabindex", k ? "-1" : "0"));
    const go = (k) => {
      const to = edges[(k + edges.length) % edges.length];
      edges.forEach((edge) => edge.setAttribute("tabindex", edge === to ? "0" : "-1"));
      to.focus();
    };
    edges.forEach((edge, k) => {
      edge.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) go(k + step);
        else if (event.key === "Home") go(0);
        else if (event.key === "End") go(edges.length - 1);
        else if (event.key === " ") pick(edge.dataset.pick);
        else return;
        event.preventDefault();
      });
      edge.addEventListener("pointermove", (event) => tell(edge.dataset.tip, event));
      edge.addEventListener("pointerleave", () => tell(""));
    });
    for (const node of all(".node", svg)) {
      const name = node.dataset.at;
      const near = edges.filter((e) => e.dataset.from === name || e.dataset.to === name);
      const ends = new Set(near.flatMap((e) => [e.dataset.from, e.dataset.to]));
      node.addEventListener("pointerenter", () => {
        svg.classList.add("dimmed");
        for (const e of near) e.classList.add("near");
        for (const n of all(".node", svg)) {
          n.classList.toggle("near", n === node || ends.has(n.dataset.at));
        }
      });
      node.addEventListener("pointermove", (event) => tell(node.dataset.tip, event));
      node.addEventListener("pointerleave", () => {
        svg.classList.remove("dimmed");
        for (const n of all(".near", svg)) n.classList.remove("near");
        tell("");
      });
    }
    zoom(svg);
  };

  const tell = (words, event) => {
    const tip = one(".tip");
    tip.hidden = !words;
    if (!words) return;
    tip.textContent = words;
    const wide = tip.offsetWidth;
    const left = Math.min(event.clientX + 14, window.innerWidth - wide - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    const low = event.clientY + 18 + tip.offsetHeight > window.innerHeight;
    tip.style.top = `${low ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18}px`;
  };

  const zoom = (svg) => {
    const bar = one(".zoom");
    const natural = svg.viewBox.baseVal.width;
    bar.hidden = false;
    const to = (wide) => {
      svg.style.width = wide ? `${wide}px` : "";
      svg.style.minWidth = wide ? "0" : "";
      svg.style.maxWidth = wide ? "none" : `${natural * 1.25}px`;
    };
    to(0);
    const by = { in: 1.3, out: 1 / 1.3 };
    for (const button of all("button", bar)) {
      button.addEventListener("click", () => {
        const factor = by[button.dataset.zoom];
        const now = svg.getBoundingClientRect().width;
        to(factor ? Math.min(4 * natural, Math.max(160, now * factor)) : 0);
      });
    }
  };

  // --- tables

  const value = (row, column) => {
    const cell = row.cells[column];
    const number = cell.dataset.v;
    return number === undefined ? cell.textContent.trim() : Number(number);
  };

  const sortable = (table) => {
    all("thead th", table).forEach((head, column) => {
      if (head.dataset.still !== undefined) return;
      const button = make("button", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const up = now === "none" ? head.dataset.first !== "down" : now === "descending";
        for (const other of all("thead th[aria-sort]", table)) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows).sort((p, q) => {
          const [x, y] = [value(p, column), value(q, column)];
          const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
          return up ? order : -order;
        });
        body.append(...rows);
      });
    });
  };

  const filterable = (bar) => {
    const table = document.getElementById(bar.dataset.of);
    if (!table) return;
    bar.hidden = false;
    const words = one("input[type=search]", bar);
    const who = one("select", bar);
    const only = one("input[type=checkbox]", bar);
    const count = one("output", bar);
    const run = () => {
      const sought = words.value.trim().toLowerCase();
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const fits = (!sought || row.textContent.toLowerCase().includes(sought))
          && (!who || !who.value || row.dataset.who === who.value)
          && (!only || !only.checked || row.dataset.look === "yes");
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${table.tBodies[0].rows.length}`;
    };
    const folded = table.closest("details");
    for (const input of all("input, select", bar)) {
      input.addEventListener("input", () => {
        if (folded) folded.open = true;
        run();
      });
    }
    run();
  };

  // --- all of it

  const start = () => {
    document.documentElement.classList.add("js");
    if (!one(".stage")) return;
    const before = picked;
    unpick();
    graph();
    all("table.sort").forEach(sortable);
    all(".filter").forEach(filterable);
    pick(before) || pick(location.hash.slice(1));
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pick]");
    if (!link) return;
    event.preventDefault();
    pick(link.dataset.pick, { scroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest("input, textarea, select")) unpick();
  });
  document.addEventListener("llmcd:page", start);
  start();
})();
