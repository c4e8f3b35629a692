"""``runner doctor``."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from runner.attack.pack import PROMISES, pack_directory, read_pack
from runner.attack.run import run_attacks
from runner.attack.verdict import AttackVerdict, count_by_promise
from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.errors import ExitCode, UsageError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import HostFinding, examine_host, lacking
from runner.text_tables import text_table
from runner.untrusted import printable


def doctor(attack: bool, runtime: str | None, as_json: bool) -> int:
    """Print what the engine provides and lacks, and the attacks' results; return the exit code."""
    if runtime is not None and not attack:
        raise UsageError("--runtime is for --attack: the attacks are run with it.")
    engine = Engine.connect()
    findings = examine_host(engine.fetch_info(), engine.fetch_version())
    if not as_json:
        _print_findings(findings)
    is_lacking = bool(lacking(findings))
    if attack and is_lacking:
        echo("No attack is run, because the engine lacks what is listed above.", err=True)
    verdicts = _attack(engine, runtime) if attack and not is_lacking else []
    if as_json:
        echo_json(_as_json(findings, verdicts, attack))
    elif verdicts:
        _print_verdicts(verdicts)
    held = not is_lacking and all(verdict.holds for verdict in verdicts)
    return ExitCode.SCORED if held else ExitCode.ENGINE_FAULT


def _attack(engine: Engine, runtime: str | None) -> list[AttackVerdict]:
    """Run every attack; print a line on standard error after each."""
    attacks = read_pack(pack_directory(), runtime)
    display = open_display()
    display.say(f"running {len(attacks)} hostile predictors, one after the other")
    done = 0
    with display.task("attacks", len(attacks)) as task:

        def report(verdict: AttackVerdict) -> None:
            nonlocal done
            done += 1
            display.say(f"{done}/{len(attacks)} {verdict.attack.name}: {_holds(verdict)}")
            task.advance()

        return run_attacks(engine, attacks, report, runtime)


def _as_json(
    findings: Sequence[HostFinding], verdicts: Sequence[AttackVerdict], attack: bool
) -> dict[str, Any]:
    document: dict[str, Any] = {"findings": [asdict(finding) for finding in findings]}
    if attack:
        document["verdicts"] = [verdict.to_json() for verdict in verdicts]
    return document


def _print_findings(findings: tuple[HostFinding, ...]) -> None:
    rows = []
    for finding in findings:
        rows.append((finding.level.upper(), finding.name, finding.found))
        if finding.advice is not None:
            rows.append(("", "", finding.advice))
    echo("\n".join(text_table(rows)))


def _print_verdicts(verdicts: Sequence[AttackVerdict]) -> None:
    heads = ("attack", "promise", "expected", "found", "holds")
    rows = [
        (v.attack.name, str(v.attack.promise), v.attack.expected, v.found, _holds(v))
        for v in verdicts
    ]
    echo("\n".join(["", *text_table([heads, *rows]), ""]))
    for promise, (held, tried) in count_by_promise(verdicts).items():
        echo(f"promise {promise}: {PROMISES[promise]}: held against {held} of {tried}")
    _print_breaches([verdict for verdict in verdicts if not verdict.holds])


def _print_breaches(breached: Sequence[AttackVerdict]) -> None:
    for verdict in breached:
        echo(f"\n{verdict.attack.name}: {verdict.attack.does}")
        for breach in verdict.breaches:
            echo(f"  {printable(breach)}")
    if breached:
        echo(
            "\nDo not run strangers' images on this engine as it is. Run the same command again "
            "on an idle machine; if the verdict stays, update the engine and its kernel, look at "
            "the warnings above, and report it as SECURITY.md says."
        )


def _holds(verdict: AttackVerdict) -> str:
    return "holds" if verdict.holds else "DOES NOT HOLD"
