"""nextest's configuration: written anew, adopted from a foreign file, and kept from then on."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasker_ci.errors import AccessError, SettingsError, TomlError
from tasker_ci.sessions import ROWS, load_settings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.toml import found
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.nextest import (
    MARK,
    NextestEdit,
    adopt_into_settings,
    edited,
    nextest_file,
)

FILE = ".config/nextest.toml"

NEW = f"""\
{MARK}
# Other keys, profiles and comments may be added by hand, and stay.
# `junit.path` is relative to target/nextest/<profile>.

[profile.default]
retries = 0
leak-timeout = {{ period = "500ms", result = "fail" }}
fail-fast = false

[profile.ci]
fail-fast = false
slow-timeout = {{ period = "60s", terminate-after = 2 }}
test-threads = "num-cpus"
status-level = "pass"
final-status-level = "slow"

[profile.ci.junit]
path = "junit.xml"

[profile.local]
fail-fast = true
status-level = "retry"
"""


class Project:
    """A project on disk, synced as `sync` does it: the settings first, then the file."""

    def __init__(self, root: Path, workspace: str = ".") -> None:
        self.root = root
        self.workspace = root / workspace
        for folder in (self.root, self.workspace):
            (folder / ".config").mkdir(parents=True, exist_ok=True)

    def write(self, text: str | bytes, file: str = FILE) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (self.root / file).write_bytes(content)

    def read(self, file: str = FILE) -> str:
        path = self.root / file
        return path.read_bytes().decode() if path.exists() else ""

    def edit_or_none(self) -> NextestEdit | None:
        return nextest_file(
            Inputs(
                loaded=load_settings(self.root, {}),
                project_root=self.root,
                workspace=self.workspace,
                rows=ROWS,
                version="1",
            )
        )

    def edit(self) -> NextestEdit:
        edit = self.edit_or_none()
        assert edit is not None
        return edit

    def sync(self) -> NextestEdit:
        edit = self.edit()
        if edit.adopted:
            self.write(adopt_into_settings(self.read(SETTINGS_FILE), edit.adopted), SETTINGS_FILE)
        self.write(edit.text, str(edit.path))
        return edit


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def foreign(text: str) -> NextestEdit:
    """The first edit of a file, with the default settings."""
    return edited(text, load_settings(Path("/nonexistent"), {}), path=PurePosixPath(FILE))


def is_stale(edit: NextestEdit) -> bool:
    """Whether there is anything to write."""
    return edit.before != edit.text or bool(edit.adopted)


def adopted(edit: NextestEdit) -> dict[str, Any]:
    return {".".join(key).removeprefix("nextest.profile."): value
            for key, value in edit.adopted.items()}  # fmt: skip


class TestWithoutAFile:
    def test_it_is_written_with_all_profiles_and_says_whose_it_is(self, project: Project) -> None:
        edit = project.sync()
        assert (edit.before, edit.adopted, edit.added) == (None, {}, ())
        assert edit.path == PurePosixPath(FILE)
        assert edit.text == NEW

    def test_a_second_time_there_is_nothing_to_do(self, project: Project) -> None:
        assert is_stale(project.sync())
        assert not is_stale(project.edit())

    def test_settings_of_the_project_are_in_it(self, project: Project) -> None:
        project.write(
            "[nextest.profile.ci]\nretries = { backoff = 'fixed', count = 2, delay = '1s' }\n"
            "leave = ['test-threads', 'junit.path']\n"
            "[nextest.profile.nightly]\nslow-timeout = '10m'\ntest-threads = -1\n",
            SETTINGS_FILE,
        )
        profiles = tomllib.loads(project.sync().text)["profile"]
        assert profiles["ci"] == {
            "retries": {"backoff": "fixed", "count": 2, "delay": "1s"},
            "fail-fast": False,
            "slow-timeout": {"period": "60s", "terminate-after": 2},
            "status-level": "pass",
            "final-status-level": "slow",
        }
        assert profiles["nightly"] == {"slow-timeout": "10m", "test-threads": -1}

    @pytest.mark.parametrize("name", ["a.b", 'q"]\n[store]\ndir = "x"', "", "$(id)", "${{ x }}"])
    def test_a_hostile_name_of_a_profile_stays_a_name(self, project: Project, name: str) -> None:
        project.write(
            adopt_into_settings("", {("nextest", "profile", name, "retries"): 1}), SETTINGS_FILE
        )
        document = tomllib.loads(project.sync().text)
        assert document.keys() == {"profile"}
        assert document["profile"][name] == {"retries": 1}
        assert not is_stale(project.edit())


COMMENTED = """\
# Licence: ours.
experimental = ["setup-scripts"]
nextest-version = { required = "0.9.100" }

