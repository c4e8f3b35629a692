"""The units of HELM's stats, and which of them a metric would add up.

Source: the names and descriptions in HELM's schema files (crfm-helm 0.5).
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from runner.scores.metrics import SKILLS
from runner.scores.policy import ScoringPolicy

ADDS_UNITS = (
    *("mae", "rmse", "r2", "pearson", "spearman", *SKILLS, "interval_score", "crps"),
    *("delta_mae", "budget_area", "instance_mae"),
)
"""The primary metrics that put targets of different stats into one sum or one order."""

SHARES, TOKENS, SECONDS, BITS = "shares", "tokens", "seconds", "bits per byte"
COUNTS, BYTES, LOG = "counts", "bytes", "logarithms of probabilities"
FIVE, TEN = "scores of 1 to 5", "scores of 1 to 10"

_STATS: Mapping[str, str] = {
    SHARES: """
        exact_match* quasi_exact_match* prefix_exact_match* quasi_prefix_exact_match*
        quasi_leave_articles_exact_match final_number_exact_match exact_set_match iou_set_match
        f1_score* f1_set_match f1 f1_* precision recall accuracy classification_* rouge_* rouge?
        rougeL rougeLsum bleu_1 bleu_4 meteor chr_f_plus_plus math_equiv* float_equiv
        chain_of_thought_correctness ifeval_strict_accuracy omni_math_accuracy calculation_accuracy
        wildbench_score_rescaled max_prob prompt_truncated finish_reason_* ece_* platt_ece_*
        selective_acc@* selective_cov_acc_area toxic_frac expected_max_toxicity
        max_toxicity_probability bbq_accuracy air_score air_category_* safety_score
        safety_*_annotator_success refusal_rate pass strict_acc test_avg code_eval_acc
        compilation_success execution_accuracy program_accuracy error_rate
        ehr_sql_execution_accuracy ehr_sql_precision_answerable ehr_sql_recall_answerable
        ehr_sql_query_validity medcalc_bench_accuracy medec_* mimiciv_billing_code_* NDCG@* RR@*
        Recall@* Success@*
        edit_similarity BERTScore-? openai_mrcr_accuracy ruler_string_match_part
        unsorted_list_exact_match annotation_financebench_label_correct_answer
        squad_exact_match_score squad_f1_score
    """,
    TOKENS: """
        num_prompt_tokens num_completion_tokens num_output_tokens max_num_output_tokens
        max_num_completion_tokens num_perplexity_tokens estimated_num_tokens_cost
    """,
    SECONDS: "inference_runtime inference_idealized_runtime inference_denoised_runtime",
    COUNTS: """
        num_references num_train_trials num_train_instances num_instances num_requests
        num_completions batch_size
    """,
    BYTES: "num_bytes",
    BITS: "bits_per_byte",
    LOG: "logprob",
    FIVE: """
        Helpfulness Understandability Completeness Conciseness Harmlessness prometheus_vision
        aci_bench_accuracy chw_care_plan_accuracy
        dischargeme_accuracy med_dialog_accuracy medalign_accuracy medi_qa_accuracy
        medication_qa_accuracy mental_health_accuracy mimic_bhc_accuracy mimic_rrs_accuracy
        mtsamples_procedures_accuracy mtsamples_replicate_accuracy
        starr_patient_instructions_accuracy
    """,
    TEN: "wildbench_score",
}
UNITS = {pattern: unit for unit, patterns in _STATS.items() for pattern in patterns.split()}
"""By pattern of a stat's name. An exact name counts before a pattern, the first pattern before the
others."""


def find_unit(stat: str, own: Mapping[str, str]) -> str:
    """Return the unit of a stat; one that nobody has named is the stat's own.

    Args:
        own: units that a suite names, by stat.
    """
    known = own.get(stat) or UNITS.get(stat)
    if known is not None:
        return known
    found = (unit for pattern, unit in UNITS.items() if fnmatchcase(stat, pattern))
    return next(found, f"the unit of {stat}")


def group_by_unit(stats: Iterable[str], policy: ScoringPolicy) -> dict[str, list[str]]:
    """Return the stats of each unit, each once; those that weigh 0 are left out."""
    found: dict[str, list[str]] = {}
    for stat in dict.fromkeys(stats):
        if policy.counts(stat):
            found.setdefault(find_unit(stat, policy.units), []).append(stat)
    return found


def refuse_mixed_units(stats: Iterable[str], policy: ScoringPolicy) -> None:
    """Refuse a primary metric that adds up several units, unless the policy says how.

    Args:
        stats: the names of those that are targets of the metric's kind.

    Raises:
        ValueError: names the units and their stats, and what may be done.
    """
    by_unit = group_by_unit(stats, policy)
    weighed = all(stat in policy.stat_weights for of_unit in by_unit.values() for stat in of_unit)
    if len(by_unit) <= 1 or policy.primary not in ADDS_UNITS or policy.normalise or weighed:
        return
    words = " and ".join(f"{unit} ({', '.join(names)})" for unit, names in by_unit.items())
    raise ValueError(
        f"primary: {policy.primary} would add up {words}. Take stats of one unit as targets, or "
        "say in scoring how they are added: normalise: skill with primary: skill, which compares "
        "each stat with the train mean, or stat_weights for each of them. If they do have one "
        "unit, say so: units: {NAME: UNIT}"
    )


def describe_sum(stats: Iterable[str], policy: ScoringPolicy) -> str:
    """Return what the primary metric adds up, e.g. ``MAE of shares (exact_match): ...``.

    Args:
        stats: the names of those that are targets of the metric's kind.
    """
    by_unit = group_by_unit(stats, policy)
    words = "; ".join(f"{unit} ({', '.join(names)})" for unit, names in by_unit.items())
    metric = policy.primary_metric
    how = "the mean within each run"
    if metric.is_of_runs:
        how += ", weighted by instances"
    if policy.stat_weights:
        how += " and by stat_weights"
    how += ", then over runs"
    if policy.scenario_weights and metric.kind != "suite":
        how += " of a scenario, then over scenarios by scenario_weights"
    if policy.normalise:
        how += "; each stat against its baseline, then the mean over stats"
    return f"{metric.title} of {words}: {how}"
