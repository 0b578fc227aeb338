"""A push after the merge queue, run by act: what is proven is skipped, and everything else runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import act
import faces
import pytest
import workspaces
from github_server import GitHub, Reply, serving
from green_runs import RUN, GreenRun, archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = f"""\
sccache = "off"

{act.SETTINGS}proven = true
"""
LIBRARY = """\
//! A library.

/// Adds.
///
/// ```
/// assert_eq!(sample::add(1, 2), 3);
/// ```
#[must_use]
pub fn add(one: u32, other: u32) -> u32 {
    one + other
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(1, 1), 2);
    }
}
"""
BOTH = "tasker-ci-check tasker-ci-build-stable"
ADDRESS = f"https://github.com/Example/Sample/actions/runs/{RUN}"
STAGES = {"quality", "unit"}


@dataclass(frozen=True, kw_only=True)
class Pushes:
    """A project whose merge queue has run, and pushes of it."""

    program: Path
    project: Path
    queued: act.Ended
    run: GreenRun

    def push(
        self, name: str, fault: Callable[..., Reply | None] | None = None, *, caches: str = BOTH
    ) -> act.Ended:
        with serving(GitHub(fault=fault or self.run.answer)) as github:
            return act.run(
                self.program,
                self.project,
                self.project.parent / name,
                "push",
                *("--env", f"GITHUB_API_URL={github.url}", "--env", "GITHUB_RUN_ID=99"),
                STAND_IN_CACHES=caches,
            )


@pytest.fixture(scope="module")
def pushes(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Pushes:
    for name in ("cargo", "rustup", "cargo-nextest", "cargo-audit", "git", "node", "openssl"):
        require_tool(name)
    for name in ("zizmor", "check-jsonschema"):
        require_tool(name)
    program = require_tool("act")
    folder = tmp_path_factory.mktemp("pushes")
    project = folder / "project"
    workspaces.write_files(
        project,
        {
            ".config/tasker-ci.toml": SETTINGS,
            ".gitignore": "/target\n/.nox\n__pycache__/\n/.tasker-ci/\n",
            "Cargo.toml": '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n',
            "noxfile.py": workspaces.NOXFILE,
            "src/lib.rs": LIBRARY,
        },
    )
    subprocess.run(
        ["cargo", "generate-lockfile", "--offline"],
        cwd=project,
        env=faces.clean_environment(),
        check=True,
        capture_output=True,
    )
    act.synchronise(project)
    queued = act.run(
        program, project, folder / "queue", "merge_group", "--env", f"GITHUB_RUN_ID={RUN}"
    )
    tree = subprocess.run(
        ["git", "rev-parse", "HEAD^{tree}"], cwd=project, check=True, capture_output=True, text=True
    ).stdout.strip()
    run = GreenRun(tree=tree, repository="Example/Sample", proofs=left(queued))
    run.more = {
        f"history-{leg}": archive(
            {file.name: "a record" for file in (queued.artifacts / f"history-{leg}").rglob("*.gz")}
        )
        for leg in run.proofs
    }
    return Pushes(program=program, project=project, queued=queued, run=run)


def left(ended: act.Ended) -> dict[str, dict[str, Any]]:
    """What the jobs of a run left, by what ends their names."""
    return {
        folder.name.removeprefix("proof-"): json.loads((folder / "tested.json").read_text("utf-8"))
        for folder in sorted(ended.artifacts.glob("proof-*"))
    }


def ran(ended: act.Ended) -> dict[str, str]:
    """The jobs that ran and how they ended."""
    return {name: result for name, result in ended.jobs.items() if result != "skipped"}


def test_the_merge_queue_runs_everything_and_leaves_what_it_tested(pushes: Pushes) -> None:
    assert pushes.queued.exit_code == 0, pushes.queued.complaints
    assert ran(pushes.queued) == dict.fromkeys(("drift", *STAGES, "ci-success"), "success")
    assert "proven: skipped, because it runs on push alone" in pushes.queued.log("ci-success")

    assert pushes.run.proofs.keys() == {"quality", "unit-stable"}
    for proof in pushes.run.proofs.values():
        assert (proof["run"], proof["event"]) == (str(RUN), "merge_group")
        assert proof["conditions"]["tree"] == pushes.run.tree
        assert proof["conditions"]["compiler"].startswith("rustc ")


def test_a_push_of_the_same_tree_runs_none_of_it_again(pushes: Pushes) -> None:
    ended = pushes.push("proven")

    assert ended.exit_code == 0, ended.complaints
    assert ran(ended) == dict.fromkeys(("drift", "proven", "ci-success"), "success")
    said = ended.log("ci-success", "Every job was green")
    for stage in STAGES:
        assert f"{stage}: skipped, because {ADDRESS} has tested the same" in said
    assert f"{ADDRESS} has tested this tree; not run again: quality, unit" in ended.log("proven")
    assert left(ended) == {}, "a proof of a proof is none"
    records = ended.kept()["history-proven"]
    assert {name.split(".")[1] for name in records} >= {"clippy", "unit", "doctest"}


def test_a_stage_that_fills_a_cache_runs(pushes: Pushes) -> None:
    ended = pushes.push("cache", caches="tasker-ci-check")

    assert ended.exit_code == 0, ended.complaints
    assert ran(ended).keys() == {"drift", "proven", "unit", "ci-success"}
    said = ended.log("ci-success", "Every job was green")
    assert f"quality: skipped, because {ADDRESS} has tested the same" in said
    assert "unit: success" in said
    assert left(ended).keys() == {"unit-stable"}


def test_where_the_api_fails_everything_runs(pushes: Pushes) -> None:
    ended = pushes.push("refused", lambda _asked, _before: Reply(status=403))

    assert ended.exit_code == 0, ended.complaints
    assert ran(ended) == dict.fromkeys(("drift", "proven", *STAGES, "ci-success"), "success")
    assert "no green run is known to have tested this tree: everything runs" in ended.log("proven")


def test_where_the_look_itself_breaks_everything_runs(pushes: Pushes) -> None:
    project = pushes.project.parent / "broken"
    shutil.copytree(pushes.project, project)
    file = project / ".github" / "workflows" / "ci.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("exec nox -s proof --", "exit 7 #"), encoding="utf-8")
    act.commit(project)

    ended = Pushes(
        program=pushes.program, project=project, queued=pushes.queued, run=pushes.run
    ).push("broken-run")

    assert {*STAGES} <= ran(ended).keys(), ended.complaints


def test_a_skip_without_that_output_is_red(pushes: Pushes) -> None:
    project = pushes.project.parent / "silent"
    shutil.copytree(pushes.project, project)
    act.replace_jobs(project, {"proven": "true", "quality": "skipped", "unit": "true"})

    ended = Pushes(
        program=pushes.program, project=project, queued=pushes.queued, run=pushes.run
    ).push("silent-run")

    assert ended.exit_code != 0
    assert "quality was skipped" in ended.log("ci-success", "Every job was green")
