// Predicts each stat as the mean of the train runs' stats of the same name. Edit meanOf().
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors"; // the files are compressed with Zstandard

const input = process.env.RUNNER_INPUT_DIR ?? "/input";
const output = process.env.RUNNER_OUTPUT_DIR ?? "/output";

// Returns the rows of a Parquet file as objects, of all columns or of some.
async function readFrame(path, columns) {
  const file = await asyncBufferFromFile(join(input, path));
  return parquetReadObjects({ file, columns, compressors });
}

// Returns the mean of a stat's name over the train runs; prefix stands before a stat's columns.
async function meanOf(path, prefix) {
  const [name, mean] = [`${prefix}name.name`, `${prefix}mean`];
  const sums = new Map();
  for (const row of await readFrame(path, [name, mean])) {
    if (row[mean] == null) continue;
    const [sum, count] = sums.get(row[name]) ?? [0, 0];
    sums.set(row[name], [sum + row[mean], count + 1]);
  }
  return (wanted) => {
    const [sum, count] = sums.get(wanted) ?? [0.5, 1];
    return sum / count;
  };
}

// The key of a stat: {"stats.name.perturbation.prob": 0.5} -> {perturbation: {prob: 0.5}}.
function statName(target, prefix) {
  const start = `${prefix}name.`;
  const name = {};
  for (const [column, value] of Object.entries(target)) {
    if (value == null || !column.startsWith(start)) continue;
    const fields = column.slice(start.length).split(".");
    const last = fields.pop();
    let place = name;
    for (const field of fields) place = place[field] ??= {};
    place[last] = value;
  }
  name.name = `predicted_${name.name}`;
  return name;
}

// Writes the predictions of the targets in a file.
async function predict(targetsPath, trainPath, prefix, into) {
  const mean = await meanOf(trainPath, prefix);
  const predictions = {};
  for (const target of await readFrame(targetsPath)) {
    const stat = { name: statName(target, prefix), mean: mean(target[`${prefix}name.name`]) };
    const predicted =
      prefix === "stats."
        ? stat
        : {
            instance_id: target["per_instance_stats.instance_id"],
            train_trial_index: target["per_instance_stats.train_trial_index"],
            stats: [stat],
          };
    (predictions[target["run_spec.name"]] ??= []).push(predicted);
  }
  // Parquet's integers are BigInt here, which JSON does not take.
  const plain = (_, value) => (typeof value === "bigint" ? Number(value) : value);
  writeFileSync(join(output, into), JSON.stringify({ contract_version: 1, predictions }, plain));
}

await predict("eval/targets.parquet", "train/stats.parquet", "stats.", "predictions.json");

// Only suites that ask for stats of single instances have this file.
if (existsSync(join(input, "eval/instance_targets.parquet"))) {
  await predict(
    "eval/instance_targets.parquet",
    "train/per_instance_stats.parquet",
    "per_instance_stats.stats.",
    "instance_predictions.json",
  );
}
