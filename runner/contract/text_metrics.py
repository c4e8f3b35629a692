"""HELM's exact, quasi and prefix match, for predictors that recompute a completion's score.

Standard library only. Source: helm.benchmark.metrics.evaluate_reference_metrics (crfm-helm
0.5.16), whose normalisation is the QuAC evaluation script's.
"""

import re
import string
from collections.abc import Callable, Mapping
from typing import Any

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_text(text: str) -> str:
    """Return the text in lower case, without ASCII punctuation, articles and extra whitespace.

    Source: QuAC's scorer, as HELM's ``normalize_text`` has it.
    """
    without_punctuation = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def exact_match(gold: str, pred: str) -> float:
    """Return 1 if the texts are equal except for whitespace around them, else 0."""
    return float(bool(pred) and gold.strip() == pred.strip())


def quasi_exact_match(gold: str, pred: str) -> float:
    """Return 1 if the texts are equal when normalized, else 0."""
    return float(bool(pred) and normalize_text(gold) == normalize_text(pred))


def prefix_exact_match(gold: str, pred: str) -> float:
    """Return 1 if the completion begins with the gold text, else 0."""
    return float(bool(pred) and pred.strip().startswith(gold.strip()))


def quasi_prefix_exact_match(gold: str, pred: str) -> float:
    """Return 1 if the completion begins with the gold text when both are normalized, else 0."""
    return float(bool(pred) and normalize_text(pred).startswith(normalize_text(gold)))


TEXT_METRICS: Mapping[str, Callable[[str, str], float]] = {
    "exact_match": exact_match,
    "quasi_exact_match": quasi_exact_match,
    "prefix_exact_match": prefix_exact_match,
    "quasi_prefix_exact_match": quasi_prefix_exact_match,
}
"""The metrics by HELM's names: functions of (gold, completion), each 1.0 or 0.0."""


def recompute_match(
    request_state: Mapping[str, Any], metric_name: str, output_mapping_pattern: str | None = None
) -> float | None:
    """Return the value of a text metric that HELM gives to one instance, from its request state.

    It is the largest value over the references tagged ``correct``, of the completion with the
    highest logprob; for ``exact_match@5`` and the like, over all completions. An
    ``output_mapping`` (multiple_choice_joint) turns a letter into its choice first.

    Args:
        request_state: HELM's JSON object, one of ``request_states`` of scenario_state.json.
        metric_name: a name in TEXT_METRICS, or such a name with ``@`` and the number of
            completions.
        output_mapping_pattern: ``adapter_spec.output_mapping_pattern`` of the run.

    Returns:
        None where it can't be computed: another metric, no reference tagged ``correct``, no
        completion, or a request per reference (multiple_choice_separate, ranking), whose scores
        depend on the tokenizer.
    """
    name, _, completions_counted = metric_name.partition("@")
    golds = [
        _text(reference.get("output") or "")
        for reference in request_state["instance"].get("references") or ()
        if "correct" in (reference.get("tags") or ())
    ]
    preds = _read_completions(request_state, output_mapping_pattern)
    is_per_reference = request_state.get("reference_index") is not None
    if name not in TEXT_METRICS or not golds or not preds or is_per_reference:
        return None
    counted = preds if completions_counted else preds[:1]
    return max(TEXT_METRICS[name](gold, pred) for gold in golds for pred in counted)


def _read_completions(request_state: Mapping[str, Any], pattern: str | None) -> list[str]:
    """Return the completions' texts, the likeliest first, mapped to choices where HELM maps."""
    result = request_state.get("result") or {}
    completions = result.get("completions") or ()
    by_logprob = sorted(completions, key=lambda completion: -(completion.get("logprob") or 0))
    preds = [(completion.get("text") or "").strip() for completion in by_logprob]
    mapping = request_state.get("output_mapping")
    if mapping is None:
        return preds
    if pattern:
        preds = [_first_match(pattern, pred) for pred in preds]
    return [mapping.get(pred) or "" for pred in preds]


def _first_match(pattern: str, pred: str) -> str:
    """Return the pattern's first group in the completion, or all that it matches, or nothing."""
    match = re.search(pattern, pred)
    if match is None:
        return ""
    return (match.group(1) if match.groups() else match.group(0)) or ""


def _text(output: Mapping[str, Any] | str) -> str:
    """Return the text of a reference's output, which HELM of 2022 wrote as plain text."""
    return output if isinstance(output, str) else output.get("text") or ""
