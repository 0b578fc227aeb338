"""What `unit` and `doctest` would start: command lines, filters, shards, reports."""

from __future__ import annotations

import io
import multiprocessing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.process.command import Command
from tasker_ci.reports.libtest_harness import UNNAMED
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.rust.workspace import Package, Workspace
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.tests.doctest import doctest, only
from tasker_ci.sessions.tests.doctest_scope import DoctestScope
from tasker_ci.sessions.tests.nextest_choice import Choice, NextestScope
from tasker_ci.sessions.tests.outcome import _verdict
from tasker_ci.sessions.tests.unit import unit
from tasker_ci.testing import RecordedContext, make_context
from tasker_ci.tools.report_files import (
    mark_partial,
    one_at_a_time,
    partial_mark,
    report_file,
    repository_path,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.context import Outcome


@dataclass
class Dry:
    """A dry run, which starts nothing and needs no workspace."""

    folder: Path
    settings: tuple[tuple[str, str], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    passthrough: tuple[str, ...] = ()
    directory: str = ""
    color: bool = True

    @cached_property
    def context(self) -> RecordedContext:
        environment = {
            "PATH": "/bin",
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **self.environment,
        }
        return make_context(
            self.folder,
            'workspace = "work space"\n',
            environment=environment,
            overrides=tuple(map("=".join, self.settings)),
            directory=self.folder / self.directory,
            color=self.color,
            dry_run=True,
            passthrough=self.passthrough,
        )

    def argv(self, session: Callable[..., Outcome] = unit, **flags: object) -> list[list[str]]:
        outcome = session(self.context, **flags)
        return [_short(each["argv"]) for each in outcome.data["commands"]]


def _short(argv: list[str]) -> list[str]:
    """Without what every command has: `--color always` on this screen, and our own file."""
    words = " ".join(argv).count("--color always")
    assert words <= 1
    if words:
        place = argv.index("--color")
        argv = [*argv[:place], *argv[place + 2 :]]
    if "--tool-config-file" not in argv:
        return argv
    place = argv.index("--tool-config-file")
    assert argv[place + 1].startswith("tasker-ci:/")
    return [*argv[:place], *argv[place + 2 :]]


NEXTEST = ["cargo", "nextest", "run", "--profile"]
REST = ["--workspace", "--all-features"]
LINE_TABLES = ["--config", 'profile.dev.debug="line-tables-only"']
"""What CI adds."""


def test_the_whole_workspace_with_all_features_is_the_default(tmp_path: Path) -> None:
    assert Dry(tmp_path).argv() == [[*NEXTEST, "default", *REST]]


@pytest.mark.parametrize(
    ("environment", "flags", "profile"),
    [
        ({}, {}, "default"),
        ({"CI": "true"}, {}, "ci"),
        ({"CI": "1"}, {}, "ci"),
        ({"CI": "false"}, {}, "default"),
        ({"CI": ""}, {}, "default"),
        ({"CI": "true"}, {"profile": "mine"}, "mine"),
    ],
)
def test_the_profile_is_ci_under_ci_unless_it_is_named(
    tmp_path: Path, environment: dict[str, str], flags: dict[str, str], profile: str
) -> None:
    argv = Dry(tmp_path, environment=environment).argv(**flags)[0]
    assert argv[argv.index("--profile") + 1] == profile


@pytest.mark.parametrize("profile", ["default", "ci", "local"])
def test_there_is_a_session_for_each_usual_profile(tmp_path: Path, profile: str) -> None:
    dry = Dry(tmp_path, environment={"CI": "true"})
    session = SESSIONS[f"unit-{profile}"].load()
    argv = dry.argv(session, no_fail_fast=True)[0]
    wanted = [profile, *REST, "--no-fail-fast"]
    assert argv == [*NEXTEST[:-1], *LINE_TABLES, NEXTEST[-1], *wanted]


@pytest.mark.parametrize(
    ("passthrough", "expected"),
    [
        ((), ["--color", "always"]),
        (("--color", "never"), ["--color", "never"]),
        (("--color=auto",), ["--color=auto"]),
        (("--", "--color"), ["--color", "always", "--", "--color"]),
    ],
)
def test_colour_is_said_once_because_nextest_takes_it_once(
    tmp_path: Path, passthrough: tuple[str, ...], expected: list[str]
) -> None:
    outcome = unit(Dry(tmp_path, passthrough=passthrough).context)
    assert outcome.data["commands"][0]["argv"][-len(expected) :] == expected


def test_every_flag_has_its_place(tmp_path: Path) -> None:
    dry = Dry(tmp_path, passthrough=("-j", "4", "a name"), color=False)
    assert dry.argv(
        package=("a", "b"),
        toolchain="beta",
        partition="slice:1/4",
        filter="test(x)",
        no_fail_fast=True,
    ) == [
        [
            "cargo", "+beta", "nextest", "run", "--profile", "default", "--package", "a",
            "--package", "b", "--all-features", "--no-fail-fast", "-E", "test(x)",
            "--color", "never", "--partition", "slice:1/4", "-j", "4", "a name",
        ]
    ]  # fmt: skip


GIVEN = (("unit.cargo-test", "odd::it,one"), ("integration.targets", "core::e2e"))
OTHERS = "binary_id(=odd::it) + package(=one) + binary_id(=core::e2e)"
ODD = ["cargo", "test", "--package", "odd", "--test", "it", "--all-features", "--no-fail-fast"]
ONE = ["cargo", "test", "--package", "one", "--tests", "--all-features", "--no-fail-fast"]


def test_what_others_own_is_left_out_and_cargo_test_follows(tmp_path: Path) -> None:
    first, *plain = Dry(tmp_path, GIVEN).argv()
    assert first == [*NEXTEST, "default", *REST, "--no-tests", "pass", "-E", f"not ({OTHERS})"]
    assert plain == [ODD, ONE]


def test_a_filter_is_joined_with_what_others_own(tmp_path: Path) -> None:
    dry = Dry(tmp_path, GIVEN)
    commands = dry.argv(filter="test(a) | test(b)")
    assert commands == [[*NEXTEST, "default", *REST, "-E", f"(test(a) | test(b)) - ({OTHERS})"]]
    assert "cargo test does not run odd::it, one." in dry.context.printed


@pytest.mark.parametrize("own", [("-E", "test(a)"), ("--filterset=test(a)",)])
def test_a_filterset_after_the_separator_stands_alone(tmp_path: Path, own: tuple[str, ...]) -> None:
    assert Dry(tmp_path, GIVEN, passthrough=own).argv() == [[*NEXTEST, "default", *REST, *own]]


def test_a_package_limits_cargo_test_too(tmp_path: Path) -> None:
    first, *plain = Dry(tmp_path, GIVEN).argv(package=("one",))
    assert first[5:7] == ["--package", "one"]
    assert plain == [ONE]
    assert len(Dry(tmp_path, GIVEN).argv(package=("core",))) == 1


@pytest.mark.parametrize(
    ("partition", "commands"),
    [("slice:1/4", 3), ("hash:1/2", 3), ("slice:2/4", 1), ("slice:11/20", 1)],
)
def test_cargo_test_belongs_to_the_first_shard(
    tmp_path: Path, partition: str, commands: int
) -> None:
    assert len(Dry(tmp_path, GIVEN).argv(partition=partition)) == commands


@pytest.mark.parametrize(
    ("passthrough", "environment"),
    [(("--no-tests=fail",), {}), (("--no-tests", "warn"), {}), ((), {"NEXTEST_NO_TESTS": "fail"})],
)
def test_what_the_user_says_about_zero_tests_holds(
    tmp_path: Path, passthrough: tuple[str, ...], environment: dict[str, str]
) -> None:
    first = Dry(tmp_path, GIVEN, environment, passthrough).argv()[0]
    assert "pass" not in first


@pytest.mark.parametrize(
    ("partition", "first"),
    [("", True), ("slice:1/1", True), ("hash:1/9", True), ("slice:2/2", False), ("odd", False)],
)
def test_the_first_shard_is_known(partition: str, first: bool) -> None:
    assert Choice(profile="ci", partition=partition).first_shard is first


def test_the_projects_configuration_is_handed_over_to_a_workspace_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "nextest.toml"
    file.parent.mkdir()
    file.touch()
    assert Dry(tmp_path).argv() == [[*NEXTEST, "default", *REST, "--config-file", str(file)]]


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ("all", ["--all-features"]),
        ("default", []),
        ("none", ["--no-default-features"]),
        ("a,b", ["--features", "a,b"]),
        ("[]", []),
    ],
)
def test_features_are_a_setting_for_all_test_commands(
    tmp_path: Path, features: str, words: list[str]
) -> None:
    dry = Dry(tmp_path, (("features", features), ("unit.cargo-test", "one")))
    nextest, plain = dry.argv()
    assert nextest[6 : 6 + len(words)] == words
    assert plain == ["cargo", "test", "--package", "one", "--tests", *words, "--no-fail-fast"]
    (documented,) = dry.argv(doctest)
    wanted = ["cargo", "test", "--doc", "--workspace", *words, "--no-fail-fast"]
    assert documented[: len(wanted)] == wanted


