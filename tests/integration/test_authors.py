"""What the author of a predictor does, from an empty folder to a score, in four languages."""

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from runner.authoring.carried_folders import TEMPLATES, template_folder
from runner.building.demo_suite import unpack_demo_suite
from runner.contract.limits import GIB
from tests.integration.command import runner
from tests.integration.images import OWN
from tests.integration.printed import printed_by

ROOT = Path(__file__).parents[2]


def succeed(*arguments: object) -> subprocess.CompletedProcess[str]:
    ended = runner(*arguments)
    assert ended.returncode == 0, f"{arguments}\n{ended.stdout}\n{ended.stderr}"
    return ended


def build(folder: Path, image: str, *options: str) -> str:
    """Return the name of the image that is built, with what makes it this session's."""
    name = OWN.name(image)
    succeed("build", folder, "-t", name, *options)
    return name


def evaluate(image: str, suite: Path, out: Path) -> dict[str, Any]:
    """Return the report's JSON of an evaluation that is scored."""
    shown = succeed("evaluate", image, "--suite", suite, "--out", out, "--json").stdout
    (found,) = json.loads(shown)
    return dict(found)


def scored_targets(report: dict[str, Any]) -> int:
    """Return how many targets the scores over all runs are over."""
    scores = [score for score in report["scores"] if score["value"] is not None]
    (targets,) = {
        score["targets"] for score in scores if score["category"] is None and score["group"] is None
    }
    return int(targets)


def test_from_an_empty_folder_to_a_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    started = time.monotonic()
    succeed("init", "mine")
    succeed("try", "mine", "--suite", "demo")
    Path("mine", "predictor.yaml").write_text("title: Mine\npaper: https://example.org/a\n")
    image = build(Path("mine"), "my-predictor-init")
    assert "fact sheet" not in succeed("check", image).stdout
    shown = succeed("evaluate", image, "--suite", "demo").stdout
    assert "MAE 0." in shown
    (report,) = Path("results/demo").glob("*/report.json")
    facts = json.loads(report.read_text())["image"]["facts"]
    assert (facts["title"], facts["paper"]) == ("Mine", "https://example.org/a")
    assert time.monotonic() - started < 600


def test_a_name_that_no_image_can_have_is_refused_with_one_that_it_can(tmp_path: Path) -> None:
    succeed("init", tmp_path / "mine")
    refused = runner("build", tmp_path / "mine", "-t", "My_Predictor")
    assert refused.returncode == 2
    assert "-t my_predictor" in refused.stderr


@pytest.fixture(scope="module")
def valid_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo's HELM runs with the split "valid": MAGNET's examples predict no other."""
    runs = unpack_demo_suite(tmp_path_factory.mktemp("valid"))
    for path in runs.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"split": "test"', '"split": "valid"'), encoding="utf-8")
    return runs


OF_INSTANCES: dict[str, Any] = {
    "targets": [],
    "instance_targets": ["exact_match"],
    "scoring": {"primary": "instance_mae"},
}


@pytest.fixture(scope="module")
def magnet_suite(valid_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds a suite of the runs that ask for some targets, once."""
    built: dict[str, Path] = {}

    def build_suite(**fields: Any) -> Path:
        asked = json.dumps(fields)
        if asked in built:
            return built[asked]
        folder = tmp_path_factory.mktemp("suite")
        spec = {
            "name": "magnet",
            "version": "1",
            "helm_runs": [str(valid_runs / "demo_topic*fuzzy*"), str(valid_runs / "demo_op*fuzz*")],
            "division": {
                "method": "explicit",
                "cases": [{"train": ["*0.05", "*0.5"], "eval": ["demo_topic*misspelling0.2"]}],
            },
            "keep_together": [],
            "accept": ["twins", "derivable", "shared"],
            "revealed": {"instances": 5},
            **fields,
        }
        (folder / "spec.yaml").write_text(yaml.safe_dump(spec))
        succeed("suite", "build", folder / "spec.yaml", "-o", folder / "magnet")
        built[asked] = folder / "magnet"
        return built[asked]

    return build_suite


