"""Results of `bench`: which of them can be held against one another, and how that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasker_ci.sessions.bench_results import Result

FACTS = {
    "commit": "0123456789abcdef",
    "started": "2026-11-24T14:00:00+00:00",
    "machine": "desk",
    "system": "linux x86_64",
    "cpu": "EPYC",
    "cpus": 4,
    "rust": "rustc 1.95.0",
    "profile": "",
    "arguments": "",
}


def result(**facts: Any) -> Result:
    return Result(file=Path("result.json"), facts={**FACTS, **facts}, series=())


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param({"machine": "lap"}, "the machine: lap there, desk here", id="host"),
        pytest.param({"system": "darwin"}, "the system: darwin there, linux x86_64 here", id="os"),
        pytest.param({"cpu": "Xeon"}, "the CPU: Xeon there, EPYC here", id="processor"),
        pytest.param({"cpus": 2}, "the number of CPUs: 2 there, 4 here", id="fewer processors"),
        pytest.param(
            {"rust": "rustc 1.94.0"},
            "the compiler: rustc 1.94.0 there, rustc 1.95.0 here",
            id="compiler",
        ),
        pytest.param({"profile": "dev"}, "the profile: dev there, none here", id="profile"),
        pytest.param(
            {"arguments": "parse"},
            "the arguments of the benchmarks: parse there, none here",
            id="a part of them",
        ),
        pytest.param(
            {"cpu": None, "rust": None},
            "it does not say the CPU, the compiler",
            id="of an older version",
        ),
        pytest.param({"cpu": "a\x1b[2Jb"}, "the CPU: a\\x1b[2Jb there, EPYC here", id="hostile"),
    ],
)
def test_what_was_measured_elsewhere_cannot_be_compared(facts: dict[str, Any], reason: str) -> None:
    assert result(**facts).unlike(FACTS) == (reason,)


@pytest.mark.parametrize("facts", [{}, {"commit": "other", "dirty": True, "started": "never"}])
def test_another_commit_or_time_is_what_a_comparison_is_for(facts: dict[str, Any]) -> None:
    assert result(**facts).unlike(FACTS) == ()


def test_a_result_is_named_by_its_commit_and_time() -> None:
    assert result(dirty=True).described == "012345678 with changes of 2026-11-24T14:00:00+00:00"
    assert result(commit="", started="\n::x").described == "an unknown commit of \\n::x"
