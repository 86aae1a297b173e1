/* Search, sort, filter, theme, copy. Every page reads without it. */
(() => {
  "use strict";
  const root = document.currentScript.dataset.root;
  const make = (tag, given = {}, ...inner) => {
    const made = Object.assign(document.createElement(tag), given);
    made.append(...inner);
    return made;
  };
  const kept = (value) => {
    try {
      if (value) localStorage.setItem("resound-theme", value);
      return localStorage.getItem("resound-theme");
    } catch { return null; }
  };
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  if (["dark", "light"].includes(kept())) document.documentElement.dataset.theme = kept();

  function theme(tools) {
    const button = make("button", { type: "button" });
    const show = () => { button.textContent = isDark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Show in ${isDark() ? "light" : "dark"} colours`); };
    button.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; kept(document.documentElement.dataset.theme); show(); });
    show();
    tools.append(button);
  }

  function search(tools) {
    const field = make("input", { type: "search", placeholder: "Search", autocomplete: "off" });
    field.setAttribute("aria-label", "Search cells, settings and claims");
    const list = make("ul", { className: "found", hidden: true });
    let asked = false;
    const load = () => {
      if (asked) return;
      asked = true;
      document.head.append(make("script", { src: `${root}assets/index.js`, onload: show }));
    };
    function show() {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      list.hidden = !words.length;
      if (!words.length) return list.replaceChildren();
      const index = window.RESOUND_INDEX || [];
      const found = index.filter(([kind, text]) => words.every((word) => `${kind} ${text}`.toLowerCase().includes(word)));
      list.replaceChildren(...found.slice(0, 30).map(([kind, text, place]) => make("li", {}, make("a", { href: root + place }, make("small", { textContent: kind }), text))));
      if (!found.length) list.append(make("li", {}, make("p", { textContent: "Nothing found" })));
      if (found.length > 30) list.append(make("li", {}, make("p", { textContent: `${found.length - 30} more: add a word` })));
    }
    field.addEventListener("focus", load);
    field.addEventListener("input", () => { load(); show(); });
    tools.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const at = links.indexOf(document.activeElement);
      if (event.key === "Escape") { field.value = ""; show(); field.focus(); }
      if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
      if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (links[at - 1] || field).focus(); }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); field.focus(); }
    });
    document.addEventListener("click", (event) => { if (!tools.contains(event.target)) list.hidden = true; });
    tools.append(field, list);
  }

  const text = (row, column) => (row.cells[column] ? row.cells[column].textContent.trim() : "");
  const SECONDS = { s: 1, min: 60, h: 3600 };
  const number = (shown) => {
    const times = [...shown.matchAll(/(\d+(?:\.\d+)?) (s|min|h)\b/g)];
    if (times.length && /^\d/.test(shown)) return times.reduce((sum, [, count, unit]) => sum + count * SECONDS[unit], 0);
    const found = /^[^\d-]*(-?\d+(\.\d+)?)/.exec(shown);
    return found ? Number(found[1]) : NaN;
  };

  function sortable(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, column) => {
      if (head.tagName !== "TH" || head.querySelector("a")) return;
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const words = head.classList.contains("left");
        const rows = [...body.rows].map((row) => ({ row, value: words ? text(row, column) : number(text(row, column)) }));
        const lacks = (value) => value === "" || Number.isNaN(value);
        rows.sort((one, other) => {
          if (lacks(one.value) || lacks(other.value)) return lacks(one.value) - lacks(other.value);
          const order = words ? one.value.localeCompare(other.value, "en", { numeric: true }) : one.value - other.value;
          return up ? order : -order;
        });
        body.append(...rows.map(({ row }) => row));
      });
    });
  }

  function filtered(table) {
    const rows = [...table.tBodies[0].rows];
    const states = [...new Set(rows.map((row) => row.dataset.state).filter(Boolean))];
    const field = make("input", { type: "search", autocomplete: "off" });
    const choice = make("select", {}, make("option", { value: "", textContent: "any" }), ...states.map((state) => make("option", { value: state, textContent: state })));
    const count = make("output");
    const show = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const fits = words.every((word) => row.textContent.toLowerCase().includes(word)) && (!choice.value || row.dataset.state === choice.value);
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${rows.length} ${table.dataset.what}`;
    };
    field.addEventListener("input", show);
    choice.addEventListener("change", show);
    window.addEventListener("hashchange", () => {
      const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (wanted && wanted.hidden && rows.includes(wanted)) { field.value = ""; choice.value = ""; show(); wanted.scrollIntoView(); }
    });
    const bar = make("div", { className: "filters" }, make("label", {}, "Filter", field));
    if (states.length > 1) bar.append(make("label", {}, "State", choice));
    bar.append(count);
    table.parentElement.before(bar);
    show();
  }

  function legend(list) {
    for (const item of list.querySelectorAll("li[data-state]")) {
      const button = make("button", { type: "button" }, ...item.childNodes);
      button.setAttribute("aria-pressed", "false");
      item.append(button);
      button.addEventListener("click", () => {
        const lit = button.getAttribute("aria-pressed") === "false";
        button.setAttribute("aria-pressed", String(lit));
        const names = [...list.querySelectorAll("li[data-state]")].filter((one) => one.querySelector("[aria-pressed=true]")).map((one) => one.dataset.state);
        document.querySelectorAll(".matrix").forEach((matrix) => matrix.classList.toggle("dimmed", names.length > 0));
        document.querySelectorAll(".matrix .sq").forEach((one) => one.classList.toggle("lit", names.includes(one.classList[1])));
      });
    }
  }

  function commands(block) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      const lines = [...block.querySelectorAll("code")].map((one) => one.textContent).join("\n");
      try { await navigator.clipboard.writeText(lines); button.textContent = "Copied"; } catch { getSelection().selectAllChildren(block); button.textContent = "Selected"; }
    });
    block.append(button);
  }

  /* What a link leads to may stand behind a title. */
  function unfold() {
    const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = wanted && wanted.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  const tools = document.querySelector("[data-tools]");
  search(tools);
  theme(tools);
  document.querySelectorAll("table.sortable").forEach(sortable);
  document.querySelectorAll("table.filtered").forEach(filtered);
  document.querySelectorAll("[data-legend]").forEach(legend);
  document.querySelectorAll("pre.commands").forEach(commands);
  window.addEventListener("hashchange", unfold);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  unfold();
})();