def test_secrets_are_hidden_in_a_dry_run_and_none_is_made(tmp_path: Path) -> None:
    dry = Dry(tmp_path, (("preset", "tasker"),), {"API_KEY": "the-real-key"})
    unit(dry.context)
    assert "the-real-key" not in dry.context.printed
    assert "API_KEY='***'" in dry.context.printed
    assert "BEGIN" not in dry.context.printed


@pytest.mark.parametrize(
    ("name", "others", "words"),
    [
        ("src/lib.rs - two (line 13)", [], ("src/lib.rs",)),
        ("src/lib.rs - two (line 13)", ["src/lib.rs - one (line 3)"], ("two",)),
        (
            "src/lib.rs - two (line 13)",
            [
                "src/lib.rs - two (line 113)",
                "src/lib.rs - one (line 13)",
                "src/a.rs - two (line 9)",
            ],
            ("src/lib.rs", "--skip", "113)", "--skip", "one"),
        ),
    ],
)
def test_one_doctest_is_chosen_by_words_without_blanks(
    name: str, others: list[str], words: tuple[str, ...]
) -> None:
    cases = [Case(suite="doctests", name=each, status="passed") for each in (name, *others)]
    chosen = only(name, cases)
    assert chosen == words
    left = [
        case.name
        for case in cases
        if chosen[0] in case.name and not any(skip in case.name for skip in chosen[2::2])
    ]
    assert left == [name]


