"""The file contract that predictor images and the runner share: see ``layout.py`` for the files.

Needs pandas and pyarrow to read frames, and nothing else; the base image carries this package as
it is. A predictor imports ``Predictor`` and ``Stat`` from here.
"""

from runner.contract.layout import CONTRACT_VERSION
from runner.contract.manifest import Manifest
from runner.contract.predictor import Case, Predictor
from runner.contract.stat import InstanceTarget, MetricName, Stat, Target

__all__ = [
    "CONTRACT_VERSION",
    "Case",
    "InstanceTarget",
    "Manifest",
    "MetricName",
    "Predictor",
    "Stat",
    "Target",
]