[store] # elsewhere
dir = 'out/nextest'

# Retried because of the network.
[profile.default]
retries   =  { backoff = "exponential", count = 2, delay = "1s", max-delay = "5s" } # twice
slow-timeout = "5m"
# fail-fast = true

[[profile.default.overrides]]
filter = 'test(/^db::/)'   # one at a time
test-group = "db"

[test-groups]
db = { max-threads = 1 }

[profile.ci]
fail-fast = { max-fail = 3 }
    [profile.ci.junit]
    path = "target/nextest/ci/junit.xml"
    store-success-output = true

[profile.nightly]
inherits = "ci"
retries = 5
"""


class TestAForeignFile:
    def test_what_it_says_becomes_settings_and_what_it_lacks_is_told(self) -> None:
        edit = foreign(COMMENTED)
        assert adopted(edit) == {
            "default.retries": {
                "backoff": "exponential",
                "count": 2,
                "delay": "1s",
                "max-delay": "5s",
            },
            "default.slow-timeout": "5m",
            "ci.fail-fast": {"max-fail": 3},
            "ci.leave": ("slow-timeout",),  # inherited: five minutes
        }
        assert edit.added == (
            "profile.default.leak-timeout",
            "profile.default.fail-fast",
            "profile.ci.test-threads",
            "profile.ci.status-level",
            "profile.ci.final-status-level",
            "profile.local.fail-fast",
            "profile.local.status-level",
        )

    def test_it_keeps_every_line_and_gets_some(self) -> None:
        expected = COMMENTED.replace(
            'slow-timeout = "5m"\n',
            'slow-timeout = "5m"\nleak-timeout = { period = "500ms", result = "fail" }\n'
            "fail-fast = false\n",
        ).replace(
            "fail-fast = { max-fail = 3 }\n",
            "fail-fast = { max-fail = 3 }\n"
            'test-threads = "num-cpus"\nstatus-level = "pass"\nfinal-status-level = "slow"\n',
        )
        expected = expected.replace('"target/nextest/ci/junit.xml"', '"junit.xml"')
        local = '\n[profile.local]\nfail-fast = true\nstatus-level = "retry"\n'
        assert foreign(COMMENTED).text == f"{MARK}\n\n{expected}{local}"

    def test_the_settings_file_keeps_every_line_too(self, project: Project) -> None:
        settings_text = '# ours\npreset = "tasker" # why\n\n[unit] # x\nservices = []'
        project.write(settings_text, SETTINGS_FILE)
        project.write(COMMENTED)
        project.sync()
        assert project.read(SETTINGS_FILE) == (
            settings_text
            + """

[nextest.profile.default]
retries = { backoff = "exponential", count = 2, delay = "1s", max-delay = "5s" }
slow-timeout = "5m"