@pytest.fixture(scope="module")
def magnet_random(client: docker.DockerClient) -> str:
    return build(ROOT / "images" / "magnet_random", "magnet_random")


def build_on(base: str, name: str) -> str:
    """Return the name of an image of images/ that is built on another of this session's."""
    return build(ROOT / "images" / name, name, "--build-arg", f"BASE={base}")


UNPERTURBED = {"stat": "exact_match", "split": "valid", "perturbation": None}
MISSPELT = {"stat": "exact_match", "perturbation": "misspellings", "computed_on": "perturbed"}


@pytest.mark.long
def test_magnets_random_predictor_is_scored_unmodified(
    magnet_random: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    found = evaluate(magnet_random, magnet_suite(targets=[UNPERTURBED]), tmp_path / "one")
    again = evaluate(magnet_random, magnet_suite(targets=[UNPERTURBED]), tmp_path / "two")
    assert found["scores"][0]["targets"] == 1
    assert found["rows"][0]["mean"] == again["rows"][0]["mean"]


@pytest.mark.long
def test_magnets_perturbation_predictor_is_scored_unmodified(
    magnet_random: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    image = build_on(magnet_random, "magnet_perturbation")
    found = evaluate(image, magnet_suite(targets=[MISSPELT]), tmp_path)
    assert found["scores"][0]["targets"] == 1
    assert 0.5 < found["rows"][0]["mean"] < 1  # on the line through the train runs' 0.69 to 1.0


@pytest.mark.long
def test_magnets_instance_predictor_is_scored_unmodified(
    magnet_random: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    image = build_on(magnet_random, "magnet_random_instance")
    suite = magnet_suite(**OF_INSTANCES)
    report = evaluate(image, suite, tmp_path)
    predicted = report["cases"][0]["instance_targets"]
    assert scored_targets(report) == len(predicted) >= 5
    assert {target["predicted"]["mean"] for target in predicted} == {0.0, 1.0}


@pytest.fixture(scope="module")
def magnet_0_0_2(magnet_random: str, client: docker.DockerClient, tmp_path_factory: Any) -> str:
    """Return an image with MAGNET 0.0.2 from PyPI in the place of 0.1.0."""
    base = build_on(magnet_random, "magnet_perturbation")
    folder = tmp_path_factory.mktemp("magnet_0_0_2")
    (folder / "requirements.lock").write_text(
        "aiq-magnet==0.0.2 "
        "--hash=sha256:07a0eccf3502ee98d365e363b749f14e490ee4e5b4ac2decfea55ccbf462fa0a\n"
    )
    (folder / "Dockerfile").write_text(
        f"FROM {base}\n"
        "RUN cd /opt/predictor/packages && rm -r magnet aiq_magnet-0.1.0.dist-info\n"
        "COPY packages/ /opt/predictor/packages/\n"
    )
    image = build(folder, "my-predictor-magnet-0.0.2")
    code = "from importlib.metadata import version; print(version('aiq-magnet'))"
    shown = printed_by(client, image, ["-c", code], entrypoint="python3", network_mode="none")
    assert shown == b"0.0.2\n"
    return image


def with_command(base: str, command: str, folder: Path) -> str:
    """Return the name of an image that runs another predictor of the same packages."""
    folder.mkdir()
    (folder / "Dockerfile").write_text(f'FROM {base}\nCMD ["{command}"]\n')
    return build(folder, f"my-predictor-{command.rpartition(':')[2].lower()}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("predictor", "targets"),
    [
        ("magnet.example_random_predictor:ExampleRandomPredictor", UNPERTURBED),
        ("magnet.example_perturbation_predictor:ExamplePerturbationPredictor", MISSPELT),
    ],
)
def test_the_run_predictors_of_magnet_0_0_2_are_scored_unmodified(
    predictor: str,
    targets: dict[str, Any],
    magnet_0_0_2: str,
    magnet_suite: Callable[..., Path],
    tmp_path: Path,
) -> None:
    image = with_command(magnet_0_0_2, predictor, tmp_path / "image")
    report = evaluate(image, magnet_suite(targets=[targets]), tmp_path / "out")
    assert scored_targets(report) == 1


@pytest.mark.long
def test_the_instance_predictor_of_magnet_0_0_2_is_scored_unmodified(
    magnet_0_0_2: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    predictor = "magnet.example_random_instance_predictor:ExampleRandomInstancePredictor"
    image = with_command(magnet_0_0_2, predictor, tmp_path / "image")
    suite = magnet_suite(**OF_INSTANCES)
    assert scored_targets(evaluate(image, suite, tmp_path / "out")) >= 5


OWN_MAGNET = """
from magnet.predictor import RunPredictor, RunPrediction

class Mine(RunPredictor):
    def predict(self, train_split, sequestered_test_split):
        assert train_split.per_instance_stats is not None
        assert sequestered_test_split.stats is None
        runs = list(sequestered_test_split.run_specs["run_spec.name"])
        return [RunPrediction(run, "valid", name, 0.5) for run in runs for name in NAMES]
"""


def own_magnet(base: str, tmp_path: Path, names: list[str]) -> str:
    """Return an image of a file with a MAGNET predictor, made from MAGNET's own packages."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "predictor.py").write_text(f"NAMES = {names}\n{OWN_MAGNET}")
    (folder / "Dockerfile").write_text(
        f'FROM {base}\nCOPY predictor.py /opt/predictor/\nCMD ["predictor.py"]\n'
    )
    return build(folder, "my-predictor-magnet")


@pytest.mark.long
def test_a_file_with_a_magnet_predictor_is_run_as_it_is_and_extras_are_ignored(
    magnet_random: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    image = own_magnet(magnet_random, tmp_path, ["exact_match", "no_such_stat"])
    report = evaluate(image, magnet_suite(targets=[UNPERTURBED]), tmp_path / "out")
    assert report["rows"][0]["mean"] == 0.5
    (extra,) = report["cases"][0]["extra_predictions"]
    assert "no_such_stat" in extra


@pytest.mark.long
def test_what_a_magnet_predictor_leaves_out_is_missing_and_not_made_up(
    magnet_random: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    image = own_magnet(magnet_random, tmp_path, ["no_such_stat"])
    suite = magnet_suite(targets=[UNPERTURBED])
    ended = runner("evaluate", image, "--suite", suite, "--out", tmp_path / "out")
    assert ended.returncode == 4
    assert "missing_target" in ended.stdout


FILTERING_MAGNET = """
from magnet.predictor import Policy, RunPredictor, RunPrediction

class Mine(RunPredictor):
    def __init__(self, prob, metric="exact_match", policy="warn", **more):
        super().__init__(insufficient_eval_sample_policy=Policy(policy), **more)
        self.prob, self.metric = prob, metric

    def run_spec_filter(self, run_spec):
        return run_spec["name"].endswith(("misspelling0.2", f"misspelling{self.prob}"))

    def predict(self, train_split, sequestered_test_split):
        states = sequestered_test_split.scenario_state
        samples = states["scenario_state.request_states.instance.id"].nunique()
        mean = len(train_split.run_specs) + samples / 100
        runs = sequestered_test_split.run_specs["run_spec.name"]
        return [RunPrediction(run, "valid", self.metric, mean) for run in runs]
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "mean"),
    [
        (["prob=0.5", "num_eval_samples=3"], 2.03),
        (["prob=0.05", "num_eval_samples=20"], 2.05),  # 5 are revealed; it warns
        (["prob=0.5", "num_eval_samples=100", "policy=error"], None),
        (["prob=7"], None),  # nothing is left to train on
    ],
)
def test_a_magnet_predictors_filters_arguments_and_policy_hold_in_its_container(
    magnet_random: str,
    magnet_suite: Callable[..., Path],
    tmp_path: Path,
    arguments: list[str],
    mean: float | None,
) -> None:
    """Of four train runs its filter leaves the two with one probability."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "predictor.py").write_text(FILTERING_MAGNET)
    command = json.dumps(["predictor.py", *arguments])
    (folder / "Dockerfile").write_text(
        f"FROM {magnet_random}\nCOPY predictor.py /opt/predictor/\nCMD {command}\n"
    )
    image = build(folder, "my-predictor-magnet-filters")
    suite = magnet_suite(targets=[UNPERTURBED])
    if mean is None:
        ended = runner("evaluate", image, "--suite", suite, "--out", tmp_path / "out")
        assert ended.returncode == 4
    else:
        report = evaluate(image, suite, tmp_path / "out")
        assert report["rows"][0]["mean"] == pytest.approx(mean)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(each, marks=() if each == "shell" else pytest.mark.long)
        for each in sorted({*TEMPLATES} - {"python"})
    ],
)
def of_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the image of a template without Python, on the base that the runner makes for it."""
    language = str(request.param)
    succeed("build", "--base", "--template", language, "-t", f"runner-{language}-base")
    folder = tmp_path_factory.mktemp("template") / language
    succeed("init", folder, "--template", language)
    if language == "node":
        fetch = ["npm", "ci", "--ignore-scripts", "--prefix", str(folder)]
        subprocess.run(fetch, check=True, timeout=100, capture_output=True)
    return build(folder, f"my-predictor-{language}")


def test_a_base_on_an_image_that_can_not_be_had_is_refused() -> None:
    """No image made of Debian's packages takes its place: the user named another."""
    command = ["build", "--base", "--template", "shell", "-t", OWN.name("base")]
    refused = runner(*command, "--build-arg", "DEBIAN_BASE=localhost:1/none:1")
    assert refused.returncode != 0
    assert "localhost:1/none:1" in refused.stderr
    assert "Debian's packages" not in refused.stderr


def test_a_predictor_in_another_language_is_scored_without_python(
    of_template: str, client: docker.DockerClient, tmp_path: Path
) -> None:
    image = of_template
    shown = succeed("evaluate", image, "--suite", "demo", "--out", tmp_path / "out", "--json")
    (report,) = json.loads(shown.stdout)
    assert report["scores"][0]["targets"] == 3  # of 6, three repeat another
    assert not has_python(client, image)


def test_a_predictor_in_another_language_predicts_stats_of_instances(
    of_template: str, magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    suite = magnet_suite(**OF_INSTANCES)
    report = evaluate(of_template, suite, tmp_path / "out")
    predicted = report["cases"][0]["instance_targets"]
    assert scored_targets(report) == len(predicted) >= 5
    assert len({target["predicted"]["mean"] for target in predicted}) == 1  # the train runs' mean


def has_python(client: docker.DockerClient, image: str) -> bool:
    script = "command -v python || command -v python3 || find / -name 'libpython*' -path '*lib*'"
    shown = printed_by(
        client, image, ["-c", script], entrypoint="sh", network_mode="none", user="root"
    )
    return bool(shown.split())


def test_control_the_python_base_has_python(client: docker.DockerClient) -> None:
    assert has_python(client, "runner-base")


def test_a_raw_predictor_without_the_sdk_is_scored(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "predict.py").write_text(
        "import json, pyarrow.parquet as pq\n"
        "out = {}\n"
        "for row in pq.read_table('/input/eval/targets.parquet').to_pylist():\n"
        "    name = {}\n"
        "    for column, value in row.items():\n"
        "        if column.startswith('stats.name.') and value is not None:\n"
        "            *outer, last = column.removeprefix('stats.name.').split('.')\n"
        "            place = name\n"
        "            for key in outer:\n"
        "                place = place.setdefault(key, {})\n"
        "            place[last] = value\n"
        "    name['name'] = 'predicted_' + name['name']\n"
        "    out.setdefault(row['run_spec.name'], []).append({'name': name, 'mean': 0.5})\n"
        "json.dump({'contract_version': 1, 'predictions': out},\n"
        "          open('/output/predictions.json', 'w'))\n"
    )
    (tmp_path / "Dockerfile").write_text(
        "FROM runner-base\nCOPY predict.py /opt/predictor/\n"
        'ENTRYPOINT ["python3", "/opt/predictor/predict.py"]\n'
    )
    image = build(tmp_path, "my-predictor-raw")
    shown = succeed("evaluate", image, "--suite", "demo", "--out", tmp_path / "out", "--json")
    assert json.loads(shown.stdout)[0]["scores"][0]["targets"] == 3  # three repeat another


def write_check_project(folder: Path, body: str) -> Path:
    """Write a predictor whose ``predict`` has this body."""
    shutil.copytree(template_folder("python"), folder)
    (folder / "predictor.py").write_text(
        "import random\nfrom dataclasses import replace\nfrom runner.contract import Predictor\n"
        "def wrong(stat):\n    return replace(stat, name=replace(stat.name, split='tset'))\n"
        "class Mine(Predictor):\n"
        "    def predict(self, *frames):\n"
        "        stats = {}\n"
        "        for target in self.case.targets:\n"
        f"            {body}\n"
        "            stats.setdefault(target.run_spec_name, []).append(stat)\n"
        "        return stats\n"
    )
    return folder


def check(image: str, *options: object) -> tuple[int, dict[str, Any]]:
    ended = runner("check", image, "--json", *options)
    results = json.loads(ended.stdout)["results"]
    return ended.returncode, {found["check"]: found for found in results}


def test_check_passes_a_sound_image_and_holds_it_to_its_expected_output(tmp_path: Path) -> None:
    folder = write_check_project(tmp_path / "mine", "stat = target.predicted(0.5)")
    image = build(folder, "my-predictor-check")
    code, found = check(image, "--save-expected", folder / "expected_predictions.json")
    assert code == 0
    assert {name: result["passed"] for name, result in found.items()} == {
        "contract version": True,
        "output": True,
        "determinism": True,
    }
    succeed("build", folder, "-t", image)
    assert check(image)[1]["parity"]["passed"] is True
    write = (folder / "predictor.py").read_text().replace("0.5", "0.75")
    (folder / "predictor.py").write_text(write)
    succeed("build", folder, "-t", image)
    code, found = check(image)
    assert code == 4
    assert "6 of 6 means differ, the most by 0.25" in found["parity"]["text"]


def test_check_tells_of_predictions_that_change_from_run_to_run(tmp_path: Path) -> None:
    body = "stat = target.predicted(random.random())"
    image = build(write_check_project(tmp_path / "mine", body), "my-predictor-draws")
    code, found = check(image)
    assert code == 4
    assert "6 of 6 means differ" in found["determinism"]["text"]


def test_a_misspelt_image_is_refused_with_the_nearest_name() -> None:
    assert "Did you mean train_mean? Build it with" in runner("check", "train_meen").stderr
    assert "Did you mean" not in runner("check", "banana").stderr  # the control


def test_check_lists_every_finding_and_shows_the_log(tmp_path: Path) -> None:
    body = "print('\\x1b[31mlooking'); stat = wrong(target.predicted(0.5))"
    image = build(write_check_project(tmp_path / "mine", body), "my-predictor-findings")
    ended = runner("check", image)
    assert ended.returncode == 4
    assert "log: \\x1b[31mlooking" in ended.stderr
    assert ended.stdout.count("did you mean split 'test', not 'tset'?") == 6


def test_check_forecasts_the_time_on_another_suite(
    magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    suite = magnet_suite(targets=[UNPERTURBED])
    code, found = check("train_mean", "--forecast", suite)
    assert code == 0
    assert found["forecast"]["text"].startswith("magnet: 1 cases, about ")


def test_check_runs_on_the_half_of_a_suite_that_participants_have(
    magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    suite = shutil.copytree(magnet_suite(targets=[UNPERTURBED]), tmp_path / "suite")
    shutil.rmtree(suite / "private")
    code, found = check("train_mean", "--suite", suite)
    assert (code, found["output"]["passed"]) == (0, True)


def test_control_check_refuses_a_public_half_with_a_changed_byte(
    magnet_suite: Callable[..., Path], tmp_path: Path
) -> None:
    suite = shutil.copytree(magnet_suite(targets=[UNPERTURBED]), tmp_path / "suite")
    changed = suite / "public" / "eval" / "targets.parts"
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    ended = runner("check", "train_mean", "--suite", suite)
    assert ended.returncode == 3
    assert "targets.parts: changed since the suite was built" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [("check",), ("evaluate", "--suite", "demo", "--out", "reports")]
)
def test_the_command_that_verbose_shows_has_the_sandboxs_settings(
    arguments: tuple[str, ...],
    client: docker.DockerClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = succeed(*arguments, "train_mean", "--verbose").stderr
    (line,) = [line for line in shown.splitlines() if "docker run" in line]
    words = shlex.split(line.partition(": ")[2])
    places = {"INPUT": str(tmp_path), "OUTPUT": str(tmp_path)}
    words = ["docker", "create", *(fill(word, places) for word in words[3:])]
    made = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    container = client.containers.get(made)
    try:
        host = container.attrs["HostConfig"]
        assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"]) == (
            "none",
            True,
            ["ALL"],
        )
        assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (2 * GIB, 2 * GIB, 256)
        assert container.attrs["Config"]["User"] == "20000:20000"
    finally:
        container.remove(force=True)


def fill(word: str, places: dict[str, str]) -> str:
    for name, path in places.items():
        word = word.replace(f"source={name},", f"source={path},")
    return word


QUOTING = """
from runner.contract import Predictor

class Mine(Predictor):
    def predict(self, train_specs, train_states, train_stats, eval_specs, eval_states):
        prompt = eval_states["scenario_state.request_states.instance.input.text"].iloc[0]
        self.case.progress(1, 2)
        print("looking at", len(train_stats), "rows")
        print("the first is", prompt)
        raise ValueError(prompt)
"""


def test_a_participant_sees_what_failed_and_where_but_no_input(
    magnet_suite: Callable[..., Path], tmp_path: Path, client: docker.DockerClient
) -> None:
    suite = magnet_suite(targets=[UNPERTURBED])
    shutil.copytree(template_folder("python"), tmp_path / "mine")
    (tmp_path / "mine" / "predictor.py").write_text(QUOTING)
    image = build(tmp_path / "mine", "my-predictor-quoting")
    ended = runner("evaluate", image, "--suite", suite, "--out", tmp_path / "out", "--json")
    assert ended.returncode == 4
    (found,) = json.loads(ended.stdout)
    directory = Path(found["report_directory"])
    full = (directory / found["cases"][0]["log_file"]).read_text()
    assert "the first is " in full, full
    prompt = full.partition("the first is ")[2].splitlines()[0]
    assert len(prompt) > 20
    shown = succeed("log", directory, "--suite", suite)
    assert "progress 1/2\n" in shown.stdout
    assert "ValueError, predictor.py line 10\n" in shown.stdout
    assert "looking at" in shown.stdout
    assert "1 lines are withheld" in shown.stdout
    assert prompt not in shown.stdout
    other = magnet_suite(targets=[{**UNPERTURBED, "stat": "prefix_exact_match"}])
    refused = runner("log", directory, "--suite", other)
    assert refused.returncode == 3
    assert "Name the suite that was evaluated on" in refused.stderr
