"""What `init` writes: both plugs, the settings, the hooks. Nothing that was there is lost."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.sessions import load_settings
from tasker_ci.sessions.project.initial.git_hooks import (
    KEPT_SUFFIX,
    hook_text,
    install,
    plan_hooks,
    plan_removal,
    remove,
)
from tasker_ci.sessions.project.initial.plugs import (
    NOXFILE_TEXT,
    TASKS_TEXT,
    noxfile_plug,
    tasks_plug,
)
from tasker_ci.sessions.project.initial.settings_text import SettingsEntry, settings_text
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS = ("ci", "fmt", "unit", "unit-ci")

OWN_NOXFILE = "import nox\n\n\n@nox.session\ndef docs(session):\n    pass\n"
OWN_TASKS = "from invoke import task\n\n\n@task\ndef hello(c):\n    pass\n"


class TestNoxfile:
    def test_it_is_written_where_there_is_none(self, tmp_path: Path) -> None:
        plug = noxfile_plug(tmp_path, SESSIONS)
        assert (plug.action, plug.content) == ("written", NOXFILE_TEXT.encode())

    @pytest.mark.parametrize("text", [NOXFILE_TEXT, "from tasker_ci import register_sessions as r"])
    def test_a_call_that_is_there_is_enough(self, tmp_path: Path, text: str) -> None:
        text += "\nregister_sessions()\n"
        workspaces.write_files(tmp_path, {"noxfile.py": text})
        assert noxfile_plug(tmp_path, SESSIONS).action == "unchanged"

    @pytest.mark.parametrize("own", [OWN_NOXFILE, OWN_NOXFILE.rstrip("\n"), "# comment"])
    def test_a_foreign_one_stays_byte_for_byte_above_ours(self, tmp_path: Path, own: str) -> None:
        workspaces.write_files(tmp_path, {"noxfile.py": own})
        plug = noxfile_plug(tmp_path, SESSIONS)
        assert plug.action == "extended"
        assert plug.content is not None
        assert plug.content.startswith(own.encode())
        assert plug.content.endswith(b"\n\ntasker_ci.register_sessions()\n")
        compile(plug.content, "noxfile.py", "exec")

    def test_line_endings_are_those_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "noxfile.py").write_bytes(OWN_NOXFILE.replace("\n", "\r\n").encode())
        plug = noxfile_plug(tmp_path, SESSIONS)
        assert plug.content is not None
        assert plug.content.count(b"\n") == plug.content.count(b"\r\n")

    @pytest.mark.parametrize(
        "decorated",
        [
            "@nox.session\ndef unit(session): ...\n",
            "@nox.session(name='unit')\ndef other(session): ...\n",
            "@nox.session\n@nox.parametrize('a', [1])\ndef unit(session, a): ...\n",
        ],
    )
    def test_sessions_of_the_same_name_are_told(self, tmp_path: Path, decorated: str) -> None:
        workspaces.write_files(tmp_path, {"noxfile.py": f"import nox\n{decorated}"})
        plug = noxfile_plug(tmp_path, SESSIONS)
        assert plug.own == ("unit",)
        assert "has its own unit" in plug.notes[0]

    @pytest.mark.parametrize(
        "text",
        [
            "def broken(:\n",
            '# /// script\n# dependencies = ["nox"]\n# ///\nimport nox\n',
        ],
    )
    def test_what_cannot_be_extended_safely_is_left(self, tmp_path: Path, text: str) -> None:
        workspaces.write_files(tmp_path, {"noxfile.py": text})
        plug = noxfile_plug(tmp_path, SESSIONS)
        assert (plug.action, plug.content) == ("left", None)
        assert "tasker_ci.register_sessions()" in plug.notes[0]

    def test_a_link_is_not_replaced_by_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "noxfile.py").symlink_to("elsewhere.py")
        assert noxfile_plug(tmp_path, SESSIONS).action == "left"


class TestTasks:
    def test_it_is_written_where_there_is_none(self, tmp_path: Path) -> None:
        plug = tasks_plug(tmp_path, SESSIONS)
        assert (plug.action, plug.content) == ("written", TASKS_TEXT.encode())

    @pytest.mark.parametrize("text", [TASKS_TEXT, "import tasker_ci\nns = tasker_ci.namespace\n"])
    def test_one_that_knows_us_is_enough(self, tmp_path: Path, text: str) -> None:
        workspaces.write_files(tmp_path, {"tasks.py": text})
        assert tasks_plug(tmp_path, SESSIONS).action == "unchanged"

    @pytest.mark.parametrize(
        ("more", "call"),
        [
            ("", "tasker_ci.add_tasks(namespace)"),
            (
                "\nfrom invoke import Collection\nns = Collection(hello)\n",
                "tasker_ci.add_tasks(ns)",
            ),
            (
                "\nfrom invoke import Collection\nnamespace: Collection = Collection(hello)\n",
                "tasker_ci.add_tasks(namespace)",
            ),
            ("\nfrom elsewhere import ns\n", "tasker_ci.add_tasks(ns)"),
        ],
    )
    def test_a_foreign_one_stays_above_ours(self, tmp_path: Path, more: str, call: str) -> None:
        workspaces.write_files(tmp_path, {"tasks.py": OWN_TASKS + more})
        plug = tasks_plug(tmp_path, SESSIONS)
        assert plug.action == "extended"
        assert plug.content is not None
        assert plug.content.startswith((OWN_TASKS + more).encode())
        assert plug.content.endswith(f"{call}\n".encode())

    @pytest.mark.parametrize(
        "files",
        [
            {"tasks.py": "from celery import shared_task\n"},
            {"tasks/__init__.py": ""},
            {"tasks.py": "def broken(:\n"},
        ],
    )
    def test_another_program_s_is_left(self, tmp_path: Path, files: dict[str, str]) -> None:
        workspaces.write_files(tmp_path, files)
        plug = tasks_plug(tmp_path, SESSIONS)
        assert (plug.action, plug.content) == ("left", None)
        assert "stays as it is" in plug.notes[0]


class TestSettings:
    def test_tables_follow_the_keys_that_have_none_each_with_its_reason(
        self, tmp_path: Path
    ) -> None:
        entries = (
            SettingsEntry(key=("unit", "cargo-test"), value=["a::b"], reason="Why."),
            SettingsEntry(key=("workspace",), value='odd "name\\ ü😀', reason="Where."),
            SettingsEntry(key=("environment", "variables", "X"), value="1", reason="So."),
        )
        text = settings_text(entries)
        workspaces.write_files(tmp_path, {SETTINGS_FILE: text})
        loaded = load_settings(tmp_path, {})
        assert loaded.settings.workspace == 'odd "name\\ ü😀'
        assert loaded.settings.unit.cargo_test == ("a::b",)
        assert loaded.settings.environment.variables["X"].value == "1"
        assert "# Why.\ncargo-test" in text

    def test_an_entry_says_the_same_as_a_flag(self, tmp_path: Path) -> None:
        entries = (
            SettingsEntry(key=("unit", "cargo-test"), value=["a::b", "c"], reason=""),
            SettingsEntry(key=("features",), value=["x"], reason=""),
            SettingsEntry(key=("workspace",), value="some, where", reason=""),
            SettingsEntry(key=("environment", "variables", "X"), value="1", reason=""),
        )
        pairs = [(key, value) for key, _, value in (e.override.partition("=") for e in entries)]
        workspaces.write_files(tmp_path / "file", {SETTINGS_FILE: settings_text(entries)})
        from_flags = load_settings(tmp_path, {}, pairs).settings
        assert from_flags == load_settings(tmp_path / "file", {}).settings

    def test_a_project_that_needs_nothing_gets_comments_alone(self) -> None:
        assert all(line.startswith("#") for line in settings_text(()).splitlines())


class TestHooks:
    def planned(self, folder: Path, python: str = "/usr/bin/python3") -> list[str]:
        return [hook.action for hook, _ in plan_hooks(folder, python=python, folder=".")]

    def install(self, folder: Path, python: str = "/usr/bin/python3") -> None:
        install(plan_hooks(folder, python=python, folder="."))

    @pytest.mark.parametrize("name", ["pre-commit", "pre-push"])
    @pytest.mark.parametrize("folder", [".", "odd 'name $(x)`y`"])
    def test_the_script_is_one_for_any_shell(self, name: str, folder: str) -> None:
        text = hook_text(name, python="/odd 'place/python", folder=folder)
        checked = subprocess.run(
            ["sh", "-n"], input=text, text=True, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")

    def test_they_are_written_once(self, tmp_path: Path) -> None:
        folder = tmp_path / "hooks"
        assert self.planned(folder) == ["written", "written"]
        self.install(folder)
        assert all(each.stat().st_mode & 0o777 == 0o755 for each in folder.iterdir())
        assert self.planned(folder) == ["unchanged", "unchanged"]
        assert self.planned(folder, "/opt/python") == ["updated", "updated"]

    def test_a_hook_that_is_there_is_kept_and_comes_back(self, tmp_path: Path) -> None:
        own = tmp_path / "pre-commit"
        own.write_bytes(b"#!/bin/sh\r\n\xff")
        own.chmod(0o700)
        self.install(tmp_path)
        self.install(tmp_path, "/opt/python")
        kept = tmp_path / f"pre-commit{KEPT_SUFFIX}"
        assert kept.read_bytes() == b"#!/bin/sh\r\n\xff"
        assert f'"$0{KEPT_SUFFIX}" "$@"' in own.read_text(encoding="utf-8")

        remove(plan_removal(tmp_path))
        assert own.read_bytes() == b"#!/bin/sh\r\n\xff"
        assert own.stat().st_mode & 0o777 == 0o700
        assert [each.name for each in tmp_path.iterdir()] == ["pre-commit"]

    def test_a_hook_in_our_place_with_one_kept_is_left(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {"pre-commit": "new", f"pre-commit{KEPT_SUFFIX}": "old"})
        assert self.planned(tmp_path) == ["left", "written"]
        self.install(tmp_path)
        assert (tmp_path / "pre-commit").read_text(encoding="utf-8") == "new"
        assert [hook.path.name for hook in plan_removal(tmp_path)] == ["pre-push"]
