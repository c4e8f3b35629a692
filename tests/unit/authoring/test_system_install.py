"""The settings that an image with Debian's packages has from its base."""

from runner.authoring.system_install import settings_lines


def test_what_the_container_was_given_is_that_of_the_base_again() -> None:
    config = {"Entrypoint": ["python", "-c", 'print("$HOME")'], "Cmd": ["a b"], "User": "1000"}
    assert list(settings_lines(config)) == [
        'ENTRYPOINT ["python", "-c", "print(\\"$HOME\\")"]',
        'CMD ["a b"]',
    ]


def test_a_base_without_a_command_gets_none() -> None:
    assert list(settings_lines({"Entrypoint": None, "Cmd": None})) == ["ENTRYPOINT []", "CMD []"]


def test_a_shell_and_triggers_which_no_container_has_are_kept() -> None:
    config = {"Shell": ["/bin/bash", "-c"], "OnBuild": ["COPY . /a", "RUN b"]}
    assert list(settings_lines(config))[2:] == [
        'SHELL ["/bin/bash", "-c"]',
        "ONBUILD COPY . /a",
        "ONBUILD RUN b",
    ]