def test_a_doctest_without_a_name_leaves_none_out() -> None:
    cases = [Case(suite="doctests", name=each, status="failed") for each in (UNNAMED, "a - (1)")]
    assert only(UNNAMED, cases) == ()


def test_a_run_that_failed_without_a_failed_test_does_not_say_zero_failed() -> None:
    passed = Case(suite="core", name="a", status="passed")
    assert "no single test did" in _verdict(TestRun(cases=(passed,)), ())
    failed = replace(passed, status="failed")
    assert _verdict(TestRun(cases=(passed, failed)), ()) == "1 of 2 tests failed."


WORKSPACE = Workspace(root=Path("/w"), target_directory=Path("/t"), packages=())


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("unit", "default", "", ""), "unit.default.xml"),
        (("unit", "ci", "1.95.0", "slice:1/4"), "unit.ci.1.95.0.slice-1-4.xml"),
        (("doctest", ""), "doctest.xml"),
        (("unit", "../../etc", "", ""), "unit...-..-etc.xml"),
    ],
)
def test_one_report_for_each_session_profile_toolchain_and_shard(
    parts: tuple[str, ...], name: str
) -> None:
    file = report_file(WORKSPACE, *parts)
    assert file == Path("/t/tasker-ci/reports") / name
    assert file.parent == Path("/t/tasker-ci/reports")


def test_two_kinds_of_run_never_share_a_report() -> None:
    runs = [
        ("ci", "beta", ""),
        ("ci-beta", "", ""),
        ("ci", "", "hash:1/2"),
        ("ci", "", "hash:1/12"),
    ]
    assert len({report_file(WORKSPACE, "unit", *run) for run in runs}) == len(runs)


def test_a_line_to_type_leads_to_the_workspace_if_the_user_is_not_there(tmp_path: Path) -> None:
    command = Command(argv=("cargo", "test", "a b"), cwd=tmp_path, environment={})
    outside = typed(Dry(tmp_path).context, command)
    assert outside == f"cd '{tmp_path}/work space' && cargo test 'a b'"
    inside = Dry(tmp_path, directory="work space/crates").context
    assert typed(inside, command) == "cargo test 'a b'"


def panicked(file: str, suite: str = "core") -> Case:
    return Case(suite=suite, name="a", status="failed", output=f"panicked at {file}:3:5:")


def test_a_panic_is_placed_in_the_repository(tmp_path: Path) -> None:
    context = Dry(tmp_path).context
    root = tmp_path / "work space"
    for file in ("src/a.rs", "crates/core/tests/it.rs"):
        (root / file).parent.mkdir(parents=True)
        (root / file).touch()
    package = Package(
        name="core",
        version="0",
        manifest=root / "crates/core/Cargo.toml",
        targets=(),
    )
    workspace = Workspace(root=root, target_directory=root / "target", packages=(package,))

    def place(case: Case) -> str | None:
        return repository_path(context, workspace, case)

    assert place(panicked("src/a.rs")) == "work space/src/a.rs", "relative to the workspace"
    assert place(panicked("tests/it.rs", "core::it")) == "work space/crates/core/tests/it.rs"
    assert place(panicked("/rustc/abc/library/core/src/option.rs")) is None
    assert place(panicked("../../etc/passwd")) is None
    assert place(Case(suite="core", name="a", status="failed")) is None
    context.environment["GITHUB_WORKSPACE"] = str(root)  # type: ignore[index]
    assert place(panicked("src/a.rs")) == "src/a.rs", "relative to the checkout"


