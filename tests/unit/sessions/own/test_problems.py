"""What is wrong with a session of the project's own is said at its place, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import SettingsError
from tasker_ci.sessions import load_settings, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.settings.load import LoadedSettings

RUN = 'command = ["true"]\n'


def refusal(folder: Path, settings: str) -> str:
    workspaces.write_files(folder, {".config/tasker-ci.toml": settings})
    with pytest.raises(SettingsError) as caught:
        load_settings(folder, {})
    return caught.value.message


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (f"[sessions.fmt]\n{RUN}", ":2: `fmt` is a session of tasker-ci; choose another name."),
        ("[sessions.x]\n", ":1: `x` needs `command` or `function`; no installed package brings it"),
        (f'[sessions.x]\n{RUN}function = "a:b"\n', "`x` has both `command` and `function`"),
        ("[sessions.x]\ncommand = []\n", "`x` needs `command` or `function`"),
        ('[sessions.x]\ncommand = [""]\n', ":2: a command begins with a program."),
        ('[sessions.x]\ncommand = [["a"], []]\n', ":2: a command begins with a program."),
        ('[sessions.x]\nfunction = "a.b"\n', ":2: 'a.b' is not of the form `package.module:name`"),
        ('[sessions.x]\nfunction = "../a:b"\n', ":2: '../a:b' is not of the form"),
        (
            '[sessions.x]\nfunction = "tasker_ci.a:b"\n',
            ":2: 'tasker_ci.a:b' is in tasker_ci",
        ),
        (f'[sessions."a b"]\n{RUN}', ":2: 'a b' is no name for a session"),
        (f'[sessions."\\u001b[31m"]\n{RUN}', r":2: '\x1b[31m' is no name for a session"),
        (f'[sessions.x]\n{RUN}stage = "bench"\n', ":3: the stage `bench` is closed"),
        (f'[sessions.x]\n{RUN}stage = "images"\n', ":3: the stage `images` is closed"),
        (f'[sessions.x]\n{RUN}stage = "drift"\n', ":3: the stage `drift` is closed"),
        (f'[sessions.x]\n{RUN}stage = "A b"\n', ":3: 'A b' is no name for a stage"),
        (
            f'[sessions.x]\n{RUN}stage = "integration"\n',
            ":3: there is no stage `integration` without `integration.targets`.",
        ),
        (f'[sessions.x]\n{RUN}needs = ["unit"]\n', ":3: the stage `quality` is of tasker-ci"),
        (
            f'[sessions.x]\n{RUN}stage = "later"\nneeds = ["no"]\n',
            ":4: there is no stage `no`.",
        ),
        (f"[sessions.x]\n{RUN}timeout-seconds = 0\n", ":3: is at least 1."),
        (
            f"[sessions.x]\n{RUN}timeout-seconds = 3601\n",
            ":3: GitHub ends the job after 60 minutes (`workflows.minutes`).",
        ),
        (f'[sessions.x]\n{RUN}directory = "../.."\n', ":3: is a path within the workspace."),
        (f'[sessions.x]\n{RUN}directory = "/etc"\n', ":3: is a path within the workspace."),
        (f'[sessions.x]\n{RUN}report = "../*.xml"\n', ":3: is a path or a glob within"),
        (f'[sessions.x]\n{RUN}report = "."\n', ":3: is a path or a glob within"),
        (f'[sessions.x]\n{RUN}report = "a**b"\n', ":3: is no glob: `**` stands alone"),
        (f'[sessions.x]\n{RUN}environment = {{ "A=B" = "x" }}\n', "'A=B' is no name for a"),
        (f'[sessions.x]\n{RUN}environment = {{ "" = "x" }}\n', "'' is no name for a variable."),
        (
            f'[sessions.x]\n{RUN}tool = {{ install = ["a"] }}\n',
            "`tool.install` of `x` needs `tool.program`",
        ),
    ],
)
def test_each_fault_is_named_with_its_line(tmp_path: Path, settings: str, said: str) -> None:
    assert said in refusal(tmp_path, settings)


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_session_stands_in_the_file_whoever_changes_it(tmp_path: Path, *, by_flag: bool) -> None:
    workspaces.write_files(tmp_path, {".config/tasker-ci.toml": f"[sessions.x]\n{RUN}"})

    def load(name: str) -> LoadedSettings:
        if by_flag:
            return load_settings(tmp_path, {}, [(f"sessions.{name}.command", '["false"]')])
        variable = f'{{ {name} = {{ command = ["false"] }} }}'
        return load_settings(tmp_path, {"TASKER_CI_SESSIONS": variable})

    assert load("x").values["sessions", "x", "command"] == ("false",)
    said = "`new` is not in .config/tasker-ci.toml, which alone makes a session"
    with pytest.raises(SettingsError, match=f"(flag|variable) .*{said}"):
        load("new")


def test_stages_that_wait_for_one_another_are_named(tmp_path: Path) -> None:
    settings = "".join(
        f'[sessions.{name}]\n{RUN}stage = "{name}"\nneeds = ["{other}"]\n'
        for name, other in (("a", "b"), ("b", "a"))
    )
    assert "stages wait for one another: a -> b -> a." in refusal(tmp_path, settings)


def test_all_faults_of_a_file_come_in_one_message(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, f'[doc]\nwarnings = 5\n[sessions.x]\nsumary = "?"\n[sessions.fmt]\n{RUN}'
    )
    assert "`doc.warnings`" in message
    assert "`sessions.x.sumary` is not a setting" in message
    assert "`fmt` is a session of tasker-ci" in message


def test_a_session_in_a_stage_that_settings_ask_for_is_right(tmp_path: Path) -> None:
    text = f'[integration]\ntargets = ["a::b"]\n[sessions.x]\n{RUN}stage = "integration"\n'
    workspaces.write_files(tmp_path, {".config/tasker-ci.toml": text})
    rows = rows_of(load_settings(tmp_path, {}).settings)
    assert rows.sessions["x"].stage == "integration"
