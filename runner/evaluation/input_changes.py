"""Which changes of a case's inputs should, or should not, change a sound predictor's output.

With the same inputs, or with their rows in another order, the predictions should stay the same.
Without what is revealed about the eval runs, the predictions should change.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputChange:
    """How a further run of every case changes the inputs; each has a ``name`` of its own."""

    name: str

    @property
    def renames(self) -> bool:
        """Return whether it gives runs and instances other names."""
        return self == BLANKED


FIRST = InputChange("")
"""The run that is scored: the inputs as they are."""

SHUFFLED = InputChange("shuffled")
"""The same inputs, the rows of every frame in another order."""

BLANKED = InputChange("blanked")
"""The inputs without what is revealed about the eval runs, which get other names."""


def make_repetition(number: int) -> InputChange:
    """Return the change that leaves the inputs as they are, for a further run on them."""
    return InputChange(f"repeat-{number}")


def choose_input_changes(repeat: int, shuffle: bool, probe: bool) -> tuple[InputChange, ...]:
    """Return the requested input changes, in the order in which they run."""
    repeats = [make_repetition(number) for number in range(1, repeat + 1)]
    return (*repeats, *([SHUFFLED] if shuffle else []), *([BLANKED] if probe else []))
