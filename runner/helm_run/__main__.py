"""Run helm-run with the local data sets registered: ``python -m runner.helm_run OPTIONS``."""

import sys

from runner.helm_run.process import CANT_IMPORT_HELM


def main() -> None:
    """Start HELM with the options of this process."""
    try:
        from helm.benchmark import run  # noqa: PLC0415  (HELM is optional)

        import runner.helm_run.local_dataset  # noqa: F401, PLC0415  (registers its run spec function)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(CANT_IMPORT_HELM)
    run.main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
