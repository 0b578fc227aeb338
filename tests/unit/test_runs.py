"""What is on record of a run, who may read it, and what has become of runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.runs import Life, Run, Runs, created_at, new_name, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATABASE = Endpoint(service="postgres", port=21000, container_port=5432, health="")
WEB = Endpoint(service="web", port=21001, container_port=8080, health="/health")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(target_directory=tmp_path / "target", workspace=tmp_path)


@pytest.fixture
def create(runs: Runs) -> Callable[..., Run]:
    def create(workspace: Path | None = None, of: Runs = runs) -> Run:
        name = new_name()
        folder, logs = of.place(name)
        plan = Plan(
            run=name,
            workspace=workspace or of.workspace,
            folder=folder,
            logs=logs,
            database=DATABASE,
            services=(WEB,),
            environment={"API_KEY": "secret", "PATH": "/bin"},
        )
        return of.create(plan, kind="native", session="integration")

    return create


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_name_is_one_of_a_compose_project_and_never_comes_twice() -> None:
    names = {new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(re.fullmatch(r"tasker-ci-[0-9a-f]{12}", name) for name in names)


def test_nobody_else_may_look_into_a_run(create: Callable[..., Run]) -> None:
    before = os.umask(0)
    try:
        run = create()
        run.write_keys({"API_KEY": "secret"})
    finally:
        os.umask(before)
    assert mode(run.folder) == 0o700
    assert {path.name: mode(path) for path in run.folder.iterdir()} == {
        "run.json": 0o600,
        "keys.json": 0o600,
    }


def test_the_record_has_everything_to_find_the_run_again_and_nothing_secret(
    runs: Runs, create: Callable[..., Run]
) -> None:
    run = create()
    assert runs.all() == (run,)
    assert "secret" not in (run.folder / "run.json").read_text(encoding="utf-8")
    plan = runs.all()[0].plan({"API_KEY": "another"})
    assert plan.endpoints == (DATABASE, WEB)
    assert plan.run == run.name
    assert (plan.folder, plan.logs) == runs.place(run.name)
    assert plan.environment == {"API_KEY": "another"}


def test_what_is_changed_is_on_record(runs: Runs, create: Callable[..., Run]) -> None:
    create().changed(kept=True, migrated=True)
    (run,) = runs.all()
    assert run.record.kept
    assert run.record.migrated
    assert runs.kept() == (run,)


def test_a_run_lives_as_long_as_the_process_that_started_it(create: Callable[..., Run]) -> None:
    run = create()
    assert run.life() is Life.ALIVE
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert run.changed(pid=ended.pid).life() is Life.ORPHANED
    assert run.changed(pid=ended.pid, kept=True).life() is Life.KEPT


def test_a_pid_that_came_back_is_another_process(create: Callable[..., Run]) -> None:
    run = create()
    assert run.changed(created=run.record.created - 100).life() is Life.ORPHANED


def test_a_process_that_nobody_has_collected_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert ended.stdout is not None
    ended.stdout.read()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert created_at(ended.pid) is None
    ended.communicate()


def test_keys_are_read_back_with_their_newlines(create: Callable[..., Run]) -> None:
    run = create()
    assert run.keys() == {}
    keys = {"JWT": "-----BEGIN\nabc\n-----END\n", "API_KEY": "ü$'\""}
    run.write_keys(keys)
    assert run.keys() == keys
    run.remove_keys()
    assert run.keys() == {}


def test_removing_a_run_leaves_its_logs(runs: Runs, create: Callable[..., Run]) -> None:
    run = create()
    (run.record.logs / "web.log").write_text("here", encoding="utf-8")
    run.remove()
    run.remove()
    assert not run.folder.exists()
    assert (run.record.logs / "web.log").exists()
    assert runs.all() == ()


def test_runs_of_another_workspace_in_the_same_target_directory_are_not_ours(
    runs: Runs, create: Callable[..., Run], tmp_path: Path
) -> None:
    own, foreign = create(), create(tmp_path / "other")
    assert runs.all() == (own,)
    other = Runs(target_directory=runs.target_directory, workspace=tmp_path / "other")
    assert other.all() == (foreign,)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run": 1}', None])
def test_a_folder_without_a_readable_record_is_an_orphan_of_ours(
    runs: Runs, text: str | None
) -> None:
    folder, logs = runs.place("tasker-ci-0123456789ab")
    folder.mkdir(parents=True)
    if text is not None:
        (folder / "run.json").write_text(text, encoding="utf-8")
    (run,) = runs.all()
    assert run.name == folder.name
    assert run.record.kind == ""
    assert run.record.logs == logs
    assert run.life() is Life.ORPHANED


def test_no_runs_at_all(runs: Runs) -> None:
    assert runs.all() == runs.kept() == ()
    runs.prune_logs()


def test_logs_of_the_oldest_runs_that_are_gone_make_room(
    runs: Runs, create: Callable[..., Run]
) -> None:
    living = create()
    for age, name in enumerate(("tasker-ci-new", "tasker-ci-middle", "tasker-ci-old")):
        folder = runs.logs / name
        folder.mkdir(parents=True)
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    os.utime(living.record.logs, (1, 1))
    (runs.logs / "mine").mkdir()
    runs.prune_logs(keep=1)
    assert {path.name for path in runs.logs.iterdir()} == {"tasker-ci-new", living.name, "mine"}


def test_a_private_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_private(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(file, "\ud800")
    assert file.read_text(encoding="utf-8") == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]