def _hold(file: str, folder: str, ready: object, done: object) -> None:
    with one_at_a_time(Dry(Path(folder)).context, Path(file), within=Path(folder)):
        ready.set()  # type: ignore[attr-defined]
        done.wait()  # type: ignore[attr-defined]


def test_a_second_run_says_that_it_waits_and_then_goes_on(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    ready, done = processes.Event(), processes.Event()
    file = tmp_path / "nextest" / "junit.xml"
    other = processes.Process(target=_hold, args=(str(file), str(tmp_path), ready, done))
    other.start()
    assert ready.wait(60)
    dry = Dry(tmp_path)

    class Releases(io.StringIO):
        def write(self, text: str) -> int:
            if "waiting for its end" in text:
                done.set()
            return super().write(text)

    said = dry.context.reporter.stream = Releases()
    with one_at_a_time(dry.context, file, within=tmp_path):
        pass
    other.join()
    assert f"Another run writes {file} now; waiting for its end." in said.getvalue()
    with one_at_a_time(dry.context, tmp_path / "nextest" / "other.xml", within=tmp_path):
        pass
    assert said.getvalue().count("Another run") == 1
    locks = {lock.parent for lock in tmp_path.rglob("*.lock")}
    assert locks == {tmp_path / "cache/tasker-ci/locks"}, "none beside the reports"


def test_a_report_behind_a_link_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "nextest").symlink_to("elsewhere")
    file = tmp_path / "nextest" / "junit.xml"
    with (
        pytest.raises(UnsafePlace, match="is a link to 'elsewhere'"),
        one_at_a_time(Dry(tmp_path).context, file, within=tmp_path),
    ):
        pytest.fail("it would be written")


def test_the_affected_packages_are_a_filter_within_what_is_the_session_s_own() -> None:
    scope = NextestScope(session="unit", features="all", without_tests="", foreign="package(=e2e)")
    choice = Choice(profile="default", affected=("a", "b"))
    assert scope.filterset(choice.chosen) == "(package(=a) + package(=b)) - (package(=e2e))"
    narrowed = replace(choice, filterset="test(x)")
    assert narrowed.chosen == "(test(x)) & (package(=a) + package(=b))"
    assert replace(choice, affected=()).chosen == "none()"
    assert replace(choice, affected=None).chosen is None


def test_no_test_at_all_is_honest_only_where_nothing_but_the_changes_chose() -> None:
    choice = Choice(profile="default", affected=("a",))
    assert choice.nothing_is_honest
    assert not replace(choice, filterset="test(x)").nothing_is_honest
    assert not replace(choice, packages=("a",)).nothing_is_honest
    assert not replace(choice, affected=None).nothing_is_honest


def test_what_left_a_part_of_the_tests_is_said_in_the_words_that_did() -> None:
    choice = Choice(profile="ci", packages=("a",), filterset="test(x)", partition="slice:1/2")
    assert choice.part == (
        "--package", "a", "--filter", "test(x)", "--partition", "slice:1/2",
    )  # fmt: skip
    assert Choice(profile="ci").part == ()
    assert Choice(profile="ci", affected=("a",)).part == ("--affected",)


def test_a_report_of_a_part_is_marked_until_the_whole_has_run(tmp_path: Path) -> None:
    report = tmp_path / "unit.default.xml"
    workspace = Workspace(root=tmp_path, target_directory=tmp_path / "target", packages=())
    mark_partial(workspace, report, "--filter", "test(x y)")
    assert partial_mark(report).read_text(encoding="utf-8") == "--filter 'test(x y)'\n"
    mark_partial(workspace, report)
    assert not partial_mark(report).exists()
    mark_partial(workspace, report)


def test_a_dry_run_with_affected_asks_git_nothing(tmp_path: Path) -> None:
    dry = Dry(tmp_path)
    assert dry.argv(affected=True, base="main") == [[*NEXTEST, "default", *REST]]
    assert "which packages are affected is asked when it runs" in dry.context.printed


def test_doctests_that_are_off_are_left_out_and_named_ones_are_not_the_workspace() -> None:
    every = DoctestScope(members=("a", "b"))
    assert every.arguments() == ("--workspace",)
    some = replace(every, off=("b",))
    assert some.arguments() == ("--workspace", "--exclude", "b")
    assert some.packages == ("a",)
    named = replace(some, asked=("a", "b"))
    assert named.arguments() == ("--package", "a")
