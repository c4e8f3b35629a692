"use strict";
// The groups, and the targets: one filter for table, plots and downloads; the address keeps it.
(() => {
  const { pageData: data, make, numberText, intervalText, bar, scaleOf } = window;
  const MANY_ROWS = 1000;
  const MOST_COLORS = 6;
  const OF_TARGETS = ["predicted-against-actual", "residuals"];
  const RAMP = ["#0b6fa8", "#a3a3a3", "#e0862b"]; // each seen on white and on black
  const COLORS = ["#0b6fa8", "#c4501b", "#20815a", "#8a4fae", "#a6761d", "#5b6670"];
  const asked = () => new URLSearchParams(window.location.hash.slice(1));

  for (const { name, rows } of data.categories) {
    const place = document.getElementById(`by-${name}`);
    const sign = data.better === "higher" ? 1 : -1;
    const known = rows.filter((row) => row.value !== null).sort((a, b) => sign * (a.value - b.value));
    const title = (row) => row.group ?? "(none)";
    if (known.length > 1 && data.better) {
      const [worst, best] = [known[0], known.at(-1)];
      place.querySelector(".note").textContent = `${rows.length} groups; worst ${title(worst)} ${numberText(worst.value)}, best ${title(best)} ${numberText(best.value)}`;
    }
    const scale = scaleOf(rows.map((row) => [row.value, row.low, row.high]));
    const filtered = (row) => (data.targets && row.group !== null && name !== "budget"
      ? make("a", { href: `#${new URLSearchParams({ filter: `"${row.group}"` })}` }, window.breakable(title(row))) : title(row));
    window.drawTable(place.querySelector(".place"), {
      label: `By ${name}`, caption: "Bars are 95 % intervals over scenarios and models.", rows,
      order: name === "budget" ? [] : [[1, sign > 0 ? "asc" : "desc"]],
      columns: [
        { title: name, key: title, cell: filtered, head: true, className: "name" },
        { title: data.metric.title, key: (row) => row.value, cell: (row) => numberText(row.value), className: "number" },
        { title: "interval", key: (row) => row.low, cell: (row) => intervalText(row.low, row.high, 3), className: "number" },
        { title: "on a common axis", axis: scale, key: () => null, cell: (row) => bar([row.value, row.low, row.high], scale), className: "wide", fixed: true },
        { title: "targets", key: (row) => row.targets, className: "number" },
        ...(rows.some((row) => row.reason) ? [{ title: "why no value", key: (row) => row.reason }] : []),
      ],
    });
  }
  if (!data.targets) return;

  const targets = window.unpack(data.targets);
  window.targets = targets;
  const spread = (target) => (target.stddev > 0 ? 1.96 * target.stddev : 0);
  for (const target of targets) Object.assign(target, { low: target.predicted - spread(target), high: target.predicted + spread(target) });
  const number = (title, name) => ({ title, key: (row) => row[name], cell: (row) => numberText(row[name]), className: "number" });
  const has = (name) => targets.some((target) => target[name] !== null);
  const caseRow = Object.fromEntries([...document.querySelectorAll("#cases tbody tr")].map((row) => [row.cells[0].firstChild.textContent, row.id]));
  let table = null;
  const drawTargets = () => { table = window.drawTable(document.getElementById("target-table"), {
    label: "Targets", caption: "Predicted and actual mean of every target.", rows: targets, page: 20, find: false,
    columns: [
      { title: "run", key: (row) => row.run, head: true, className: "name" },
      { title: "stat", key: (row) => row.stat, className: "name" },
      ...(has("instance") ? [{ title: "instance", key: (row) => row.instance }] : []),
      number("predicted", "predicted"), ...(has("stddev") ? [number("stddev", "stddev")] : []),
      number("actual", "actual"), number("error", "error"), number("train mean", "baseline"),
      ...(has("reason") ? [{ title: "why no score", key: (row) => row.reason }] : []),
      { title: "case", key: (row) => row.case, cell: (row) => make("a", { href: `#${caseRow[row.case]}`, textContent: row.case }) },
    ],
  }); };

  // The filter: words, or "a phrase", each anywhere in a target's texts.
  const field = document.getElementById("filter");
  let texts = null;
  let matches = null; // null: all
  const isShown = (row) => matches === null || matches[row];
  const drawn = new Set(data.drawn ?? []);
  const choice = document.getElementById("color");
  const bars = document.getElementById("bars");
  if (choice) {
    choice.append(make("option", { value: "", textContent: "one colour" }));
    for (const name of [...data.colors, ...data.numbers]) choice.append(make("option", { value: name, textContent: name.replace(/^by (run_spec\.)?/, "") }));
    document.getElementById("bars-label").hidden = !targets.some((target) => target.stddev > 0);
  }
  // Of all targets, so that a filter changes no colour.
  const endsOf = (name) => {
    const values = targets.map((target) => target[name]).filter((value) => value !== null);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  };
  const colored = (spec, name) => {
    const { encoding } = spec.layer.at(-1);
    if (!name) {
      delete encoding.color;
      return spec;
    }
    if (data.numbers.includes(name)) {
      encoding.color = {
        field: name, type: "quantitative", scale: { domain: endsOf(name), range: RAMP },
        legend: { orient: "bottom", title: name, gradientLength: 200 },
      };
      return spec;
    }
    const counts = new Map();
    for (const target of targets) counts.set(target[name], (counts.get(target[name]) ?? 0) + 1);
    const largest = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_COLORS).map(([value]) => value);
    const text = (value) => value ?? "(none)";
    for (const target of targets) target.group = largest.includes(target[name]) ? text(target[name]) : "others";
    const domain = [...largest.map(text).sort(), ...(counts.size > MOST_COLORS ? ["others"] : [])];
    encoding.color = {
      field: "group", type: "nominal", scale: { domain, range: [...COLORS.slice(0, largest.length), "#9aa4af"] },
      legend: { orient: "bottom", columns: 1, labelLimit: 340, symbolOpacity: 1 },
    };
    return spec;
  };
  const withBars = (spec) => {
    const { encoding } = spec.layer.at(-1);
    const rule = { data: { name: "targets" }, mark: { type: "rule", opacity: 0.3 }, encoding: { x: encoding.x, y: { ...encoding.y, field: "low" }, y2: { field: "high" }, ...(encoding.color && { color: encoding.color }) } };
    return { ...spec, layer: [spec.layer[0], rule, spec.layer.at(-1)] };
  };
  let specs = {};
  const drawAll = () => {
    if (!choice) return;
    specs = Object.fromEntries(Object.entries(data.charts).map(([id, spec]) => [id, structuredClone(spec)]));
    for (const id of OF_TARGETS) specs[id] = colored(specs[id], choice.value);
    if (bars.checked) specs["predicted-against-actual"] = withBars(specs["predicted-against-actual"]);
    update();
  };
  const update = () => {
    const points = targets.filter((_, row) => drawn.has(row) && isShown(row));
    for (const [id, spec] of Object.entries(specs)) window.drawPlot(id, spec, OF_TARGETS.includes(id) ? points : null);
  };
  const count = () => {
    document.getElementById("shown").textContent = `${targets.filter((_, row) => isShown(row)).length} of ${targets.length}`;
  };
  const filter = () => {
    const words = [...field.value.toLowerCase().matchAll(/"([^"]*)"?|\S+/g)].map(([word, phrase]) => phrase ?? word).filter(Boolean);
    texts ??= targets.map((target) => Object.values(target).filter((value) => typeof value === "string").join("\n").toLowerCase());
    matches = texts.map((text) => words.every((word) => text.includes(word)));
    table?.search.fixed("filter", (text, row, index) => matches[index]).draw();
    count();
    update();
  };
  const keep = () => {
    const kept = new URLSearchParams();
    if (field.value) kept.set("filter", field.value);
    if (choice?.value) kept.set("color", choice.value);
    if (bars?.checked) kept.set("bars", "1");
    window.history.replaceState(null, "", `#${kept}`);
  };
  const follow = () => {
    const wanted = asked();
    if (!["filter", "color", "bars"].some((name) => wanted.has(name))) return false;
    field.value = wanted.get("filter") ?? "";
    if (choice) {
      if ([...data.colors, ...data.numbers].includes(wanted.get("color"))) choice.value = wanted.get("color");
      bars.checked = wanted.get("bars") === "1";
    }
    return true;
  };
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { keep(); filter(); }, 150);
  });
  for (const control of choice ? [choice, bars] : []) control.addEventListener("change", () => { keep(); drawAll(); });
  window.addEventListener("hashchange", () => {
    if (follow()) {
      keep();
      drawAll();
      filter();
      document.getElementById("view").scrollIntoView();
    }
  });
  if (choice) choice.value = data.colors.includes("by scenario") && new Set(targets.map((target) => target.scenario)).size <= MOST_COLORS ? "by scenario" : "";
  follow();
  drawAll();
  count();
  // As the plots: once the page is there. A table of many rows takes longer than all plots, so it is
  // drawn when it comes near, or for paper.
  const place = document.getElementById("target-table");
  const drawOnce = () => {
    if (table) return;
    place.classList.remove("waiting");
    drawTargets();
    if (field.value) filter();
  };
  const near = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) {
      near.disconnect();
      drawOnce();
    }
  }, { rootMargin: "1000px" });
  place.classList.toggle("waiting", targets.length > MANY_ROWS);
  window.addEventListener("load", () => setTimeout(() => (targets.length > MANY_ROWS ? near.observe(place) : drawOnce())));
  window.addEventListener("beforeprint", drawOnce);

  // Downloads.
  const save = (content, type, name) => {
    const url = URL.createObjectURL(new Blob([content], { type }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  };
  // A spreadsheet must read no cell as a formula.
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const safe = /^\s*[=+\-@\u2212]/.test(value.normalize("NFKC")) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  document.getElementById("csv").addEventListener("click", () => {
    const names = ["case", "run", "stat", "instance", "scenario", "model", "predicted", "stddev", "actual", "error", "baseline", "reason"];
    const rows = targets.filter((_, row) => isShown(row));
    save([names, ...rows.map((row) => names.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\n") + "\n", "text/csv", "targets.csv");
  });
  document.getElementById("parquet").addEventListener("click", () => {
    save(Uint8Array.from(atob(data.parquet), (letter) => letter.charCodeAt(0)), "application/vnd.apache.parquet", "records.parquet");
  });
})();
