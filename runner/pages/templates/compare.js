"use strict";
// One pair of evaluations at a time; the address says which.
(() => {
  const { pageData: data, make, numberText, intervalText, bar, scaleOf } = window;
  const targets = data.targets ? window.unpack(data.targets) : [];
  const differences = window.unpack(data.differences).map((row) => ({
    ...row, values: [row.first_value, row.second_value], difference: [row.value, row.low, row.high, row.probability],
  }));
  const sign = data.metric.better === "higher" ? 1 : -1;
  const [first, second] = ["first", "second"].map((id) => document.getElementById(id));
  for (const choice of [first, second]) {
    data.names.forEach((name, number) => choice.append(make("option", { textContent: name, value: number })));
  }

  // The difference of a pair is stored once; the other way round it has the other sign.
  const pair = (one, other) => differences.flatMap((row) => {
    if (row.first === one && row.second === other) return [row];
    if (row.first !== other || row.second !== one) return [];
    const [value, low, high, probability] = row.difference;
    const negative = (number) => (number === null ? null : -number);
    return [{ ...row, values: [...row.values].reverse(), difference: [-value, negative(high), negative(low), 1 - probability] }];
  });

  const say = (whole, names) => {
    const [value, low, high, probability] = whole.difference;
    const clear = low !== null && (low > 0 || high < 0);
    const better = sign * value > 0 ? 0 : 1;
    const words = clear
      ? ["is clearly better than", `${data.metric.title} ${value > 0 === (better === 0) ? "higher" : "lower"} by ${numberText(Math.abs(value))}`]
      : ["does not differ clearly from", `${data.metric.title} differs by ${numberText(Math.abs(value))}`];
    const [one, other] = clear ? [names[better], names[1 - better]] : names;
    const facts = [
      [names[0], numberText(whole.values[0])], [names[1], numberText(whole.values[1])],
      ["first less second", numberText(value)], [`${data.level} % interval`, intervalText(low, high)],
      ["P(first is better)", numberText(probability, 3)], ["targets", String(whole.targets)],
    ];
    document.getElementById("verdict").replaceChildren(
      make("p", { className: "verdict" }, make("bdi", { textContent: one }), ` ${words[0]} `, make("bdi", { textContent: other }), `: ${words[1]}.`),
      make("dl", { className: "cards" }, ...facts.map(([name, text]) => make("div", { className: "card" }, make("dt", {}, make("bdi", { textContent: name })), make("dd", { textContent: text })))),
      ...(whole.note ? [make("p", { className: "note", textContent: `Of the interval: ${whole.note}.` })] : []),
    );
  };

  const category = (name, rows, names) => {
    const place = document.getElementById(`by-${name}`);
    place.hidden = rows.length < 2;
    if (place.hidden) return;
    const scale = scaleOf(rows.map((row) => row.difference.slice(0, 3)));
    const clear = rows.filter(({ difference: [, low, high] }) => low !== null && (low > 0 || high < 0));
    const won = clear.filter(({ difference: [value] }) => sign * value > 0).length;
    place.querySelector(".note").textContent = `${rows.length} groups; the first is clearly better in ${won}, the second in ${clear.length - won}`;
    window.drawTable(place.querySelector(".place"), {
      label: `By ${name}`,
      caption: `First less second, with the ${data.level} % interval of each row alone: one of twenty is wrong by chance.`,
      rows, order: [[7, "asc"]],
      columns: [
        { title: name, key: (row) => row.group ?? "(none)", head: true, className: "name" },
        { title: "first", key: (row) => row.values[0], cell: (row) => numberText(row.values[0]), className: "number" },
        { title: "second", key: (row) => row.values[1], cell: (row) => numberText(row.values[1]), className: "number" },
        { title: "difference", key: (row) => row.difference[0], cell: (row) => numberText(row.difference[0]), className: "number" },
        { title: "interval", key: (row) => row.difference[1], cell: (row) => intervalText(row.difference[1], row.difference[2], 3), className: "number" },
        { title: "on a common axis", axis: scale, key: () => null, cell: (row) => bar(row.difference, scale), className: "wide", fixed: true },
        { title: "targets", key: (row) => row.targets, className: "number" },
        { title: "P(first is better)", key: (row) => row.difference[3], cell: (row) => numberText(row.difference[3], 3), className: "number" },
      ],
    });
  };

  const showTargets = (one, other, names) => {
    const rows = targets.map((target) => {
      const [mine, its] = [target[`error.${one}`], target[`error.${other}`]];
      return { ...target, first: mine, second: its, closer: mine === null || its === null ? null : Math.abs(its) - Math.abs(mine) };
    });
    const spec = structuredClone(data.chart);
    const encoding = spec.layer.at(-1).encoding;
    encoding.x.title = `error of ${names[0]}`;
    encoding.y.title = `error of ${names[1]}`;
    window.drawPlot("errors", spec, rows.filter((row) => row.closer !== null));
    const value = (title, name) => ({ title, key: (row) => row[name], cell: (row) => numberText(row[name]), className: "number" });
    rows.sort((a, b) => Math.abs(b.closer) - Math.abs(a.closer));
    window.drawTable(document.getElementById("targets"), {
      label: "Targets", caption: "Closer: how much nearer the first is to the actual; below 0 the second is nearer.", rows,
      columns: [
        { title: "run", key: (row) => row.run, head: true, className: "name" },
        { title: "stat", key: (row) => row.stat, className: "name" },
        ...(rows.some((row) => row.instance !== null) ? [{ title: "instance", key: (row) => row.instance }] : []),
        value("actual", "actual"), value("error of first", "first"), value("error of second", "second"), value("closer", "closer"),
      ],
    });
  };

  const show = () => {
    const [one, other] = [Number(first.value), Number(second.value)];
    const names = [data.names[one], data.names[other]];
    const rows = pair(one, other);
    const whole = rows.find((row) => row.category === null);
    window.history.replaceState(null, "", `#first=${one}&second=${other}`);
    if (!whole) {
      document.getElementById("verdict").replaceChildren(make("p", { className: "note", textContent: "Choose two evaluations that are not the same." }));
      return;
    }
    say(whole, names);
    for (const name of ["scenario", "model", "stat"]) category(name, rows.filter((row) => row.category === name), names);
    if (targets.length) showTargets(one, other, names);
  };
  const read = () => {
    const asked = new URLSearchParams(window.location.hash.slice(1));
    const chosen = (name, otherwise) => (data.names[asked.get(name)] === undefined ? otherwise : asked.get(name));
    first.value = chosen("first", 0);
    second.value = chosen("second", 1);
    show();
  };
  for (const choice of [first, second]) choice.addEventListener("change", show);
  document.getElementById("swap").addEventListener("click", () => {
    [first.value, second.value] = [second.value, first.value];
    show();
  });
  window.addEventListener("hashchange", read);
  read();
})();
