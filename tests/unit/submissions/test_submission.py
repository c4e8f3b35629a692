"""A pull request may add or change one submission file, and nothing else."""

import time

import pytest

from runner.errors import SubmissionError
from runner.submissions.submission import (
    Submission,
    check_author,
    check_registry,
    read_submission,
)
from tests.unit.submissions.submission_text import DIGEST, IMAGE, text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (text() + "limits: {wall_seconds: 9999}\n", "line 3: limits: no such field"),
        (text() + "private: /srv\n", "line 3: private: no such field; there are submitter, image"),
        (text() + '"\\e[31m": x\n', "line 3: \\x1b[31m: no such field"),
        (f"image: x@{DIGEST}\n", "line 1: submitter: this field is required"),
        (text(image="team/predictor:latest"), "by its digest"),
        (text(image=f"team/predictor:1@{DIGEST}"), "by its digest"),
        (text(image="team/predictor"), "by its digest"),
        (text(image=f"team/predictor@{DIGEST[:-1]}"), "by its digest"),
        (text(image=f"team/predictor@{DIGEST.upper()}"), "by its digest"),
        (text(image=f"--privileged@{DIGEST}"), "by its digest"),
        (text(image=f'"x@{DIGEST}\\nout=1"'), "by its digest"),
        (text(image="a/" * 300 + f"a@{DIGEST}"), "by its digest"),
        (text("Team A"), "small letters"),
        (text("team-a-"), "small letters"),
        (text("a" * 40), "small letters"),
        (text("../team-a"), "small letters"),
        (text(image=f"[{IMAGE}]"), "line 2: image: should be text"),
        (text("12"), "line 1: submitter: should be text, not 12: put it in quotes"),
        (text("!!python/object/apply:os.system [id]"), "line 1: the tag"),
        (
            "submitter: team-a\nsubmitter: team-b\nimage: x\n",
            "line 2: the key 'submitter' stands twice",
        ),
        ("a: &a [x, x]\nb: [*a, *a]\n", "line 2: b: no such field"),
        ("- team-a\n", "should be `submitter: ...` and `image: ...`"),
        ("", "should be `submitter: ...` and `image: ...`"),
        (text() + "---\n" + text(), "not YAML"),
        ("submitter: [", "not YAML"),
        ("[" * 1000, "not YAML"),
        ("submitter: \x1b[31m\n", "not YAML"),
    ],
)
def test_what_is_not_exactly_a_submission_is_refused(content: str, said: str) -> None:
    with pytest.raises(SubmissionError) as refused:
        read_submission(content.encode(), "submissions/team-a.yaml")
    assert said in str(refused.value)
    assert all(line.isprintable() for line in str(refused.value).split("\n"))


@pytest.mark.parametrize(
    "image",
    [
        IMAGE,
        f"busybox@{DIGEST}",
        f"ghcr.io/a/b_c/d__e/f-g.h@{DIGEST}",
        f"127.0.0.1:5000/a@{DIGEST}",
    ],
)
def test_an_image_by_its_digest_is_taken(image: str) -> None:
    assert read_submission(text(image=image).encode(), "f") == Submission(
        submitter="team-a", image=image
    )


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SubmissionError, match="line 1: not text in UTF-8"):
        read_submission(b"submitter: \xff\n", "f")


def test_no_text_takes_long_to_refuse() -> None:
    began = time.monotonic()
    for part in ("a-", "a.", "a/", "a" * 2, "a_", "--"):
        with pytest.raises(SubmissionError):
            read_submission(text(image=part * 1500).encode(), "f")
    assert time.monotonic() - began < 5


def test_an_author_is_told_by_login_whatever_its_case() -> None:
    teams = {"team-a": ("Alice",)}
    check_author(Submission(submitter="team-a", image=IMAGE), "aLiCe", teams)
    with pytest.raises(SubmissionError):
        check_author(Submission(submitter="team-a", image=IMAGE), "alicea", teams)


@pytest.mark.parametrize(
    "registry", ["127.0.0.1:5000", "169.254.169.254", "10.0.0.1", "localhost", "ghcr.io:444"]
)
def test_an_image_of_a_registry_that_is_not_named_is_refused(registry: str) -> None:
    submission = Submission(submitter="team-a", image=f"{registry}/team/predictor@{DIGEST}")
    with pytest.raises(SubmissionError, match=f"images come from ghcr.io, not from {registry}"):
        check_registry(submission, ["ghcr.io"])


def test_control_an_image_of_a_registry_that_is_named_is_accepted() -> None:
    submission = Submission(submitter="team-a", image=f"10.0.0.1:5000/predictor@{DIGEST}")
    check_registry(submission, ["ghcr.io", "10.0.0.1:5000"])
