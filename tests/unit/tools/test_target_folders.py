"""Where what checks is compiled: beside what builds, or in one place with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.testing import make_context
from tasker_ci.tools import target_folders
from tasker_ci.tools.target_folders import CheckDirectory, check_directory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


class Machine:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def directory(self, folder: Path, processors: int, *settings: str) -> CheckDirectory:
        self._monkeypatch.setattr(target_folders, "processors", lambda: processors)
        return check_directory(make_context(folder, overrides=settings))


def test_few_processors_are_busy_with_one_compilation(machine: Machine, tmp_path: Path) -> None:
    few, many = machine.directory(tmp_path, 2), machine.directory(tmp_path, 4)
    assert (few.path, few.shared) == (tmp_path / "target", True)
    assert (many.path, many.shared) == (tmp_path / "target" / "tasker-ci" / "check", False)
    assert few.sentence.endswith("for all that compiles: there are 2 processors.")
    assert many.sentence.startswith("Two target directories, one for what checks and one for")


def test_what_is_built_already_is_not_left_behind(machine: Machine, tmp_path: Path) -> None:
    own = tmp_path / "target" / "tasker-ci" / "check"
    own.mkdir(parents=True)
    assert machine.directory(tmp_path, 2).shared, "logs alone may lie beside it"
    (own / ".rustc_info.json").touch()
    built = machine.directory(tmp_path, 2)
    assert (built.path, built.shared) == (own, False)
    assert built.why == f"{own} is built already"


@pytest.mark.parametrize(("wanted", "shared"), [("apart", False), ("shared", True)])
def test_the_setting_decides(machine: Machine, tmp_path: Path, wanted: str, shared: bool) -> None:
    for processors in (1, 64):
        found = machine.directory(tmp_path, processors, f"check-directory={wanted}")
        assert found.shared is shared
        assert found.why == f"the setting `check-directory` is '{wanted}'"


def test_cargo_s_own_directory_is_asked_for(tmp_path: Path) -> None:
    given = {"PATH": "", "HOME": str(tmp_path), "CARGO_TARGET_DIR": "/x"}
    context = make_context(tmp_path, environment=given, overrides=("check-directory=apart",))
    assert check_directory(context).path.parts[:3] == ("/", "x", "tasker-ci")
