from runner.contract import MetricName, Stat, Target
from runner.contract.stat import InstanceTarget
from runner.reports.comparison_text import comparison_lines
from runner.reports.report import TargetRecord
from runner.reports.scoring import target_record

PERTURBATION = {"name": "misspellings", "computed_on": "perturbed", "prob": 0.5}
LONG = MetricName("exact_match", "test", perturbation=PERTURBATION)


def target(run: str, name: MetricName = LONG, predicted: float | None = 0.75) -> TargetRecord:
    guess = None if predicted is None else Target(run, name).predicted(predicted)
    return target_record(Target(run, name), Stat(name, count=1, mean=0.5), guess)


def test_a_run_is_named_once_above_its_targets() -> None:
    lines = list(comparison_lines([target("a"), target("a"), target("b")], 200))
    assert [line for line in lines if len(line) == 1] == ["a", "b"]
    assert lines[2] == lines[3]


def test_a_line_has_both_means_and_predicted_less_actual() -> None:
    _, heads, line = comparison_lines([target("a", MetricName("exact_match", "test"))], 80)
    assert heads.split() == ["predicted", "actual", "error", "target"]
    assert line == "   0.7500   0.5000  +0.2500  exact_match split=test"


def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut() -> None:
    run = "mmlu:subject=anatomy,model=" + "long-name-" * 12
    lines = list(comparison_lines([target(run)], 80))
    assert max(map(len, lines)) <= 80
    assert "".join(line.strip() for line in lines[:2]) == run
    assert " ".join(line[29:] for line in lines[lines.index(HEADS) + 1 :]) == str(LONG)


HEADS = "predicted   actual    error  target"


def test_a_target_without_a_prediction_has_no_error() -> None:
    *_, line = comparison_lines([target("a", MetricName("exact_match"), predicted=None)], 80)
    assert line.split() == ["-", "0.5000", "-", "exact_match"]


def test_an_instance_is_named_before_its_stat() -> None:
    name = MetricName("exact_match", "test")
    of_instance = InstanceTarget("a", "id7", 0, name)
    record = target_record(of_instance, Stat(name, count=1, mean=1.0), None)
    *_, line = comparison_lines([record], 80)
    assert line.endswith("id7 exact_match split=test")


def test_what_a_terminal_would_obey_is_shown_as_text() -> None:
    lines = list(comparison_lines([target("\x1b[31mred")], 80))
    assert "\x1b" not in "".join(lines)
