"""The hostile predictors of ``images/misbehaving``, run to see whether the sandbox holds."""
