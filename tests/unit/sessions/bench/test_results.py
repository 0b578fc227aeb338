"""Results of `bench`: which of them can be held against one another, and how that is said."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tasker_ci.errors import AccessError, SettingsError, UsageError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.sessions.bench.benchmarks import MeasuredSeries, written
from tasker_ci.sessions.bench.results import BenchResult, check_keeping, earlier, keep
from tasker_ci.sessions.bench.session import bench
from tasker_ci.testing import RecordingRunner, make_context

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


def result(**facts: Any) -> BenchResult:
    return BenchResult(file=Path("result.json"), facts={**FACTS, **facts}, series=())


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


def kept(folder: Path, name: str, **facts: Any) -> Path:
    """A result in the folder of results, under this name."""
    file = folder / ".tasker-ci" / "bench" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    row = MeasuredSeries(name="x", unit="", better="lower", values=(1.0, 1.0, 1.0))
    file.write_text(written([row], {**FACTS, **facts}), encoding="utf-8")
    return file


def test_only_own_files_are_read_and_removed_and_never_the_newest(tmp_path: Path) -> None:
    untracked = RecordingRunner({"git": ""})
    context = make_context(tmp_path, "[bench]\nkeep = 1\n", runner=untracked)
    foreign = kept(tmp_path, "package.json")
    other = kept(tmp_path, "20250101T000000000000Z.json")
    other.write_text('{"name": "not a result"}', encoding="utf-8")
    old = kept(tmp_path, "20260101T000000000000Z.json")
    future = kept(tmp_path, "99991231T235959000000Z.json")
    written_now = keep(context, "{}\n")
    assert written_now.exists()
    assert foreign.exists()
    assert other.exists(), "it has a name of ours and is no result"
    assert not old.exists()
    assert not future.exists()
    written_now.unlink()
    assert earlier(context, FACTS, None).result is None


def test_a_folder_that_takes_nothing_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "place").touch()
    context = make_context(tmp_path, '[bench]\nfolder = "place"\n')
    with pytest.raises(AccessError, match="No result of `bench` can be kept in") as raised:
        check_keeping(context)
    assert "bench.folder" in raised.value.next_step
    with pytest.raises(AccessError):
        keep(context, "{}\n")


def test_of_a_commit_a_result_with_changes_counts_only_where_there_is_no_other(
    tmp_path: Path,
) -> None:
    context = make_context(
        tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
        runner=ProcessRunner(Cancellation()),
    )
    clean = kept(tmp_path, "20260101T000000000000Z.json")
    changed = kept(tmp_path, "20260102T000000000000Z.json", dirty=True)

    found = earlier(context, FACTS, "0123456789").result
    assert (found and found.file, context.printed) == (clean, "")

    clean.unlink()
    found = earlier(context, FACTS, "0123456789").result
    assert found
    assert found.file == changed
    assert "no result without changes" in context.printed


def test_of_a_branch_the_newest_commit_with_a_result_counts(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        names = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
        argv = ["git", *names, *words]
        return subprocess.check_output(argv, cwd=tmp_path, text=True).strip()

    git("init", "-q", "-b", "main")
    for text in ("one", "two", "three"):
        git("commit", "-qm", text, "--allow-empty")
    context = make_context(
        tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
        runner=ProcessRunner(Cancellation()),
    )
    with pytest.raises(UsageError, match="3 commits were looked at"):
        earlier(context, FACTS, "main")

    kept(tmp_path, "20260103T000000000000Z.json", commit=git("rev-parse", "main~2"))
    file = kept(tmp_path, "20260102T000000000000Z.json", commit=git("rev-parse", "main~1"))

    found = earlier(context, FACTS, "main").result
    assert found
    assert found.file == file
    with pytest.raises(UsageError, match="no result of HEAD\\^0 in"):
        earlier(context, FACTS, "HEAD^0")


def test_a_number_of_rounds_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    context = make_context(tmp_path, "[bench]\nrounds = 0\n")
    with pytest.raises(SettingsError, match=r"`bench\.rounds` takes"):
        bench(context)
    with pytest.raises(UsageError, match="--rounds takes"):
        bench(context, rounds=0)
