"use strict";
// Tables of the page's data: DataTables sorts, filters and pages them, and every cell is text.
(() => {
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const shape = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const element = document.getElementById("data");
  const data = element ? JSON.parse(element.textContent) : {};
  const unpack = (packed) => {
    const columns = Object.entries(packed);
    const unpacked = columns[0][1].rows.map(() => ({}));
    for (const [name, { texts, rows }] of columns) {
      for (let row = 0; row < rows.length; row += 1) unpacked[row][name] = texts ? texts[rows[row]] : rows[row];
    }
    return unpacked;
  };
  const number = (value, digits = 4) => (value === null || value === undefined ? "–" : value.toFixed(digits));
  const interval = (low, high, digits = 4) => (low === null || low === undefined ? "–" : `${number(low, digits)} to ${number(high, digits)}`);

  // A point with its interval on the scale of its column, for the eye alone: the numbers stand beside.
  const placeOn = ([least, most], at) => (most > least ? 100 * (at - least) / (most - least) : 50);
  const bar = ([value, low, high], scale) => {
    const place = (at) => placeOn(scale, at);
    const svg = shape("svg", { class: "interval", viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const tick of ticksOf(scale)) svg.append(shape("line", { class: "tick", x1: place(tick), x2: place(tick), y1: 0, y2: 12 }));
    svg.append(shape("line", { class: "zero", x1: place(0), x2: place(0), y1: 0, y2: 12 }));
    if (low !== null && low !== undefined) svg.append(shape("line", { class: "range", x1: place(low), x2: place(high), y1: 6, y2: 6 }));
    if (value !== null && value !== undefined) svg.append(shape("rect", { class: "point", x: place(value) - 0.9, width: 1.8, y: 1, height: 10 }));
    return svg;
  };
  // Round numbers on a scale, three to six of them.
  const ticksOf = ([least, most]) => {
    const rough = (most - least) / 4;
    if (!(rough > 0)) return [least];
    const size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * size).find((each) => each >= rough);
    const first = Math.ceil(least / step - 1e-9);
    return Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, number) => (first + number) * step);
  };
  const axis = (scale) => {
    const ticks = ticksOf(scale);
    const digits = Math.max(0, -Math.floor(Math.log10(Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0)) || 1)));
    return make("span", { className: "axis", ariaHidden: "true" }, ...ticks.map((tick) => {
      const label = make("span", { textContent: tick.toFixed(Math.min(digits, 6)) });
      label.style.left = `${placeOn(scale, tick)}%`;
      return label;
    }));
  };
  // The least and the most of all numbers, and of 0.
  const scaleOf = (rows) => {
    let [least, most] = [0, 0];
    for (const value of rows.flat()) {
      if (value === null || value === undefined) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return [least, most];
  };

  // Text that may break where a name's parts end; as it is, for whoever copies it.
  const breakable = (text) => {
    const parts = text.split(/(?<=[(,=/_:])/);
    return make("bdi", {}, ...parts.flatMap((part, number) => (number ? [make("wbr"), part] : [part])));
  };

  // What has no value stays last, in either direction.
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  const lastIfNone = (sign) => (a, b) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b));
  window.DataTable.type("value", "order", { asc: lastIfNone(1), desc: lastIfNone(-1) });
  window.DataTable.type("value", "detect", () => false);
  window.DataTable.ext.errMode = "throw";

  // On a narrow screen a line says that there are more columns.
  const addCue = (scroll) => {
    const cue = make("p", { className: "cue", textContent: "Scroll the table sideways for more columns." });
    scroll.before(cue);
    new ResizeObserver(() => cue.classList.toggle("shown", scroll.scrollWidth > scroll.clientWidth)).observe(scroll);
  };
  document.querySelectorAll(".scroll").forEach(addCue);

  // Columns: title, key (what it is sorted and found by: a number, a text or null), and optionally cell (the text
  // or the element that is shown), className, head (a row's header), fixed (can't be sorted), axis (the scale of its bars). Returns the DataTable.
  const drawTable = (place, { label, caption, columns, rows, order = [], page = 10, find = true, mark }) => {
    const table = make("table", {}, make("caption", {}, make("span", { textContent: caption })));
    const scroll = make("div", { className: "scroll", tabIndex: 0 }, table);
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", label);
    place.replaceChildren(scroll);
    addCue(scroll);
    const paged = rows.length > page;
    const drawn = new window.DataTable(table, {
      data: rows,
      autoWidth: false,
      deferRender: true,
      pageLength: page,
      paging: paged,
      ordering: true,
      order,
      layout: { topStart: find && rows.length > 5 ? "search" : null, topEnd: paged ? "info" : null, bottomStart: null, bottomEnd: paged ? "paging" : null },
      language: { search: "Filter", info: "_START_ to _END_ of _TOTAL_", infoEmpty: "none of them", infoFiltered: "", zeroRecords: "none of them", emptyTable: "none", aria: { orderable: ": sort", orderableReverse: ": sort the other way", orderableRemove: ": sort no more" } },
      columns: columns.map(({ title, key, cell, className = "", head, fixed }) => ({
        title, className, type: "value", orderable: !fixed, searchable: find && !fixed, orderSequence: ["asc", "desc"],
        ...(head && { cellType: "th" }),
        data: (row, kind) => {
          if (kind !== "display") return key(row) ?? (kind === "filter" ? "" : null);
          const shown = cell ? cell(row) : key(row);
          return shown instanceof Element ? shown : breakable(String(shown ?? "–"));
        },
        createdCell: (made) => { if (head) made.scope = "row"; },
      })),
      createdRow: (made, row) => { if (mark) made.className = mark(row); },
    });
    columns.forEach((column, number) => {
      if (!column.axis) return;
      const heading = drawn.column(number).header().querySelector(".dt-column-title");
      heading.replaceChildren(make("span", { className: "visually-hidden", textContent: column.title }), axis(column.axis));
    });
    return drawn;
  };
  // The table of contents says where the reader is.
  const links = new Map([...document.querySelectorAll("nav.toc a[href^='#']")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) links.get(target.id).classList.toggle("here", isIntersecting);
  }, { rootMargin: "-30% 0px -60% 0px" });
  for (const id of links.keys()) if (id !== "main") seen.observe(document.getElementById(id));

  Object.assign(window, { pageData: data, drawTable, breakable, make, unpack, numberText: number, intervalText: interval, bar, scaleOf });
})();
