"""The file that a team submits."""

DIGEST = "sha256:" + "0123456789abcdef" * 4


IMAGE = f"registry.example:5000/team-a/predictor@{DIGEST}"


def text(submitter: str = "team-a", image: str = IMAGE) -> str:
    return f"submitter: {submitter}\nimage: {image}\n"