[nextest.profile.ci]
fail-fast = { max-fail = 3 }
leave = ["slow-timeout"]"""
        )

    @pytest.mark.parametrize(
        ("store", "path", "written", "report"),
        [
            ("target/nextest", "target/nextest/ci/junit.xml", "junit.xml", "ci/junit.xml"),
            ("target/nextest", "target/nextest/junit.xml", "junit.xml", "ci/junit.xml"),
            ("target/nextest", "./target/nextest/ci/a/b.xml", "a/b.xml", "ci/a/b.xml"),
            ("target/nextest", "target/junit.xml", "junit.xml", "ci/junit.xml"),
            ("out/next", "out/next/ci/j.xml", "j.xml", "ci/j.xml"),
            ("out/next", "target/nextest/ci/j.xml", "j.xml", "ci/j.xml"),
        ],
    )
    def test_a_path_that_nextest_would_join_twice_is_corrected(
        self, store: str, path: str, written: str, report: str
    ) -> None:
        text = f'store = {{ dir = "{store}" }}\n[profile.ci.junit]\npath = "{path}"\n'
        edit = foreign(text)
        assert tomllib.loads(edit.text)["profile"]["ci"]["junit"]["path"] == written
        (remark,) = edit.remarks
        assert f"which makes {store}/ci/{path}. " in remark
        assert remark.endswith(f"the report is {store}/{report}.")

    def test_a_path_of_the_settings_that_is_joined_twice_is_reported(
        self, project: Project
    ) -> None:
        path = "target/nextest/ci/junit.xml"
        project.write(f"[nextest.profile.ci]\njunit.path = '{path}'\n", SETTINGS_FILE)
        edit = project.sync()
        assert tomllib.loads(edit.text)["profile"]["ci"]["junit"]["path"] == path
        (remark,) = edit.remarks
        assert f"so the report is target/nextest/ci/{path}. 'junit.xml' makes it" in remark

    @pytest.mark.parametrize("path", ["reports/j.xml", "/var/target/j.xml", "../j.xml", "target"])
    def test_another_path_is_adopted_as_it_is(self, path: str) -> None:
        edit = foreign(f'[profile.ci.junit]\npath = "{path}"\n')
        assert tomllib.loads(edit.text)["profile"]["ci"]["junit"]["path"] == path
        assert adopted(edit)["ci.junit.path"] == path
        assert edit.remarks == ()

    def test_the_second_sync_changes_nothing(self, project: Project) -> None:
        project.write(COMMENTED)
        first = project.sync()
        again = project.edit()
        assert (again.text, again.adopted, again.added) == (first.text, {}, ())
        assert not is_stale(again)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("", {}, id="empty"),
            pytest.param("[profile.default]\nretries = 0\n", {}, id="what is the default anyway"),
            pytest.param(
                "[profile.default]\ntest-threads = 1\n",
                {"default.test-threads": 1, "ci.leave": ("test-threads",)},
                id="how tests run is inherited by a profile that it lacks",
            ),
            pytest.param(
                "[profile.default]\nfail-fast = true\nstatus-level = 'fail'\n",
                {"default.fail-fast": True, "default.status-level": "fail"},
                id="what is shown is not",
            ),
            pytest.param(
                "[profile.default]\nfail-fast = true\n[profile.ci]\n",
                {"default.fail-fast": True, "ci.leave": ("fail-fast",)},
                id="but by a profile that it has",
            ),
            pytest.param(
                "[profile.ci]\ninherits = 'base'\n[profile.base]\nslow-timeout = '1h'\n"
                "[profile.base.junit]\npath = 'b.xml'\n",
                {"ci.leave": ("slow-timeout", "junit.path")},
                id="inherited from a profile that is not managed",
            ),
            pytest.param(
                "[profile.ci]\ninherits = 'base'\n[profile.base]\ninherits = 'ci'\n",
                {},
                id="a circle, which nextest refuses itself",
            ),
            pytest.param("profile.ci.retries = 3\n", {"ci.retries": 3}, id="dots"),
            pytest.param("profile = { ci = { retries = 3 } }\n", {"ci.retries": 3}, id="braces"),
            pytest.param("[profile.nightly]\nretries = 3\n", {}, id="a profile that is not ours"),
            pytest.param(
                "[profile.ci.slow-timeout]\nperiod = '1m'\n",
                {"ci.slow-timeout": {"period": "1m"}},
                id="a value with a header",
            ),
            pytest.param(
                "[profile.ci]\nretries = 'often'\nstatus-level = 'loud'\n",
                {"ci.leave": ("retries", "status-level")},
                id="a value that we do not know is left to nextest",
            ),
        ],
    )
    def test_what_is_adopted(self, project: Project, text: str, expected: dict[str, Any]) -> None:
        project.write(text)
        assert adopted(project.sync()) == expected
        assert not is_stale(project.edit())

    def test_what_the_projects_settings_say_wins(self, project: Project) -> None:
        project.write("[nextest.profile.ci]\nretries = 1\nleave = ['fail-fast']\n", SETTINGS_FILE)
        project.write("[profile.ci]\nretries = 3\nfail-fast = true\nslow-timeout = '1s'\n")
        edit = project.sync()
        assert adopted(edit) == {"ci.slow-timeout": "1s"}
        assert tomllib.loads(edit.text)["profile"]["ci"]["retries"] == 1
        assert tomllib.loads(edit.text)["profile"]["ci"]["fail-fast"] is True

    def test_the_projects_own_list_of_keys_to_leave_grows(self, project: Project) -> None:
        project.write("[nextest.profile.ci]\nleave = [\n  'retries', # why\n]\n", SETTINGS_FILE)
        project.write("[profile.default]\ntest-threads = 1\n")
        project.sync()
        assert load_settings(project.root, {}).settings.nextest.profile["ci"].leave == (
            "retries",
            "test-threads",
        )
        assert not is_stale(project.edit())

    def test_a_sync_that_ended_between_its_two_writes_is_taken_up(self, project: Project) -> None:
        project.write(COMMENTED)
        edit = project.edit()
        project.write(adopt_into_settings("", edit.adopted), SETTINGS_FILE)
        again = project.sync()
        assert (again.text, again.adopted) == (edit.text, {})


class TestLayoutOfAForeignFile:
    def test_windows_newlines_and_the_byte_order_mark_stay(self) -> None:
        text = "\ufeff" + COMMENTED.replace("\n", "\r\n")
        expected = "\ufeff" + foreign(COMMENTED).text.replace("\n", "\r\n")
        assert foreign(text).text == expected

    def test_a_missing_newline_at_the_end_stays_missing(self) -> None:
        assert foreign(COMMENTED.removesuffix("\n")).text == foreign(COMMENTED).text[:-1]

    def test_what_an_editor_reads_on_top_stays_on_top(self) -> None:
        lines = foreign("#:schema x.json\n# Licence\n").text.splitlines()
        assert lines[:4] == ["#:schema x.json", MARK, "", "# Licence"]

    @pytest.mark.parametrize(
        "text",
        [f"[store]\ndir = '''\n{MARK}\n'''\n", f"x = 1 {MARK}\n", f"[store]\n{MARK}\n"],
    )
    def test_only_a_comment_on_top_is_our_mark(self, text: str) -> None:
        assert foreign(text).text.startswith(f"{MARK}\n\n{text.splitlines()[0]}")

    def test_our_mark_may_have_company_and_another_newline(self, project: Project) -> None:
        project.sync()
        project.write("# Licence\r\n\r\n" + project.read().replace("\n", "\r\n"))
        assert not is_stale(project.edit())


class TestAFileThatWasSynced:
    def test_an_edited_key_is_stale_and_no_setting(self, project: Project) -> None:
        project.write(COMMENTED)
        synced = project.sync().text
        project.write(synced.replace('slow-timeout = "5m"', 'slow-timeout = "9m" # longer'))
        edit = project.edit()
        assert (is_stale(edit), edit.adopted, edit.added) == (True, {}, ())
        assert edit.text == synced.replace('slow-timeout = "5m"', 'slow-timeout = "5m" # longer')

    def test_a_key_that_was_taken_out_comes_back(self, project: Project) -> None:
        synced = project.sync().text
        project.write(synced.replace("retries = 0\n", ""))
        assert tomllib.loads(project.edit().text) == tomllib.loads(synced)

    def test_a_changed_setting_is_written_and_nothing_else(self, project: Project) -> None:
        synced = project.sync().text
        project.write("[nextest.profile.ci]\nslow-timeout = '3m'\n", SETTINGS_FILE)
        assert project.edit().text == synced.replace(
            '{ period = "60s", terminate-after = 2 }', '"3m"'
        )

    def test_nothing_gets_above_the_mark(self, project: Project) -> None:
        project.write(f"{MARK}\n[profile.ci.junit]\npath = 'junit.xml'\n")
        assert project.sync().text.startswith(f"{MARK}\n\n[profile.ci]\n")
        assert not is_stale(project.edit())

    def test_what_is_added_by_hand_stays(self, project: Project) -> None:
        synced = project.sync().text
        project.write(
            synced.replace(
                "[profile.local]", "# mine\n[test-groups]\na.max-threads = 1\n\n[profile.local]"
            )
            + "retries = 7\n\n[profile.mine]\nretries = 7\n"
        )
        assert not is_stale(project.edit())

    def test_without_the_mark_it_is_adopted_anew(self, project: Project) -> None:
        synced = project.sync().text
        project.write(synced.replace(f"{MARK}\n", "").replace('"60s"', '"90s"'))
        edit = project.sync()
        assert adopted(edit) == {"ci.slow-timeout": {"period": "90s", "terminate-after": 2}}
        assert not is_stale(project.edit())


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[profile.ci]\nretries = \n", f"{FILE}:2: this is no TOML: "),
            ("\nprofile = 3\n", f"{FILE}:2: `profile` must be a table."),
            ("[profile]\nci = 'x'\n", f"{FILE}:2: `profile.ci` must be a table."),
            ("[[profile]]\n", f"{FILE}:1: `profile` must be a table."),
            ("[profile.ci]\njunit = 'x'\n", f"{FILE}:2: `profile.ci.junit` must be a table."),
            ("[[l]]\n[t]\n[[l]]\n", f"{FILE}:2: `profile.default.retries` cannot be set without"),
            (b"# \xe4\n\n[profile.ci] # \xff\n", f"{FILE}:1: this is no UTF-8"),
        ],
    )
    def test_a_file_that_cannot_be_edited_is_told_with_its_line(
        self, project: Project, text: str | bytes, message: str
    ) -> None:
        project.write(text)
        with pytest.raises(TomlError) as caught:
            project.edit()
        assert caught.value.message.startswith(message)
        assert (caught.value.exit_code, bool(caught.value.next_step)) == (2, True)

    def test_a_folder_in_its_place(self, project: Project) -> None:
        (project.root / FILE).mkdir()
        with pytest.raises(AccessError, match="Is a directory"):
            project.edit()

    def test_a_key_to_leave_that_is_none(self, project: Project) -> None:
        project.write("[nextest.profile.ci]\nleave = ['junit']\n", SETTINGS_FILE)
        with pytest.raises(SettingsError, match=r"`nextest\.profile\.ci\.leave` names 'junit'"):
            project.edit()


class TestWhichFile:
    """The same as a run reads (tests of `read_configuration`)."""

    @pytest.mark.parametrize(
        ("there", "expected"),
        [
            ((), FILE),
            ((FILE,), FILE),
            ((f"rust/{FILE}",), f"rust/{FILE}"),
            ((FILE, f"rust/{FILE}"), FILE),
        ],
    )
    def test_with_a_workspace_elsewhere(
        self, tmp_path: Path, there: tuple[str, ...], expected: str
    ) -> None:
        project = Project(tmp_path, "rust")
        for file in there:
            project.write("# mine\n", file)
        edit = project.sync()
        assert str(edit.path) == expected
        assert not is_stale(project.edit())

    def test_a_workspace_outside_the_project(self, tmp_path: Path) -> None:
        project = Project(tmp_path / "project", "../rust")
        project.write("# mine\n", f"../rust/{FILE}")
        assert str(project.edit().path) == f"../rust/{FILE}"

    def test_none_where_it_is_not_managed(self, project: Project) -> None:
        project.write("[nextest]\nmanage = false\n", SETTINGS_FILE)
        assert project.edit_or_none() is None


VALUES = {
    "retries": st.sampled_from(["0", "2", '{ backoff = "fixed", count = 1 }', '"odd"']),
    "leak-timeout": st.sampled_from(['"1s"', '{ period = "500ms", result = "fail" }']),
    "fail-fast": st.sampled_from(["true", "false", "{ max-fail = 2 }"]),
    "slow-timeout": st.sampled_from(['"60s"', '{ period = "60s", terminate-after = 2 }']),
    "test-threads": st.sampled_from(["1", '"num-cpus"']),
    "status-level": st.sampled_from(['"pass"', '"retry"']),
    "final-status-level": st.sampled_from(['"slow"', '"all"']),
    "junit.path": st.sampled_from(['"junit.xml"', "'x.xml'"]),
    "junit.report-name": st.just('"mine"'),
    "default-filter": st.just("'all()'"),
}
PARENTS = {"ci": ["", "local", "mine"], "local": ["", "mine"], "mine": [""], "default": [""]}


@st.composite
def files(draw: st.DrawFn) -> str:
    """Valid configurations with profiles of ours and others, in any order, with comments."""
    text = draw(st.sampled_from(["", "# top\n\n", "experimental = []\n", "#:schema x\n"]))
    for profile in draw(st.permutations(list(PARENTS))):
        if draw(st.booleans()):
            continue
        text += draw(st.sampled_from(["", "# of it\n", "\n"])) + f"[profile.{profile}]\n"
        parent = draw(st.sampled_from(PARENTS[profile]))
        if parent and f"[profile.{parent}]" in text:
            text += f'inherits = "{parent}"\n'
        for key in draw(st.lists(st.sampled_from(list(VALUES)), unique=True)):
            text += f"{key} = {draw(VALUES[key])}{draw(st.sampled_from(['', ' # c']))}\n"
        if draw(st.booleans()):
            text += f"\n[[profile.{profile}.overrides]]\nfilter = 'all()'\nretries = 9\n"
    text += draw(st.sampled_from(["", "\n[test-groups]\na = { max-threads = 1 }\n# end"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def in_force(model: dict[str, Any], profile: str, key: str) -> Any:
    """What the file says for a profile, itself or by inheritance (nextest's rule)."""
    value = found(model, ("profile", profile, *key.split(".")))
    if value is not None or profile == "default":
        return value
    return in_force(model, found(model, ("profile", profile, "inherits")) or "default", key)


@given(text=files())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_adopting_any_file_changes_nothing_that_it_says(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    project = Project(tmp_path_factory.mktemp("project"))
    project.write(text)
    before, after = tomllib.loads(text), tomllib.loads(project.sync().text)
    for profile in before.get("profile", {}):
        for key in VALUES:
            if in_force(before, profile, key) is not None:
                assert in_force(after, profile, key) == in_force(before, profile, key)
    lines = iter(project.read().splitlines(keepends=True))
    missing = [line for line in text.splitlines(keepends=True) if line not in lines]
    assert missing in ([], [text.splitlines(keepends=True)[-1]] if text else [])
    assert not is_stale(project.edit())


@given(text=files(), drifted=files())
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_to_a_synced_file_the_settings_are_in_force_after_a_sync(
    tmp_path_factory: pytest.TempPathFactory, text: str, drifted: str
) -> None:
    project = Project(tmp_path_factory.mktemp("project"))
    project.write(text)
    project.sync()
    project.write(f"{MARK}\n{drifted}")
    assert project.sync().adopted == {}
    loaded = load_settings(project.root, {})
    after = tomllib.loads(project.read())
    for key, value in loaded.values.items():
        if key[:2] == ("nextest", "profile") and key[-1] != "leave":
            left = loaded.settings.nextest.profile[key[2]].leave
            assert ".".join(key[3:]) in left or found(after, key[1:]) == value
    assert not is_stale(project.edit())
