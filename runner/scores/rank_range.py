"""The places of an evaluation among others, as values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RankRange:
    """The places that an evaluation may have: 1-3 is tied with others, 2-2 is distinct."""

    best: int
    worst: int

    def __str__(self) -> str:
        """Return e.g. ``2``, or ``1-3, tied``."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}, tied"


@dataclass(frozen=True)
class Standing:
    """A range of ranks, and how many evaluations are ranked, this one included."""

    rank: RankRange
    of: int

    def __str__(self) -> str:
        """Return e.g. ``2-3, tied, of 7``."""
        separator = ", of" if "," in str(self.rank) else " of"
        return f"{self.rank}{separator} {self.of}"
