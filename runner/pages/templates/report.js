"use strict";
// The targets: unpacked once, drawn by the plots, and shown a page of rows at a time.
(() => {
  const PAGE = 100;
  const read = (id) => {
    const element = document.getElementById(id);
    return element && JSON.parse(element.textContent);
  };
  const packed = read("targets");
  const names = Object.keys(packed);
  const length = packed[names[0]].rows.length;
  const targets = Array.from({ length }, (_, row) => Object.fromEntries(names.map((name) => {
    const { texts, rows } = packed[name];
    return [name, texts ? texts[rows[row]] : rows[row]];
  })));
  window.targets = targets;

  // Plots: their colours are the page's, light or dark.
  const charts = read("charts") ?? {};
  const points = (read("drawn") ?? []).map((row) => targets[row]);
  window.plots = {};
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const draw = () => {
    const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const text = { labelColor: color("--muted"), titleColor: color("--text"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
    const config = {
      background: null, view: { stroke: null }, font: getComputedStyle(document.body).fontFamily,
      axis: { ...text, gridColor: color("--line"), domainColor: color("--muted"), tickColor: color("--muted"), tickCount: 6 },
      legend: { ...text, title: null },
    };
    for (const [id, spec] of Object.entries(charts)) {
      window.vegaEmbed(`#${id}`, { ...spec, datasets: { ...spec.datasets, targets: points } }, {
        config, ast: true, actions: false, renderer: "canvas", defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
      }).then(({ view }) => { window.plots[id] = view; });
    }
  };
  // After the page is there: thousands of points take a while.
  window.addEventListener("load", () => setTimeout(draw));
  dark.addEventListener("change", draw);

  // The table.
  const columns = [
    ["run", "run"], ["stat", "stat"], ["instance", "instance"], ["predicted", "predicted", true],
    ["actual", "actual", true], ["error", "error", true], ["baseline", "train mean", true], ["reason", "why no score"],
  ].filter(([name]) => targets.some((target) => target[name] !== null));
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const place = document.getElementById("target-table");
  const field = make("input", { type: "search", id: "target-filter", autocomplete: "off" });
  const label = make("label", { htmlFor: "target-filter", textContent: "Filter " });
  const count = make("span", { className: "note" });
  count.setAttribute("role", "status");
  const before = make("button", { type: "button", textContent: "Previous" });
  const after = make("button", { type: "button", textContent: "Next" });
  const heads = columns.map(([name, title, number]) => {
    const head = make("th", { scope: "col", className: number ? "number" : "" }, make("button", { type: "button", textContent: title }));
    head.firstChild.addEventListener("click", () => {
      state.descending = state.by === name ? !state.descending : false;
      state.by = name;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      show();
    });
    return head;
  });
  const body = make("tbody");
  const caption = make("caption", { textContent: "Predicted and actual mean of every target." });
  const table = make("table", {}, caption, make("thead", {}, make("tr", {}, ...heads)), body);
  const scroll = make("div", { className: "scroll", tabIndex: 0 }, table);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Targets");
  place.replaceChildren(
    make("div", { className: "tools" }, label, field, count, make("span", { className: "spacer" }), before, after), scroll,
  );

  const texts = targets.map((target) => columns.map(([name]) => target[name] ?? "").join(" ").toLowerCase());
  const state = { by: null, descending: false, first: 0, rows: [] };
  const show = (first = 0) => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...targets.keys()].filter((row) => wanted.every((word) => texts[row].includes(word)));
    if (state.by) {
      const key = (row) => targets[row][state.by];
      rows.sort((a, b) => (state.descending && key(a) !== null && key(b) !== null
        ? window.compareKeys(key(b), key(a)) : window.compareKeys(key(a), key(b))));
    }
    Object.assign(state, { rows, first });
    body.replaceChildren(...rows.slice(first, first + PAGE).map((row) => make("tr", {}, ...columns.map(([name, , number]) => {
      const value = targets[row][name];
      const text = value === null ? "–" : number ? value.toFixed(4) : value;
      return make(name === "run" ? "th" : "td", { textContent: text, className: number ? "number" : name === "run" || name === "stat" ? "name" : "", ...(name === "run" && { scope: "row" }) });
    }))));
    const last = Math.min(first + PAGE, rows.length);
    count.textContent = rows.length ? `${first + 1} to ${last} of ${rows.length}` : "none of them";
    before.disabled = first === 0;
    after.disabled = last >= rows.length;
  };
  field.addEventListener("input", () => show());
  before.addEventListener("click", () => show(state.first - PAGE));
  after.addEventListener("click", () => show(state.first + PAGE));
  show();
})();
