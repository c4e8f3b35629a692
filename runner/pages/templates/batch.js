"use strict";
// Follows a batch: the server sends all that is to be seen, again and again, and it is drawn anew.
(() => {
  const first = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
  const pad = (number) => String(number).padStart(2, "0");
  const left = (seconds) => {
    if (seconds === null || seconds === undefined) return "";
    const whole = Math.ceil(seconds);
    return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)} left`;
  };
  const words = {
    runs: "It runs. This page follows it.",
    killed: "It was killed. The same command runs what is missing.",
    over: "It is over.",
  };
  const said = (text) => { if (at("state").textContent !== text) at("state").textContent = text; };

  const heads = ["image", "score", "done", "running", "failed", "time left", "suite"];
  const table = make("table", { className: "stack" }, make("caption", { textContent: "A score appears when the image's report is written." }));
  const head = table.createTHead().insertRow();
  for (const title of heads) {
    head.append(make("th", { scope: "col", textContent: title }));
  }
  const body = table.createTBody();
  const scroll = make("div", { className: "scroll", tabIndex: 0 }, table);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Images");
  at("images").replaceChildren(scroll);

  const lineOf = (row) => {
    const bar = make("progress", { max: row.cases, value: row.over });
    bar.setAttribute("aria-label", `Cases of ${row.image} done`);
    const score = row.report ? make("a", { href: row.report, textContent: row.score }) : "–";
    const cells = [
      score, make("span", {}, `${row.over} of ${row.cases} `, bar),
      row.running || "", row.failed || "", left(row.seconds_left), make("bdi", { textContent: row.suite }),
    ];
    const line = make("tr", {}, make("th", { scope: "row", className: "name" }, make("bdi", { textContent: row.image })));
    cells.forEach((content, number) => {
      const cell = make("td", {}, ...(content === "" ? [] : [content]));
      cell.dataset.label = heads[number + 1];
      line.append(cell);
    });
    if (row.failed) line.cells[4].className = "bad";
    return line;
  };

  const drawn = [];
  const draw = (shown) => {
    const { rows, state } = shown;
    said(words[state]);
    const [over, cases, running, failed] = ["over", "cases", "running", "failed"].map((name) => sum(rows, name));
    at("counts").textContent = [
      `${over} of ${cases} cases done`,
      ...(running ? [`${running} running`] : []),
      ...(failed ? [`${failed} failed`] : []),
      ...(left(shown.seconds_left) ? [left(shown.seconds_left)] : []),
    ].join(", ");
    Object.assign(at("progress"), { max: cases || 1, value: over });
    // Only lines that changed are drawn again, so that a focus or a selection stays.
    rows.forEach((row, number) => {
      const text = JSON.stringify(row);
      if (drawn[number] === text) return;
      drawn[number] = text;
      const line = lineOf(row);
      if (body.rows[number]) body.rows[number].replaceWith(line);
      else body.append(line);
    });
  };

  draw(first);
  if (first.state !== "runs") return;
  const events = new EventSource(first.events);
  events.onmessage = ({ data }) => {
    const shown = JSON.parse(data);
    draw(shown);
    if (shown.state !== "runs") events.close();
  };
  events.onerror = () => said("The server does not answer. Does `runner view` still run?");
})();
