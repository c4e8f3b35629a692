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

# predict TARGETS TRAIN PREFIX: prints the predictions of the targets in a file, each the mean of the
# stats of its name in another; PREFIX stands before the names of a stat's columns.
predict() {
  json_of "SELECT * FROM '$input/eval/$1'" >"$work/targets.json"
  json_of "SELECT \"$3name.name\" AS name, avg(\"$3mean\") AS mean
           FROM '$input/train/$2' WHERE \"$3mean\" IS NOT NULL GROUP BY ALL" >"$work/means.json"

  jq -n --arg prefix "$3" --slurpfile targets "$work/targets.json" \
    --slurpfile means "$work/means.json" '
    # The key of a stat: {"stats.name.perturbation.prob": 0.5} -> {"perturbation": {"prob": 0.5}}
    def stat_name:
      reduce (to_entries[] | select(.value != null and (.key | startswith($prefix + "name."))))
        as $field ({}; setpath($field.key | ltrimstr($prefix + "name.") | split("."); $field.value));

    (($means[0] // []) | map({(.name): .mean}) | add) as $mean_of
    | reduce ($targets[0] // [])[] as $target ({};
        {
          name: ($target | stat_name | .name |= "predicted_" + .),
          mean: ($mean_of[$target[$prefix + "name.name"]] // 0.5)
        } as $stat
        | .[$target["run_spec.name"]] += [
            if $prefix == "stats." then $stat else {
              instance_id: $target["per_instance_stats.instance_id"],
              train_trial_index: $target["per_instance_stats.train_trial_index"],
              stats: [$stat]
            } end
          ])
    | {contract_version: 1, predictions: .}'
}

predict targets.parquet stats.parquet stats. >"$work/predictions.json"
mv "$work/predictions.json" "$output/predictions.json"

# Only suites that ask for stats of single instances have this file.
if [ -e "$input/eval/instance_targets.parquet" ]; then
  predict instance_targets.parquet per_instance_stats.parquet per_instance_stats.stats. \
    >"$work/predictions.json"
  mv "$work/predictions.json" "$output/instance_predictions.json"
fi
