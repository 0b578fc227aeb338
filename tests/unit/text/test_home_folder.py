"""The user's home and cache folders, and users who have none."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tasker_ci.errors import InstallationFailed
from tasker_ci.sessions.machine.diagnosis.machine import check_home
from tasker_ci.stack.free_ports import choose_ports
from tasker_ci.testing import make_context
from tasker_ci.text.home_folder import NOWHERE, cache_folder, home_folder
from tasker_ci.tools.examination import FindingState
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.places import tools_root


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without an entry in the system's list, as `docker run --user 12345` makes one."""

    def absent(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", absent)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_home_is_what_the_variable_says_else_what_the_system_says() -> None:
    listed = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert home_folder({"HOME": "/home/me"}) == Path("/home/me")
    assert home_folder({}) == listed
    assert home_folder({"HOME": ""}) == listed
    assert home_folder({"HOME": "relative"}) == listed


@pytest.mark.usefixtures("unlisted")
@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "x", "XDG_CACHE_HOME": "y"}])
def test_a_user_without_a_home_has_a_place_where_nothing_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_folder(environment) == NOWHERE
    assert cache_folder(environment) == NOWHERE
    assert not NOWHERE.exists()
    with pytest.raises(OSError, match="Not a directory"):
        tools_root(environment).mkdir(parents=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unlisted")
def test_a_cache_folder_of_their_own_is_enough(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path
    assert cache_folder({"HOME": str(tmp_path)}) == tmp_path / ".cache"


@pytest.mark.usefixtures("unlisted")
def test_what_needs_a_home_names_the_cause(tmp_path: Path) -> None:
    context = make_context(
        tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
        settings='tools.third-party = ["sqlx-cli"]\n',
    )
    with pytest.raises(InstallationFailed) as caught:
        ensure_tool(context, "sqlx-cli")
    assert "this user has no home folder" in caught.value.message
    assert "HOME or XDG_CACHE_HOME" in caught.value.next_step

    (finding,) = check_home({})
    assert (finding.check, finding.state) == ("home folder", FindingState.BROKEN)
    assert list(check_home({"HOME": "/home/me"})) == []


@pytest.mark.usefixtures("unlisted")
def test_what_can_do_without_does(tmp_path: Path) -> None:
    assert len(choose_ports(2, table=tools_root({}).with_name("ports") / "chosen.json")) == 2
