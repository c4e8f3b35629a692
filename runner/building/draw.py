"""How HELM runs that are no suite yet are divided: MAGNET's draw, and its options."""

from dataclasses import dataclass

from runner.contract.limits import out_of_bounds
from runner.errors import UsageError
from runner.suites.division_spec import LARGEST_SEED, MOST_RUNS
from runner.suites.revealed import MOST_INSTANCES

UNSAVED = "unsaved"
"""The version of a suite that is built of HELM runs without a spec."""


@dataclass(frozen=True)
class Draw:
    """A draw of train runs and of one eval run. None is the default.

    Attributes:
        train_runs: how many runs are given whole; 3.
        eval_samples: how many instances of the eval run are revealed; 20, as in MAGNET.
        seed: draws both; 1.
        stat_names: the stats to predict; exact_match.
    """

    train_runs: int | None = None
    eval_samples: int | None = None
    seed: int | None = None
    stat_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that can't be drawn.

        Raises:
            UsageError: a number is too small or too large.
        """
        bounds = {
            "--train-runs": (self.train_runs, 1, MOST_RUNS),
            "--eval-samples": (self.eval_samples, 0, MOST_INSTANCES),
            "--seed": (self.seed, 0, LARGEST_SEED),
        }
        for option, (value, least, most) in bounds.items():
            if value is not None and not least <= value <= most:
                raise UsageError(f"{out_of_bounds(option, value, least, most)}.")
