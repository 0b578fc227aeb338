"""Which machine measures: what makes two hosts one, and what keeps them apart."""

from __future__ import annotations

import pytest

from tasker_ci.sessions.bench.machine import Host, machine_facts, read_processors

X86 = """\
processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 1
model name	: AMD EPYC
stepping	: 1
cpu MHz		: 2595.124

processor	: 1
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 1
model name	: AMD EPYC
stepping	: 1
cpu MHz		: 3100.000
"""
ARM = """\
processor	: 0
BogoMIPS	: 2000.00
CPU implementer	: 0x41
CPU part	: 0xd0c
CPU variant	: 0x3
CPU revision	: 1

processor	: 1
CPU implementer	: 0x41
CPU part	: 0xd05
CPU variant	: 0x1
CPU revision	: 0

Hardware	: Somebody's board
"""
HOSTED = {"RUNNER_ENVIRONMENT": "github-hosted", "ImageOS": "ubuntu24"}


def host(name: str = "desk", cpu: str = "EPYC", cpus: int = 4) -> Host:
    return Host(name=name, system="linux x86_64", cpu=cpu, cpus=cpus)


def test_a_shortened_name_is_told_apart_by_its_numbers() -> None:
    assert read_processors(X86) == "AMD EPYC (cpu family 25, model 1, stepping 1)"


def test_cores_of_two_kinds_are_both_named() -> None:
    first, second = read_processors(ARM).split(" + ")
    assert first.startswith("0x41 0xd0c")
    assert second.startswith("0x41 0xd05")


@pytest.mark.parametrize("text", ["", "\n\n", "nothing of it"])
def test_a_system_may_say_nothing(text: str) -> None:
    assert read_processors(text) is None


def test_elsewhere_the_name_of_the_host_counts() -> None:
    assert machine_facts(host("desk"), {}) != machine_facts(host("lap"), {})
    assert machine_facts(host("desk"), {}) == machine_facts(host("desk"), {})


def test_two_of_githubs_hosts_with_one_model_are_one_machine() -> None:
    assert machine_facts(host("fv-az1"), HOSTED) == machine_facts(host("fv-az2"), HOSTED)


@pytest.mark.parametrize(
    ("other", "environment"),
    [
        pytest.param(host(cpu="Xeon"), HOSTED, id="another model"),
        pytest.param(host(cpus=2), HOSTED, id="fewer of them"),
        pytest.param(host(), {**HOSTED, "ImageOS": "ubuntu22"}, id="another image"),
        pytest.param(host(), {"RUNNER_ENVIRONMENT": "self-hosted"}, id="a host of one's own"),
    ],
)
def test_two_of_githubs_hosts_are_two_machines(other: Host, environment: dict[str, str]) -> None:
    assert machine_facts(host(), HOSTED) != machine_facts(other, environment)


def test_a_model_that_nobody_knows_is_like_no_other_hosts() -> None:
    first, second = host("fv-az1", cpu=""), host("fv-az2", cpu="")
    assert machine_facts(first, HOSTED) != machine_facts(second, HOSTED)
    assert machine_facts(first, {}) == machine_facts(first, {})


def test_a_name_of_the_settings_stands_for_hosts_that_come_and_go() -> None:
    first, second = host("pod-1"), host("pod-2")
    assert machine_facts(first, {}, name="rack") == machine_facts(second, {}, name="rack")
    other = host("pod-3", cpu="Xeon")
    assert machine_facts(first, {}, name="rack") != machine_facts(other, {}, name="rack")
