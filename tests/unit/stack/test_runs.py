"""What is on record of a run, who may read it, and what has become of runs."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import forged_runs
import pytest

from tasker_ci.errors import ForeignPlace, StackRemains
from tasker_ci.process import start as process_start
from tasker_ci.process.start import ProcessStart, start_of
from tasker_ci.stack.base import Endpoint, Plan
from tasker_ci.stack.run_folder import Life, Run
from tasker_ci.stack.runs import Runs, new_name

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
    assert run.changed(ticks=run.record.ticks - 1).life() is Life.ORPHANED
    assert run.changed(boot="another").life() is Life.ORPHANED
    old = run.changed(boot="", ticks=0)
    assert old.life() is Life.ALIVE
    assert old.changed(created=run.record.created - 100).life() is Life.ORPHANED


@pytest.mark.parametrize("seconds", [-3600.0, -2.5, 1.0, 3600.0, 86400.0 * 365])
def test_a_step_of_the_clock_changes_nothing(create: Callable[..., Run], seconds: float) -> None:
    """What the clock would say is faked here: no test may set the clock of the machine."""
    run = create()

    def after_the_step(pid: int) -> ProcessStart | None:
        start = start_of(pid)
        return start and replace(start, created=start.created + seconds)

    assert run.life(after_the_step) is (Life.ALIVE if run.record.boot else Life.ORPHANED)


def test_a_run_of_a_container_is_in_use_as_long_as_nobody_can_say_otherwise(
    create: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create()
    boot, _, _ = run.record.boot.partition("@")
    monkeypatch.setattr(process_start, "_boot", lambda: f"{boot}@pid:[7]")
    assert run.changed(boot=f"{boot}@pid:[8]").life() is Life.ALIVE
    assert run.changed(boot="another@pid:[8]").life() is Life.ORPHANED


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


def shared(tmp_path: Path, workspace: Path, **marks: Callable[..., bool]) -> Runs:
    """The runs of a workspace whose target directory lies elsewhere."""
    workspace.mkdir(exist_ok=True)
    return Runs(target_directory=tmp_path / "target", workspace=workspace, **marks)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_in_a_shared_target_directory_a_new_checkout_is_not_the_one_that_was_moved(
    tmp_path: Path, create: Callable[..., Run], kind: str
) -> None:
    place = tmp_path / "project"
    run = create(of=shared(tmp_path, place)).changed(kind=kind)
    moved = place.rename(tmp_path / "moved")
    other = shared(tmp_path, place, moved_away=lambda *_: True)
    assert other.all() == ()
    assert other.of_others() == {run.name}
    assert [each.name for each in shared(tmp_path, moved).all()] == [run.name]


def test_a_native_run_that_nobody_took_away_is_that_of_the_checkout_made_anew(
    tmp_path: Path, create: Callable[..., Run]
) -> None:
    place = tmp_path / "project"
    run = create(of=shared(tmp_path, place))
    place.rename(tmp_path / "gone")
    assert [each.name for each in shared(tmp_path, place).all()] == [run.name]


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_a_copy_in_the_old_place_of_what_was_moved_is_refused(
    tmp_path: Path, create: Callable[..., Run], kind: str
) -> None:
    def runs_in(workspace: Path) -> Runs:
        return Runs(
            target_directory=workspace / "target", workspace=workspace, moved_away=lambda *_: True
        )

    place = tmp_path / "project"
    place.mkdir()
    run = create(of=runs_in(place)).changed(kind=kind)
    moved = place.rename(tmp_path / "moved")
    shutil.copytree(moved, place)
    assert runs_in(place).all() == ()
    assert refusals(runs_in(place)) == ["it is a copy of one of a project that lay here before"]
    assert [each.name for each in runs_in(moved).all()] == [run.name]


def forge(runs: Runs, name: str = "tasker-ci-0123456789ab", **changes: object) -> Path:
    return forged_runs.forge(runs.workspace, name, **changes)


def refusals(runs: Runs) -> list[str]:
    return [each.reason for each in runs.refused()]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"run": 1}', None, "[" * 100_000, "7" * 5_000, '"\\ud800"', "\0"],
    ids=lambda text: str(text)[:10],
)
def test_a_folder_without_a_readable_record_is_refused(runs: Runs, text: str | None) -> None:
    folder, _ = runs.place("tasker-ci-0123456789ab")
    folder.mkdir(parents=True)
    (folder / "mine").touch()
    if text is not None:
        (folder / "run.json").write_text(text, encoding="utf-8")
    assert runs.all() == ()
    assert refusals(runs) == ["its record cannot be read"]


def test_an_empty_folder_is_the_rest_of_a_removal(runs: Runs) -> None:
    folder, _ = runs.place("tasker-ci-0123456789ab")
    folder.mkdir(parents=True)
    (run,) = runs.all()
    assert (run.name, run.record.kind, run.life()) == (folder.name, "", Life.ORPHANED)
    run.remove()
    assert not folder.exists()


def test_a_living_process_proves_what_a_damaged_record_does_not(runs: Runs) -> None:
    folder = forge(runs)
    (folder / "run.json").write_text("{", encoding="utf-8")
    proven = replace(runs, lives=lambda each: each == folder)
    assert [run.name for run in proven.all()] == [folder.name]
    assert proven.refused() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"run": 7},
        {"kind": "another"},
        {"kind": None},
        {"pid": "1"},
        {"pid": True},
        {"pid": 1.5},
        {"created": "now"},
        {"started": None},
        {"kept": "yes"},
        {"workspace": 7},
        {"workspace": None},
        {"logs": ["x"]},
        {"folder": 7},
        {"folder": "\ud800"},
        {"workspace": "/a\0b"},
        {"logs": "\ud800"},
        {"services": 7},
        {"services": [7]},
        {"services": [{"service": 1, "port": 1, "container_port": 1, "health": ""}]},
        {"database": {"service": "x", "port": "1", "container_port": 1, "health": ""}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_record_with_wrong_types_is_refused(runs: Runs, changes: dict[str, object]) -> None:
    forge(runs, **changes)
    assert runs.all() == ()
    assert refusals(runs) == ["its record cannot be read"]


class TestWhatIsNotOurs:
    def test_what_is_right_in_all_is_taken(self, runs: Runs) -> None:
        folder = forge(runs)
        assert [run.folder for run in runs.all()] == [folder]
        assert runs.refused() == ()

    @pytest.mark.parametrize(
        "name",
        [
            "tasker-ci-mine",
            "tasker-ci-0123456789AB",
            "tasker-ci-0123456789abc",
            "tasker-ci-",
            "tasker-ci-0123456789ab\n",
        ],
    )
    def test_another_name(self, runs: Runs, name: str) -> None:
        forge(runs, name)
        assert runs.all() == ()
        assert refusals(runs) == ["no run of ours has such a name"]

    def test_the_record_of_another_run(self, runs: Runs) -> None:
        forge(runs, run="tasker-ci-ba9876543210")
        assert runs.all() == ()
        assert refusals(runs) == ["its record is that of tasker-ci-ba9876543210"]

    def test_a_record_that_does_not_point_back(self, runs: Runs, tmp_path: Path) -> None:
        forge(runs, folder=str(tmp_path / "elsewhere"))
        assert runs.all() == ()
        assert refusals(runs) == [f"its record belongs to {tmp_path / 'elsewhere'}"]

    def test_an_older_record_points_back_by_its_logs(self, runs: Runs, tmp_path: Path) -> None:
        forge(runs, folder=None)
        forge(runs, "tasker-ci-ba9876543210", folder=None, logs=str(tmp_path))
        assert [run.name for run in runs.all()] == ["tasker-ci-0123456789ab"]
        assert refusals(runs) == [f"its record belongs to {tmp_path}"]

    @pytest.mark.parametrize("depth", ["tasker-ci", "tasker-ci/runs", "tasker-ci/runs/name"])
    def test_a_link_at_any_depth(self, runs: Runs, tmp_path: Path, depth: str) -> None:
        folder = forge(runs)
        link = runs.target_directory / depth.replace("name", folder.name)
        outside = tmp_path / "outside"
        link.rename(outside)
        link.symlink_to(outside)
        assert runs.all() == ()
        assert any(f"{link} is a link" in each or "a link" in each for each in refusals(runs))
        with pytest.raises(ForeignPlace, match="is a link to"):
            runs.read(folder).remove()
        assert list(outside.rglob("run.json"))

    def test_a_record_that_is_a_link(self, runs: Runs, tmp_path: Path) -> None:
        folder = forge(runs)
        (folder / "run.json").rename(tmp_path / "run.json")
        (folder / "run.json").symlink_to(tmp_path / "run.json")
        assert refusals(runs) == ["its record cannot be read"]

    def test_a_record_that_is_a_pipe_is_not_waited_for(self, runs: Runs) -> None:
        folder = forge(runs)
        (folder / "run.json").unlink()
        os.mkfifo(folder / "run.json")
        assert refusals(runs) == ["its record cannot be read"]

    def test_a_file_in_place_of_the_folder(self, runs: Runs) -> None:
        runs.folder.mkdir(parents=True)
        (runs.folder / "tasker-ci-0123456789ab").touch()
        assert refusals(runs) == ["it is no folder"]

    def test_what_git_tracks(self, runs: Runs) -> None:
        folder = forge(runs)
        tracking = replace(runs, tracked=lambda each: each == folder)
        assert tracking.all() == ()
        assert refusals(tracking) == ["git tracks it, so it came with the repository"]

    def test_what_git_cannot_speak_for_has_to_know_its_own_number(
        self, runs: Runs, create: Callable[..., Run]
    ) -> None:
        folder = forge(runs)
        own = create().changed(kept=True)
        unsure = replace(runs, tracked=lambda _: None)
        assert [run.name for run in unsure.all()] == [own.name]
        assert refusals(unsure) == ["git cannot say whether it came with the repository"]
        assert len(replace(unsure, lives=lambda each: each == folder).all()) == 2

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    def test_what_belongs_to_another_user(self, runs: Runs) -> None:
        folder = forge(runs)
        os.chown(folder, 65534, 65534)
        assert refusals(runs) == ["it belongs to the user 65534"]

    def test_a_copy_of_a_run_is_not_the_run(
        self, runs: Runs, create: Callable[..., Run], tmp_path: Path
    ) -> None:
        run = create().changed(kept=True)
        shutil.copytree(runs.target_directory, tmp_path / "copy" / "target")
        copy = Runs(target_directory=tmp_path / "copy" / "target", workspace=tmp_path / "copy")
        assert copy.all() == ()
        assert refusals(copy) == [f"its record belongs to {run.folder}"]


def test_what_was_moved_is_still_ours_and_known_by_where_it_lay(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    runs = Runs(target_directory=old / "target", workspace=old)
    folder, logs = runs.place(new_name())
    plan = Plan(
        run=folder.name,
        workspace=old,
        folder=folder,
        logs=logs,
        database=DATABASE,
        services=(),
        environment={},
    )
    runs.create(plan, kind="native", session="up").changed(kept=True)
    new = tmp_path / "new"
    old.rename(new)
    (run,) = Runs(target_directory=new / "target", workspace=new).all()
    moved = run.plan({})
    assert moved.workspace == new
    assert (moved.folder, moved.logs) == (
        new / folder.relative_to(old),
        new / logs.relative_to(old),
    )
    assert moved.started_at.workspace == old
    assert moved.started_at.folder == folder


def test_the_logs_are_never_where_a_record_says(runs: Runs, tmp_path: Path) -> None:
    forge(runs, logs=str(tmp_path / "mine"))
    (run,) = runs.all()
    assert run.plan({}).logs == runs.place(run.name)[1]


def test_a_run_is_not_made_through_a_link(runs: Runs, create: Callable[..., Run]) -> None:
    outside = runs.workspace / "outside"
    outside.mkdir()
    runs.target_directory.mkdir()
    (runs.target_directory / "tasker-ci").symlink_to(outside)
    with pytest.raises(ForeignPlace, match="is a link to"):
        create()
    assert list(outside.iterdir()) == []


def test_what_is_removed_last_is_the_record(
    create: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create()
    (run.folder / "data").mkdir()
    real = shutil.rmtree

    def cut_short(name: str, **options: int) -> None:
        if name == run.name:
            raise OSError("cut short")
        real(name, **options)

    monkeypatch.setattr(shutil, "rmtree", cut_short)
    with pytest.raises(StackRemains, match="cut short"):
        run.remove()
    assert [each.name for each in run.folder.iterdir()] == ["run.json"]


def test_no_runs_at_all(runs: Runs) -> None:
    assert runs.all() == runs.kept() == ()
    runs.prune_logs()


class TestPruningOfLogs:
    def made(self, runs: Runs, *names: str) -> list[str]:
        """Folders of logs of runs that are gone, the oldest last."""
        for age, name in enumerate(names):
            folder = runs.logs / name
            folder.mkdir(parents=True)
            note = json.dumps({"run": name, "inode": folder.stat().st_ino})
            (folder / ".tasker-ci-run").write_text(note, encoding="utf-8")
            os.utime(folder, (1_000_000 - age, 1_000_000 - age))
        return list(names)

    def left(self, runs: Runs) -> set[str]:
        return {path.name for path in runs.logs.iterdir()}

    def test_logs_of_the_oldest_runs_that_are_gone_make_room(
        self, runs: Runs, create: Callable[..., Run]
    ) -> None:
        living = create()
        new, _, _ = self.made(runs, *(new_name() for _ in range(3)))
        os.utime(living.record.logs, (1, 1))
        (runs.logs / "mine").mkdir()
        runs.prune_logs(keep=1)
        assert self.left(runs) == {new, living.name, "mine"}

    def test_what_we_did_not_make_stays(self, runs: Runs, tmp_path: Path) -> None:
        _, copied, foreign, linked, tracked = self.made(runs, *(new_name() for _ in range(5)))
        shutil.copytree(runs.logs / copied, tmp_path / "copy")
        shutil.rmtree(runs.logs / copied)
        shutil.copytree(tmp_path / "copy", runs.logs / copied)
        (runs.logs / copied / "keeps-the-number").touch()
        (runs.logs / foreign / ".tasker-ci-run").unlink()
        (runs.logs / linked).rename(tmp_path / "backups")
        (runs.logs / linked).symlink_to(tmp_path / "backups")
        note = json.loads((runs.logs / copied / ".tasker-ci-run").read_text())
        stays = {foreign, linked, tracked}
        if note["inode"] != (runs.logs / copied).stat().st_ino:
            stays.add(copied)  # a file system may give the number again
        replace(runs, tracked=lambda folder: folder.name == tracked).prune_logs(keep=0)
        assert self.left(runs) == stays
        assert (tmp_path / "backups").is_dir()

    @pytest.mark.parametrize("depth", ["tasker-ci", "tasker-ci/logs"])
    def test_no_link_is_followed(self, runs: Runs, tmp_path: Path, depth: str) -> None:
        (name,) = self.made(runs, new_name())
        link = runs.target_directory / depth
        link.rename(tmp_path / "backups")
        link.symlink_to(tmp_path / "backups")
        runs.prune_logs(keep=0)
        assert list((tmp_path / "backups").rglob(name))


def test_a_file_of_a_run_is_written_whole_or_not_at_all(
    create: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create()
    run.write_keys({"API_KEY": "old"})

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        run.write_keys({"API_KEY": "new"})
    assert run.keys() == {"API_KEY": "old"}
    assert sorted(path.name for path in run.folder.iterdir()) == ["keys.json", "run.json"]
