#!/bin/sh
# Predicts each stat as the mean of the train runs' stats of the same name.
# DuckDB turns the Parquet files into JSON, jq makes the predictions. Edit the program of jq below.
set -eu

input=${RUNNER_INPUT_DIR:-/input}
output=${RUNNER_OUTPUT_DIR:-/output}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# json_of SQL: prints the rows as a JSON list of objects, keys named as the columns.
json_of() {
  duckdb -json -c "SET threads = 1; $1"
}

json_of "SELECT * FROM '$input/eval/targets.parquet'" >"$work/targets.json"
json_of "SELECT \"stats.name.name\" AS name, avg(\"stats.mean\") AS mean
         FROM '$input/train/stats.parquet' WHERE \"stats.mean\" IS NOT NULL GROUP BY ALL" \
  >"$work/means.json"

jq -n --slurpfile targets "$work/targets.json" --slurpfile means "$work/means.json" '
  # The key of a stat: {"stats.name.perturbation.prob": 0.5} -> {"perturbation": {"prob": 0.5}}
  def stat_name:
    reduce (to_entries[] | select(.value != null and (.key | startswith("stats.name."))))
      as $field ({}; setpath($field.key | ltrimstr("stats.name.") | split("."); $field.value));

  ($means[0] | map({(.name): .mean}) | add) as $mean_of
  | reduce $targets[0][] as $target ({};
      .[$target["run_spec.name"]] += [{
        name: ($target | stat_name | .name |= "predicted_" + .),
        mean: ($mean_of[$target["stats.name.name"]] // 0.5)
      }])
  | {contract_version: 1, predictions: .}
' >"$work/predictions.json"

mv "$work/predictions.json" "$output/predictions.json"
