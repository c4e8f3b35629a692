"""``runner suite``: build, list, show, audit, publish and verify suites."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.audit.audit import audit_suite
from runner.building.build import Built as BuiltSuite
from runner.building.build import build_suite, warnings
from runner.building.named import SUITES
from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.errors import ExitCode, SuiteError, UsageError
from runner.suites.manifest import PRIVATE
from runner.suites.opening import (
    has_private_half,
    is_suite,
    open_public_half,
    open_suite,
    read_manifest,
    read_suite,
    warn_of_private_half,
)
from runner.suites.overview import details, overview
from runner.suites.public_suite import DescribedSuite
from runner.suites.publish import publish_suite
from runner.suites.spec_file import make_spec, read_spec
from runner.text_tables import text_table
from runner.untrusted import printable


def build(
    spec_file: Path | None,
    out: Path | None,
    as_json: bool,
    **options: str | float | tuple[str, ...],
) -> int:
    """Build a suite from a spec or from options, and print what it holds."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if spec_file is not None and given:
        raise UsageError(
            f"Give a spec or options, not both: {', '.join(sorted(given))} belong in {spec_file}."
        )
    spec = make_spec(_fields(given), "the options") if spec_file is None else read_spec(spec_file)
    display = open_display()
    built = build_suite(spec, out or SUITES / spec.name, display)
    print_built(built, as_json)
    return 0


