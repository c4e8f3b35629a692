"use strict";
// The entries by one metric, over the suite or of one scenario; the address keeps which.
(() => {
  const { pageData: data, make, numberText, intervalText, bar, scaleOf } = window;
  const metric = document.getElementById("metric");
  const scenario = document.getElementById("scenario");
  for (const { name, title } of data.metrics) metric.append(make("option", { value: name, textContent: title }));
  scenario.append(make("option", { value: "", textContent: "all scenarios" }));
  for (const { name } of data.scenarios) scenario.append(make("option", { value: name, textContent: name }));
  scenario.hidden = scenario.labels[0].hidden = data.scenarios.length === 0;
  const title = ({ submitter, image }) => make("span", {}, window.breakable(submitter), ...(image === submitter ? [] : [make("br"), make("bdi", { className: "note", textContent: image })]));
  const link = (name, href) => (href ? [" ", make("a", { href, rel: "noopener noreferrer nofollow ugc", textContent: name })] : []);
  const said = ({ facts }) => (facts ? [make("br"), make("bdi", { className: "note", textContent: facts.title }), ...link("paper", facts.paper), ...link("code", facts.code)] : []);
  const numbers = (heading, value) => ({ title: heading, key: value, cell: (row) => numberText(value(row)), className: "number" });

  const show = () => {
    const of = data.metrics.find(({ name }) => name === metric.value);
    const within = data.scenarios.find(({ name }) => name === scenario.value);
    const rows = data.entries.map((entry, place) => ({
      ...entry, place,
      shown: within ? [within.values[of.name]?.[place] ?? null, null, null] : [of.values[place], of.low[place], of.high[place]],
    }));
    const isRanking = of.name === data.primary && !within;
    document.getElementById("view-note").textContent = isRanking ? "" : `Ranks are by ${data.metrics[0].title} over all. ${of.better ? `${of.title}: ${of.better} is better.` : ""}${within && !(of.name in within.values) ? " This metric is not in the page by scenario." : ""}`;
    const scale = scaleOf(rows.map(({ shown }) => shown));
    const compared = (row) => (data.comparison && row.place + 1 < Math.min(data.entries.length, 20)
      ? make("a", { href: `${data.comparison}#first=${row.place}&second=${row.place + 1}`, textContent: numberText(row.probability, 3) }) : numberText(row.probability, 3));
    window.drawTable(document.getElementById("board"), {
      label: "Leaderboard", caption: `${of.title}${of.better ? `, ${of.better} is better` : ""}${within ? `, of ${within.name}` : ""}.`, rows, page: 100,
      order: isRanking ? [] : [[2, of.better === "higher" ? "desc" : "asc"]],
      mark: (row) => (isRanking && row.starts ? "band-start" : ""),
      columns: [
        { title: "rank", key: (row) => row.best, cell: (row) => (row.best === row.worst ? String(row.best) : `${row.best}–${row.worst}, tied`) },
        { title: "submitter", key: (row) => `${row.submitter} ${row.image}${row.baseline ? " baseline" : ""}`, cell: (row) => make("span", {}, title(row), ...(row.baseline ? [" ", make("span", { className: "tag", textContent: "baseline" })] : []), ...said(row)), head: true, className: "name" },
        numbers(of.title, (row) => row.shown[0]),
        { title: "interval", key: (row) => row.shown[1], cell: (row) => intervalText(row.shown[1], row.shown[2], 3), className: "number" },
        { title: "from 0 on a common axis", axis: scale, key: () => null, cell: (row) => bar(row.shown, scale), className: "wide", fixed: true },
        { title: "P(better)", key: (row) => row.probability, cell: compared, className: "number" },
        { title: "cases", key: (row) => row.cases },
        { title: "report", key: (row) => row.digest, cell: (row) => make("span", {}, ...(row.link ? [make("a", { href: row.link, ariaLabel: `report of ${row.submitter}, ${row.image}`, textContent: "report" }), make("br")] : []), make("code", { className: "note whole", textContent: row.digest })) },
      ],
    });
  };

  const asked = new URLSearchParams(window.location.hash.slice(1));
  if (data.metrics.some(({ name }) => name === asked.get("metric"))) metric.value = asked.get("metric");
  if (data.scenarios.some(({ name }) => name === asked.get("scenario"))) scenario.value = asked.get("scenario");
  for (const choice of [metric, scenario]) {
    choice.addEventListener("change", () => {
      window.history.replaceState(null, "", `#${new URLSearchParams({ metric: metric.value, ...(scenario.value && { scenario: scenario.value }) })}`);
      show();
    });
  }
  if (data.metrics.length) show();

  const place = (id) => document.querySelector(`#${id} .place`);
  if (data.budgets.length) {
    window.drawTable(place("budgets"), {
      label: `${data.metrics[0].title} over the budget`, caption: `${data.metrics[0].title}, ${data.metrics[0].better} is better.`,
      rows: data.entries.map((entry, number) => ({ ...entry, curve: data.curves[number] })).filter(({ curve }) => curve.length),
      columns: [
        { title: "entry", key: (row) => `${row.submitter} ${row.image}`, cell: title, head: true, className: "name" },
        ...data.budgets.map((budget, number) => numbers(budget, (row) => row.curve[number])),
      ],
    });
  }
  if (data.history.length) {
    // Far below: once the page is there.
    window.addEventListener("load", () => setTimeout(() => window.drawTable(place("history"), {
      label: "History", caption: "A value that is missing was not scored.", rows: data.history,
      columns: [
        { title: "created", key: (row) => row.created, head: true },
        { title: "submitter", key: (row) => row.submitter, className: "name" },
        { title: "image", key: (row) => row.image, className: "name" },
        { title: "digest", key: (row) => row.digest, cell: (row) => make("code", { textContent: row.digest }) },
        numbers(data.metrics[0]?.title ?? "value", (row) => row.value),
        numbers("change", (row) => row.change),
      ],
    })));
  }
})();
