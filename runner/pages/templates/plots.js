"use strict";
// Plots in the page's colours, light or dark; they are drawn when the page has loaded.
(() => {
  const plots = new Map();
  window.plots = {};
  let loaded = false;
  const draw = (id) => {
    const { spec, points } = plots.get(id);
    const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const text = { labelColor: color("--muted"), titleColor: color("--text"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
    const config = {
      background: null, view: { stroke: null }, font: getComputedStyle(document.body).fontFamily,
      axis: { ...text, gridColor: color("--line"), domainColor: color("--muted"), tickColor: color("--muted"), tickCount: 6 },
      legend: { ...text, title: null },
    };
    window.vegaEmbed(`#${id}`, { ...spec, datasets: { ...spec.datasets, targets: points ?? [] } }, {
      config, ast: true, actions: false, renderer: "canvas", defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    }).then(({ view }) => { window.plots[id] = view; });
  };
  // Only other points of the plot that is there already take no new drawing of it. No points: it is not of targets.
  window.drawPlot = (id, spec, points = null) => {
    const isSame = plots.get(id)?.spec === spec && id in window.plots;
    plots.set(id, { spec, points });
    if (isSame && points) window.plots[id].data("targets", points).runAsync();
    else if (loaded && !isSame) draw(id);
  };
  window.addEventListener("load", () => setTimeout(() => {
    loaded = true;
    for (const id of plots.keys()) draw(id);
  }));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const id of plots.keys()) draw(id); });
})();
