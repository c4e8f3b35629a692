"""The plots of a report, as Vega-Lite: for its page, and as SVG and PNG for papers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from runner.errors import UsageError
from runner.files.whole_writes import whole_file
from runner.pages.extra import needs_html_extra
from runner.scores.calibration import CalibrationPoint
from runner.scores.metrics import METRICS
from runner.scores.score import Score

Rows = Sequence[Mapping[str, Any]]
"""One mapping per predicted target: actual, predicted, error, run, stat, instance, scenario."""

Chart = dict[str, Any]
"""A Vega-Lite specification. Its points are the data set ``TARGETS``, passed separately."""

TARGETS = "targets"
MOST_COLORS = 6
MOST_DARK_POINTS = 200
SIDE_PIXELS = 360
PNG_SCALE = 3
GREY = "#7d8793"
COLORS = ("#0b6fa8", "#c4501b", "#20815a", "#8a4fae", "#a6761d", "#5b6670")
"""Colours that colour-blind people can distinguish, on white and on black."""


BUDGETS = "score-over-budget"


def draw_charts(
    rows: Rows,
    curve: Sequence[Score] = (),
    coverage: Sequence[CalibrationPoint] = (),
    reliability: Sequence[CalibrationPoint] = (),
) -> dict[str, Chart]:
    """Return the plots by name, a point per target.

    ``predicted-against-actual``: on the dashed line they are equal. ``residuals``: the error
    (predicted minus actual) against the actual mean. If they are given: ``score-over-budget``, a
    metric with its interval against the number of revealed instances; ``coverage``, how often
    predicted intervals hold the actual; ``reliability``, the share of ones against the predicted
    probability.
    """
    values = [row[side] for row in rows for side in ("actual", "predicted")]
    ends = {"values": [{"end": min(values)}, {"end": max(values)}]}
    end = {"field": "end", "type": "quantitative"}
    equal = {"data": ends, "mark": _dashed("line"), "encoding": {"x": end, "y": end}}
    none = {"data": {"values": [{"end": 0}]}, "mark": _dashed("rule"), "encoding": {"y": end}}
    return {
        "predicted-against-actual": _layered(equal, _points(rows, "predicted", "predicted mean")),
        "residuals": _layered(none, _points(rows, "error", "error: predicted less actual")),
        **({BUDGETS: _curve(curve)} if curve else {}),
        **({"coverage": _calibration(coverage, *COVERAGE_AXES)} if coverage else {}),
        **({"reliability": _calibration(reliability, *RELIABILITY_AXES)} if reliability else {}),
    }


COVERAGE_AXES = ("level of the predicted interval", "share of actuals within it")
RELIABILITY_AXES = ("predicted probability", "share of ones")


def _calibration(points: Sequence[CalibrationPoint], claimed: str, found: str) -> Chart:
    """Return what is found over what is claimed; on the dashed line they are equal."""
    ends = {"values": [{"end": 0}, {"end": 1}]}
    end = {"field": "end", "type": "quantitative"}
    equal = {"data": ends, "mark": _dashed("line"), "encoding": {"x": end, "y": end}}
    tooltip = [
        {"field": "claimed", "title": claimed, "type": "quantitative", "format": ".3f"},
        {"field": "found", "title": found, "type": "quantitative", "format": ".3f"},
        {"field": "targets", "type": "quantitative"},
    ]
    x, y = _axis("claimed", claimed), _axis("found", found)
    mark = {"type": "line", "color": COLORS[0], "point": {"color": COLORS[0], "size": 60}}
    line = {"mark": mark, "encoding": {"x": x, "y": y, "tooltip": tooltip}}
    return {**_layered(equal, line), "data": {"values": [asdict(point) for point in points]}}


def draw_errors() -> Chart:
    """Return the plot of one evaluation's errors against another's, a point per target.

    Its points have ``first`` and ``second``, the errors; the script names the axes.
    """
    none = {"data": {"values": [{"end": 0}]}, "mark": _dashed("rule")}
    across = {**none, "encoding": {"y": {"field": "end", "type": "quantitative"}}}
    upright = {**none, "encoding": {"x": {"field": "end", "type": "quantitative"}}}
    encoding = {
        "x": _axis("first", "error"),
        "y": _axis("second", "error"),
        "tooltip": [
            *({"field": name, "type": "nominal"} for name in ("run", "stat", "instance")),
            *(
                {"field": name, "type": "quantitative", "format": ".4f"}
                for name in ("actual", "first", "second")
            ),
        ],
    }
    mark = {"type": "circle", "size": 45, "opacity": 0.6, "color": COLORS[0]}
    points = {"data": {"name": TARGETS}, "mark": mark, "encoding": encoding}
    return _layered(across, upright, points)


def _curve(curve: Sequence[Score]) -> Chart:
    values = [
        {
            "budget": int(score.group or 0),
            "value": score.value,
            "low": score.low,
            "high": score.high,
        }
        for score in curve
    ]
    # As on a logarithmic scale, but with a place for 0.
    scale = {"type": "symlog", "constant": 1}
    axis = {"values": [value["budget"] for value in values]}
    x = {"field": "budget", "type": "quantitative", "scale": scale, "axis": axis}
    x["title"] = "revealed instances of each run"
    value = _axis("value", METRICS[curve[0].metric].title)
    band = {"mark": {"type": "area", "color": COLORS[0], "opacity": 0.15}}
    band["encoding"] = {"x": x, "y": {**value, "field": "low"}, "y2": {"field": "high"}}
    line = {"mark": {"type": "line", "color": COLORS[0], "point": {"color": COLORS[0]}}}
    line["encoding"] = {"x": x, "y": value}
    return {**_layered(band, line), "data": {"values": values}}


def _layered(*layers: Chart) -> Chart:
    schema = "https://vega.github.io/schema/vega-lite/v6.json"  # only a name; it is never fetched
    return {"$schema": schema, "width": "container", "height": SIDE_PIXELS, "layer": [*layers]}


def _dashed(mark: str) -> Chart:
    return {"type": mark, "strokeDash": [4, 4], "color": GREY, "strokeWidth": 1}


def _points(rows: Rows, y: str, title: str) -> Chart:
    opacity = 0.75 if len(rows) <= MOST_DARK_POINTS else 0.5
    encoding = {
        "x": _axis("actual", "actual mean"),
        "y": _axis(y, title),
        "tooltip": [
            *({"field": name, "type": "nominal"} for name in ("run", "stat", "instance")),
            *(
                {"field": name, "type": "quantitative", "format": ".4f"}
                for name in ("predicted", "actual", "error")
            ),
        ],
    }
    groups = sorted({str(row["scenario"]) for row in rows})
    if 1 < len(groups) <= MOST_COLORS:
        encoding["color"] = {
            "field": "scenario",
            "type": "nominal",
            "scale": {"domain": groups, "range": COLORS[: len(groups)]},
            "legend": {"orient": "bottom", "columns": 1, "labelLimit": 340, "symbolOpacity": 1},
        }
    mark = {"type": "circle", "size": 45, "opacity": opacity, "color": COLORS[0]}
    return {"data": {"name": TARGETS}, "mark": mark, "encoding": encoding}


def _axis(field: str, title: str) -> Chart:
    scale = {"zero": False, "nice": True}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale}


def write_plots(rows: Rows, curve: Sequence[Score], directory: Path) -> list[Path]:
    """Write each plot as SVG and as PNG, for papers; return the files.

    Args:
        curve: the primary metric at each budget; none if there is one budget.

    Raises:
        UsageError: the directory can't be written, or the html extra is not installed.
    """
    vega, written = _vega(), []
    try:
        for name, chart in draw_charts(rows, curve).items():
            sized = {**chart, "width": SIDE_PIXELS, "datasets": {TARGETS: list(rows)}}
            svg, png = directory / f"{name}.svg", directory / f"{name}.png"
            plots = {
                svg: vega.vegalite_to_svg(sized).encode(),
                png: vega.vegalite_to_png(sized, scale=PNG_SCALE),
            }
            for path, content in plots.items():
                # Not durable: it can be made again.
                with whole_file(path, is_durable=False, is_private=True) as file:
                    file.write(content)
            written += [svg, png]
    except OSError as error:
        raise UsageError(f"{directory}: can't be written ({error.strerror})") from error
    return written


@lru_cache(1)
def chart_script() -> str:
    """Return Vega with all that it needs: 0.9 MB of JavaScript, with ``vegaEmbed`` in it."""
    return str(_vega().javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _vega() -> Any:
    try:
        import vl_convert  # noqa: PLC0415  (optional, and slow to load)
    except ImportError as error:
        raise needs_html_extra() from error
    return vl_convert
