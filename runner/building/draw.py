"""How HELM runs that are no suite yet are divided: MAGNET's draw, and its options."""

from dataclasses import dataclass


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
