import os
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.submissions.teams import read_teams


@pytest.mark.parametrize("content", ["teams: {team-a: []}", "teams: []", "other: {}", "- x", ": :"])
def test_a_wrong_file_of_teams_is_the_organizers_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "teams.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match=os.fspath(path)):
        read_teams(path)
