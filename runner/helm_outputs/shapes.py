"""What HELM's classes say of lists: the fields of the objects in them.

Source: RunSpec, AdapterSpec, RequestState, Instance, Request and RequestResult of crfm-helm 0.5.16,
and what those before it had. A field that is not here is read by what it holds.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

TEXT = pa.string()
NUMBER = pa.float64()

Shape = Any
"""The shape of a value: ``{name: shape}`` of an object, ``[shape]`` of a list, or an Arrow type. An
integer in a NUMBER's place is made one. None is left to HELM's users, or follows from the value."""

OBJECT_SPEC = {"class_name": None, "args": None}
SUBSTITUTION = {"source": None, "target": None}
MEDIA_OBJECT = {"content_type": None, "text": None, "location": None}
MULTIMEDIA = {"media_objects": [MEDIA_OBJECT]}
PIECE = {"text": TEXT, "multimedia_content": MULTIMEDIA, "messages": None}
"""An ``Input`` or an ``Output`` of an instance."""
REFERENCE = {"output": PIECE, "tags": [TEXT]}
TOKEN = {"text": TEXT, "logprob": NUMBER, "top_logprobs": None}
GENERATED_OUTPUT = {
    "text": TEXT,
    "logprob": NUMBER,
    "tokens": [TOKEN],
    "finish_reason": None,
    "multimodal_content": MULTIMEDIA,
    "thinking": {"text": None},
}

_ADAPTER = {"stop_sequences": [TEXT], "substitutions": [SUBSTITUTION]}
_STATE = "scenario_state.request_states."

SHAPES: Mapping[str, Shape] = {
    "run_spec.metric_specs": [OBJECT_SPEC],
    "run_spec.annotators": [OBJECT_SPEC],
    "run_spec.data_augmenter_spec.perturbation_specs": [OBJECT_SPEC],
    "run_spec.groups": [TEXT],
    "scenario_state.annotator_specs": [OBJECT_SPEC],
    **{f"run_spec.adapter_spec.{name}": shape for name, shape in _ADAPTER.items()},
    **{f"scenario_state.adapter_spec.{name}": shape for name, shape in _ADAPTER.items()},
    f"{_STATE}instance.input.multimedia_content.media_objects": [MEDIA_OBJECT],
    f"{_STATE}instance.references": [REFERENCE],
    f"{_STATE}instance.contrast_inputs": [PIECE],
    f"{_STATE}instance.contrast_references": [[REFERENCE]],
    f"{_STATE}request.stop_sequences": [TEXT],
    f"{_STATE}request.multimodal_prompt.media_objects": [MEDIA_OBJECT],
    f"{_STATE}result.completions": [GENERATED_OUTPUT],
    f"{_STATE}result.embedding": [NUMBER],
}
"""The shapes of the columns that hold lists."""
