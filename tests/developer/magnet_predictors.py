"""Predictors of MAGNET's kind with filters and arguments of their own, as its users write them."""

from typing import Any

from magnet.data_splits import SequesteredTestSplit, TrainSplit
from magnet.predictor import Policy, RunPrediction, RunPredictor

COMPLETIONS = "scenario_state.request_states.result.completions"


class DatasetMean(RunPredictor):
    """Knows one data set: the mean of its best train runs, and how many samples it was given."""

    def __init__(
        self, dataset: str, metric: str = "exact_match", components: int = 2, **more: Any
    ) -> None:
        super().__init__(**more)
        self.dataset, self.metric, self.components = dataset, metric, components

    def run_spec_filter(self, run_spec: dict[str, Any]) -> bool:
        return str(run_spec["name"]).startswith(self.dataset)

    def predict(self, train: TrainSplit, test: SequesteredTestSplit) -> list[RunPrediction]:
        own = train.stats[train.stats["stats.name.name"] == self.metric]
        best = sorted(own["stats.mean"], reverse=True)[: self.components]
        samples = test.scenario_state["scenario_state.request_states.instance.id"].nunique()
        mean = sum(best) / len(best) + samples / 1000 + len(train.run_specs) / 100
        names = test.run_specs["run_spec.name"]
        return [RunPrediction(name, "test", self.metric, mean) for name in names]


class FirstLetter(RunPredictor):
    """Knows one kind of model: the share of completions that begin with a letter."""

    def __init__(self, model: str, letter: str = "A") -> None:
        super().__init__(num_eval_samples=1000, insufficient_eval_sample_policy=Policy.IGNORE)
        self.model, self.letter = model, letter

    def run_spec_dataframe_filter(self, row: Any) -> bool:
        return self.model in row["run_spec.adapter_spec.model"]

    def predict(self, train: TrainSplit, test: SequesteredTestSplit) -> list[RunPrediction]:
        def share(states: Any) -> float:
            texts = [cell[0]["text"].strip() for cell in states[COMPLETIONS]]
            return sum(text.startswith(self.letter) for text in texts) / len(texts)

        names = test.run_specs["run_spec.name"]
        mean = share(test.scenario_state) - share(train.scenario_state) / 2
        return [RunPrediction(name, "test", "exact_match", mean) for name in names]
