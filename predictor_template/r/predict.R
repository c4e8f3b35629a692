# Predicts each stat as the mean of the train runs' stats of the same name.
# DuckDB reads the Parquet files, as Debian has no arrow for R. Edit predict_mean().
library(jsonlite)

input <- Sys.getenv("RUNNER_INPUT_DIR", "/input")
output <- Sys.getenv("RUNNER_OUTPUT_DIR", "/output")

# Returns the rows of a Parquet file as a data frame; SQL selects the columns.
read_frame <- function(file, columns = "*") {
  query <- sprintf("SET threads = 1; SELECT %s FROM '%s/%s'", columns, input, file)
  json <- paste(system2("duckdb", c("-json", "-c", shQuote(query)), stdout = TRUE), collapse = "\n")
  if (json == "") data.frame() else as.data.frame(fromJSON(json), optional = TRUE)
}

# Returns a function that predicts the mean of the train runs' stats of a target's name.
# prefix stands before the names of a stat's columns.
make_predict_mean <- function(file, prefix) {
  name <- paste0(prefix, "name.name")
  mean <- paste0(prefix, "mean")
  stats <- read_frame(file, sprintf('"%s", "%s"', name, mean))
  function(target) {
    predicted <- mean(as.numeric(stats[[mean]][stats[[name]] == target[[name]]]), na.rm = TRUE)
    if (is.nan(predicted)) 0.5 else predicted
  }
}

set_in <- function(object, fields, value) {
  inner <- fields[-1]
  object[[fields[1]]] <-
    if (length(inner) == 0) value else set_in(as.list(object[[fields[1]]]), inner, value)
  object
}

# The key of a stat: stats.name.perturbation.prob becomes name$perturbation$prob.
stat_name <- function(target, prefix) {
  start <- paste0(prefix, "name.")
  name <- list()
  for (column in names(target)[startsWith(names(target), start)]) {
    value <- target[[column]]
    if (!is.na(value)) {
      fields <- strsplit(substring(column, nchar(start) + 1), ".", fixed = TRUE)[[1]]
      name <- set_in(name, fields, value)
    }
  }
  name$name <- paste0("predicted_", name$name)
  name
}

# Writes the predictions of the targets in a file.
predict <- function(targets_file, train_file, prefix, into) {
  predict_mean <- make_predict_mean(train_file, prefix)
  targets <- read_frame(targets_file)
  predictions <- setNames(list(), character())
  for (row in seq_len(nrow(targets))) {
    target <- as.list(targets[row, ])
    run <- target[["run_spec.name"]]
    predicted <- list(name = stat_name(target, prefix), mean = predict_mean(target))
    if (prefix != "stats.") {
      predicted <- list(
        instance_id = target[["per_instance_stats.instance_id"]],
        train_trial_index = target[["per_instance_stats.train_trial_index"]],
        stats = list(predicted)
      )
    }
    predictions[[run]] <- c(predictions[[run]], list(predicted))
  }
  document <- list(contract_version = 1L, predictions = predictions)
  write(toJSON(document, auto_unbox = TRUE, digits = NA), file.path(output, into))
}

predict("eval/targets.parquet", "train/stats.parquet", "stats.", "predictions.json")

# Only suites that ask for stats of single instances have this file.
if (file.exists(file.path(input, "eval/instance_targets.parquet"))) {
  predict(
    "eval/instance_targets.parquet", "train/per_instance_stats.parquet",
    "per_instance_stats.stats.", "instance_predictions.json"
  )
}
