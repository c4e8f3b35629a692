"""A small Llama on one CPU, in numpy: how probable a text is after another.

Reads a GGUF file, as llama.cpp writes it. No torch: 100 MB of weights, 20 MB of packages.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFReader, dequantize
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

MOST_TOKENS = 512


class Llama:
    """A model of the Llama family; the weights are made floats once, 540 MB for 135M."""

    def __init__(self, path: Path) -> None:
        reader = GGUFReader(path)
        fields = {name: field.contents() for name, field in reader.fields.items()}
        self.blocks: int = fields["llama.block_count"]
        self.heads: int = fields["llama.attention.head_count"]
        self.groups: int = fields["llama.attention.head_count_kv"]
        self.epsilon: float = fields["llama.attention.layer_norm_rms_epsilon"]
        self.base: float = fields["llama.rope.freq_base"]
        self.weights = {
            tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors
        }
        self.tokenizer = _tokenizer(
            fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.merges"]
        )

    def log_likelihood(self, before: str, text: str) -> float:
        """Return the mean log probability of a text's tokens after another text."""
        asked = self.tokenizer.encode(text).ids
        known = self.tokenizer.encode(before).ids or [1]  # the token of a beginning
        ids = [*known, *asked][-MOST_TOKENS:]
        asked = asked[-(len(ids) - 1) :]
        if not asked:
            return 0.0
        logits = self.logits(ids)[-len(asked) - 1 : -1]
        peak = logits.max(axis=1, keepdims=True)
        totals = peak[:, 0] + np.log(np.exp(logits - peak).sum(axis=1))
        return float(np.mean(logits[np.arange(len(asked)), asked] - totals))

    def logits(self, ids: list[int]) -> np.ndarray:
        """Return (tokens, vocabulary), what follows each token."""
        hidden = self.weights["token_embd.weight"][ids]
        turns = self._turns(len(ids))
        for block in range(self.blocks):
            own = f"blk.{block}."
            hidden = hidden + self._attend(own, self._norm(hidden, f"{own}attn_norm"), turns)
            inner = self._norm(hidden, f"{own}ffn_norm")
            gate = self._times(inner, f"{own}ffn_gate")
            gate = gate / (1 + np.exp(-gate)) * self._times(inner, f"{own}ffn_up")
            hidden = hidden + self._times(gate, f"{own}ffn_down")
        return self._norm(hidden, "output_norm") @ self.weights["token_embd.weight"].T

    def _attend(self, own: str, hidden: np.ndarray, turns: np.ndarray) -> np.ndarray:
        tokens, width = hidden.shape
        size = width // self.heads

        def split(name: str, heads: int) -> np.ndarray:
            return self._times(hidden, own + name).reshape(tokens, heads, size).swapaxes(0, 1)

        query = _turned(split("attn_q", self.heads), turns)
        key = _turned(split("attn_k", self.groups), turns)
        share = self.heads // self.groups
        key, value = (np.repeat(x, share, axis=0) for x in (key, split("attn_v", self.groups)))
        scores = query @ key.swapaxes(1, 2) / np.sqrt(size)
        scores = np.where(np.tri(tokens, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        joined = (weights @ value).swapaxes(0, 1).reshape(tokens, width)
        return self._times(joined, f"{own}attn_output")

    def _turns(self, tokens: int) -> np.ndarray:
        """Return (tokens, pairs), by which complex number each pair of values is turned."""
        size = self.weights["token_embd.weight"].shape[1] // self.heads
        angles = np.outer(np.arange(tokens), self.base ** (-np.arange(0, size, 2) / size))
        return np.exp(1j * angles).astype(np.complex64)

    def _norm(self, hidden: np.ndarray, name: str) -> np.ndarray:
        size = np.sqrt(np.mean(hidden**2, axis=1, keepdims=True) + self.epsilon)
        return hidden / size * self.weights[f"{name}.weight"]

    def _times(self, hidden: np.ndarray, name: str) -> np.ndarray:
        return hidden @ self.weights[f"{name}.weight"].T


def _turned(values: np.ndarray, turns: np.ndarray) -> np.ndarray:
    pairs = np.ascontiguousarray(values, dtype=np.float32).view(np.complex64)
    return (pairs * turns).view(np.float32)


def _tokenizer(tokens: list[str], merges: list[str]) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate(tokens)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=pairs))
    steps = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = Sequence(steps)
    return tokenizer