def _fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec's fields that the options give."""
    method = options.get("division", "sampled")
    division = {"method": method} | {
        key: options[key] for key in ("by", "folds", "share", "cases") if key in options
    }
    instances = options.get("instances")
    fields = {
        "name": options.get("name"),
        "version": options.get("suite_version", "1"),
        "helm_runs": options.get("helm_runs"),
        "targets": options.get("targets"),
        "division": division,
        "revealed": None
        if instances is None
        else {"instances": int(instances) if str(instances).isdigit() else instances},
        "seed": options.get("seed"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def list_suites(directory: Path, as_json: bool) -> int:
    """Print a line for each built suite in a directory."""
    if not directory.is_dir():
        raise UsageError(f"{directory}: no such directory. `runner suite build` makes ./suites.")
    found = [read_manifest(path) for path in sorted(directory.iterdir()) if is_suite(path)]
    if as_json:
        echo_json([overview(each) for each in found])
        return 0
    for each in found:
        facts = overview(each)
        echo(
            f"{facts['path']}: {facts['name']} {facts['version']}, {facts['cases']} cases, "
            f"{facts['runs']} runs, {facts['targets']} targets, {facts['digest'][:19]}"
        )
    if not found:
        echo(f"{directory}: no suites. `runner suite build` makes one.")
    return 0


def show(directory: Path, as_json: bool) -> int:
    """Print what a suite holds."""
    twins = read_suite(directory).private_manifest.twins if has_private_half(directory) else ()
    _print_suite(read_manifest(directory), as_json, twins)
    return 0


def verify(directory: Path, digest: str | None, private: Path | None, as_json: bool) -> int:
    """Check a suite byte by byte, and print its digest."""
    has_private = private is not None or (directory / PRIVATE).exists()
    found = open_suite(directory, private) if has_private else open_public_half(directory)
    if digest is not None and found.digest != digest:
        raise SuiteError(f"{directory}: its digest is {found.digest}, not {digest!r:.80}.")
    if has_private:
        warn_of_private_half(directory, private, open_display().say)
    halves = "both halves" if has_private else "the public half (the private one is not here)"
    if as_json:
        echo_json({"digest": found.digest, "private_half": has_private}, indent=None)
    else:
        echo(f"{directory}: every file of {halves} is as it was built: {found.digest}")
    return 0


def audit(directory: Path, private: Path | None, as_json: bool) -> int:
    """Print the leaks of a suite; return the exit code."""
    display = open_display()
    found = open_suite(directory, private)
    warn_of_private_half(directory, private, display.say)
    audited = audit_suite(found, progress=display)
    accepted = found.manifest.choices["accept"]
    refused = [leak for leak in audited.leaks if leak.kind not in accepted]
    if as_json:
        document = {
            "digest": found.digest,
            "leaks": [
                {**leak.model_dump(), "accepted": leak.kind in accepted} for leak in audited.leaks
            ],
            "derivability": {case: each.to_json() for case, each in audited.derivability.items()},
            "twins": [asdict(pair) for pair in audited.twins],
            "unknown": list(audited.unknown),
        }
        echo_json(document)
        return ExitCode.BAD_SUITE if refused else 0
    for leak in audited.leaks:
        echo(f"{'accepted' if leak.kind in accepted else 'leak'}: {printable(str(leak))}")
    for case, derived in audited.derivability.items():
        echo(f"{case}: {derived}")
    for words in audited.unknown:
        echo(f"unknown: {printable(words)}")
    unknown = f", {len(audited.unknown)} things unknown" if audited.unknown else ""
    accepted_count = len(audited.leaks) - len(refused)
    echo(f"{directory}: {len(refused)} leaks, {accepted_count} accepted{unknown}")
    return ExitCode.BAD_SUITE if refused else 0


def publish(directory: Path, out: Path | None, as_json: bool) -> int:
    """Write the public half of a suite as an archive."""
    found = open_public_half(directory)
    archive = out or Path(f"{found.name}-{found.manifest.version}.tar.gz")
    publish_suite(found, archive)
    size = archive.stat().st_size
    if as_json:
        document = {"archive": str(archive), "bytes": size, "digest": found.digest}
        echo_json(document, indent=None)
    else:
        echo(f"{archive}: {size / 1e6:.1f} MB, the public half of {found.digest}")
    return 0


def _print_suite(
    suite: DescribedSuite,
    as_json: bool,
    twins: Sequence[str],
    more: Iterable[tuple[str, str]] = (),
) -> None:
    """Print the content of a suite.

    Args:
        twins: why deployments were kept together: the organizer's to know, as it tells of answers.
        more: further lines, each with its heading.
    """
    facts = {**details(suite), "twins": list(twins)}
    if as_json:
        echo_json(facts)
        return
    echo(f"{facts['path']}: {facts['name']} {facts['version']}")
    echo("\n".join(text_table([*_fact_rows(facts), *more])))


def _fact_rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "digest", facts["digest"]
    yield "runs", f"{facts['runs']}, {facts['bytes'] / 1e6:.1f} MB"
    yield "cases", _case_counts(facts)
    for kind in ("scenarios", "models"):
        yield kind, f"{len(facts[kind])}: {_first(facts[kind], 3)}"
    for kind in ("sweeps", "twins"):
        groups = [group["runs"] for group in facts["groups"] if group["kind"] == kind]
        if groups:
            yield kind, f"{len(groups)} groups kept together, e.g. {', '.join(groups[0][:2])}"
    yield (
        "sharing",
        ": ".join(filter(None, (facts["sharing"], facts["shared_run"] or facts["nested_cases"]))),
    )
    yield "scoring", printable(facts["adds"])
    for pair in facts["twins"]:
        yield "answer alike", printable(pair)
    for record in facts["imported"]:
        lost = f", without: {'; '.join(record['lost'])}" if record["lost"] else ""
        words = f"{len(record['runs'])} runs of {record['harness']} {record['version']}{lost}"
        yield "imported", printable(words)
    for case in facts["by_case"]:
        asked = f"{case['instance_targets']} instance targets, " if case["instance_targets"] else ""
        words = (
            f"{case['train_runs']} train runs, {case['eval_runs']} eval runs "
            f"({_first(case['eval_models'], 2)}), {case['targets']} targets, {asked}"
            f"{case['revealed_instances']} of {case['instances']} instances revealed"
        )
        yield case["case"], words


def _case_counts(facts: Mapping[str, Any]) -> str:
    """Return how many cases there are, and what they are the product of."""
    replicates, budgets = facts["replicates"], facts["budgets"]
    words = [f"{replicates} replicates"] if replicates > 1 else []
    words += [f"budgets of {', '.join(map(str, budgets))} instances"] if len(budgets) > 1 else []
    return f"{facts['cases']}{': ' if words else ''}{' with '.join(words)}"


def _first(names: Sequence[str], most: int) -> str:
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])


def print_built(built: BuiltSuite, as_json: bool) -> None:
    """Print what a build made, with the leaks that its spec accepts."""
    for line in warnings(built):
        echo(f"accepted: {line}", err=True)
    more: list[tuple[str, str]] = []
    if built.audit is not None:
        more += [(case, str(each)) for case, each in built.audit.derivability.items()]
        more += [("unknown", printable(words)) for words in built.audit.unknown]
    _print_suite(built.suite, as_json, built.suite.private_manifest.twins, more)
