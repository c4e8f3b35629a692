# Predicts each stat as the mean of the train runs' stats of the same name.
# DuckDB reads the Parquet files, as Debian has no arrow for R. Edit predict_mean().
library(jsonlite)

input <- Sys.getenv("RUNNER_INPUT_DIR", "/input")
output <- Sys.getenv("RUNNER_OUTPUT_DIR", "/output")

# Returns the rows of a Parquet file as a data frame; SQL selects the columns.
read_frame <- function(file, columns = "*") {
  query <- sprintf("SET threads = 1; SELECT %s FROM '%s/%s'", columns, input, file)
  json <- system2("duckdb", c("-json", "-c", shQuote(query)), stdout = TRUE)
  fromJSON(paste(json, collapse = "\n"))
}

train_stats <- read_frame("train/stats.parquet", '"stats.name.name", "stats.mean"')

predict_mean <- function(target) {
  same <- train_stats[["stats.name.name"]] == target[["stats.name.name"]]
  mean <- mean(train_stats[["stats.mean"]][same], na.rm = TRUE)
  if (is.nan(mean)) 0.5 else mean
}

set_in <- function(object, fields, value) {
  inner <- fields[-1]
  object[[fields[1]]] <-
    if (length(inner) == 0) value else set_in(as.list(object[[fields[1]]]), inner, value)
  object
}

# The key of a stat: stats.name.perturbation.prob becomes name$perturbation$prob.
stat_name <- function(target) {
  name <- list()
  for (column in grep("^stats\\.name\\.", names(target), value = TRUE)) {
    value <- target[[column]]
    if (!is.na(value)) {
      fields <- strsplit(sub("^stats\\.name\\.", "", column), ".", fixed = TRUE)[[1]]
      name <- set_in(name, fields, value)
    }
  }
  name$name <- paste0("predicted_", name$name)
  name
}

targets <- read_frame("eval/targets.parquet")
predictions <- list()
for (row in seq_len(nrow(targets))) {
  target <- as.list(targets[row, ])
  run <- target[["run_spec.name"]]
  stat <- list(name = stat_name(target), mean = predict_mean(target))
  predictions[[run]] <- c(predictions[[run]], list(stat))
}
document <- list(contract_version = 1L, predictions = predictions)
write(toJSON(document, auto_unbox = TRUE, digits = NA), file.path(output, "predictions.json"))
