"""Our seccomp profile, held to the differences from Docker's default that are meant.

Source of the default: moby, profiles/seccomp/default.json, as of Docker 27.
"""

import json
from typing import Any

import pytest

from runner.sandbox.seccomp import seccomp_profile

PROFILE: dict[str, Any] = json.loads(seccomp_profile())


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for rule in PROFILE["syscalls"] if name in rule["names"]]


def allowed() -> set[str]:
    return {
        name
        for rule in PROFILE["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]
    }


def test_what_is_not_named_is_refused() -> None:
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("io_uring_setup", "the kernel's largest source of escapes; no library needs it"),
        ("io_uring_enter", "as above"),
        ("io_uring_register", "as above"),
        ("ptrace", "looks into other processes; debuggers only"),
        ("process_vm_readv", "as above"),
        ("process_vm_writev", "as above"),
        ("modify_ldt", "16-bit programs only"),
        ("remap_file_pages", "obsolete since Linux 4.0"),
        ("socketcall", "32-bit only; the rule of socket can't look into its arguments"),
        ("ipc", "32-bit only"),
        ("name_to_handle_at", "half of a known escape, with open_by_handle_at"),
        ("fanotify_mark", "useless without fanotify_init, which is refused"),
        ("memfd_secret", "memory that nobody can look into"),
        ("process_mrelease", "for programs that kill others to free memory"),
        ("adjtimex", "the host's clock"),
        ("clock_adjtime", "the host's clock"),
    ],
)
def test_what_dockers_default_allows_and_we_do_not(name: str, why: str) -> None:
    assert name not in allowed(), why


@pytest.mark.parametrize(
    "name", ["mount", "unshare", "setns", "bpf", "perf_event_open", "keyctl", "add_key", "reboot"]
)
def test_what_dockers_default_refuses_without_capabilities_is_refused(name: str) -> None:
    assert name not in allowed()


def test_only_local_internet_and_netlink_sockets_can_be_made() -> None:
    families = {rule["args"][0]["value"] for rule in rules("socket")}
    assert families == {1, 2, 10, 16}
    vsock, alg = 40, 38
    assert not {vsock, alg} & families
    assert all(rule["args"][0]["op"] == "SCMP_CMP_EQ" for rule in rules("socket"))


def test_clone_makes_no_namespace_and_clone3_says_that_it_is_not_there() -> None:
    (clone,) = rules("clone")
    new_namespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000
    new_namespaces |= 0x10000000 | 0x20000000 | 0x40000000
    assert clone["args"] == [
        {"index": 0, "value": new_namespaces, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    ]
    (clone3,) = rules("clone3")
    no_such_call = 38
    assert (clone3["action"], clone3["errnoRet"]) == ("SCMP_ACT_ERRNO", no_such_call)


@pytest.mark.parametrize("name", ["mincore", "cachestat", "preadv2", "io_setup", "io_submit"])
def test_what_tells_which_pages_others_read_says_that_it_is_not_there(name: str) -> None:
    (rule,) = rules(name)
    no_such_call = 38
    assert (rule["action"], rule["errnoRet"]) == ("SCMP_ACT_ERRNO", no_such_call)


@pytest.mark.parametrize("name", ["fadvise64", "readahead"])
def test_advice_about_pages_that_all_share_is_accepted_and_not_followed(name: str) -> None:
    (rule,) = rules(name)
    assert (rule["action"], rule["errnoRet"]) == ("SCMP_ACT_ERRNO", 0)


def advice_answer(advice: int) -> int | None:
    """Return the error number of madvise, or None if it is allowed."""
    for rule in rules("madvise"):
        (argument,) = rule["args"]
        if advice & argument["value"] == argument["valueTwo"]:
            return rule.get("errnoRet")
    raise AssertionError(f"no rule for {advice}")


@pytest.mark.parametrize("advice", [20, 21, 21 + 2**32])
def test_no_advice_drops_pages_that_all_share(advice: int) -> None:
    invalid = 22
    assert advice_answer(advice) == invalid


@pytest.mark.parametrize("advice", [*range(20), *range(22, 26)])
def test_control_other_advice_about_memory_is_followed(advice: int) -> None:
    assert advice_answer(advice) is None


def test_only_64_bit_calls_of_two_architectures_are_known() -> None:
    known = {entry["architecture"]: entry["subArchitectures"] for entry in PROFILE["archMap"]}
    assert known == {"SCMP_ARCH_X86_64": [], "SCMP_ARCH_AARCH64": []}


@pytest.mark.parametrize(
    "name",
    [
        "clone",
        "futex",
        "mmap",
        "execve",
        "shmget",
        "memfd_create",
        "openat",
        "pidfd_open",
        "madvise",
    ],
)
def test_control_what_python_and_r_need_is_allowed(name: str) -> None:
    assert name in allowed()


def test_nothing_is_named_twice() -> None:
    plain = [name for rule in PROFILE["syscalls"] if "args" not in rule for name in rule["names"]]
    assert len(plain) == len(set(plain))


def test_under_gvisor_clone3_alone_is_allowed_besides() -> None:
    """gVisor would refuse it with EPERM, and then no thread starts."""
    others = [rule for rule in PROFILE["syscalls"] if rule["names"] != ["clone3"]]
    added = {"names": ["clone3"], "action": "SCMP_ACT_ALLOW"}
    assert json.loads(seccomp_profile("runsc")) == {**PROFILE, "syscalls": [*others, added]}
    assert "clone3" not in allowed()  # the control
    assert json.loads(seccomp_profile("runc")) == PROFILE
