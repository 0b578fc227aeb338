"""Who runs which test target, and which targets would be lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import SelectionError
from tasker_ci.rust.selection import (
    GivenAway,
    Selector,
    check_selection,
    fitting_features,
    left_for_nextest,
    selectors,
    unknown_packages,
)
from tasker_ci.rust.workspace import Package, Target, Workspace
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.tests.settings import UnitSettings

if TYPE_CHECKING:
    from tasker_ci.settings.cargo_features import Features


def target(name: str, kind: str, *features: str, tested: bool = True) -> Target:
    return Target(
        name=name,
        kind=kind,
        source=Path("src/x.rs"),
        tested=tested,
        doctested=kind == "lib",
        required_features=features,
    )


def package(name: str, *targets: Target, **features: list[str]) -> Package:
    return Package(
        name=name,
        version="0.1.0",
        manifest=Path(f"/w/{name}/Cargo.toml"),
        targets=targets,
        features=features,
    )


CORE = package(
    "core",
    target("core", "lib"),
    target("tool", "bin"),
    target("it", "test"),
    target("demo", "example", tested=False),
    target("speed", "bench"),
)
MACRO = package("macro", target("macro", "proc-macro"))


def workspace(*packages: Package) -> Workspace:
    return Workspace(root=Path("/w"), target_directory=Path("/w/target"), packages=packages)


def settings(*, cargo_test: str = "", integration: str = "") -> GivenAway:
    flags = [("unit.cargo-test", cargo_test), ("integration.targets", integration)]
    effective = load_settings(Path("/nowhere"), {}, flags).settings
    return GivenAway(
        cargo_test=effective.of(UnitSettings).cargo_test,
        integration=effective.integration.targets,
    )


@pytest.mark.parametrize(
    ("text", "filterset", "arguments", "ids"),
    [
        pytest.param(
            "core",
            "package(=core)",
            "--package core --tests",
            {"core", "core::bin/tool", "core::it", "core::example/demo", "core::bench/speed"},
            id="package",
        ),
        pytest.param(
            "core::lib", "binary_id(=core)", "--package core --lib", {"core"}, id="library"
        ),
        pytest.param(
            "core::it", "binary_id(=core::it)", "--package core --test it", {"core::it"}, id="test"
        ),
        pytest.param(
            "core::bin/tool",
            "binary_id(=core::bin/tool)",
            "--package core --bin tool",
            {"core::bin/tool"},
            id="binary",
        ),
        pytest.param(
            "core::example/demo",
            "binary_id(=core::example/demo)",
            "--package core --example demo",
            {"core::example/demo"},
            id="example",
        ),
        pytest.param(
            "core::bench/speed",
            "binary_id(=core::bench/speed)",
            "--package core --bench speed",
            {"core::bench/speed"},
            id="benchmark",
        ),
        pytest.param(
            "macro::lib", "binary_id(=macro)", "--package macro --lib", {"macro"}, id="macro"
        ),
        pytest.param(
            "core::none",
            "binary_id(=core::none)",
            "--package core --test none",
            set(),
            id="nothing",
        ),
    ],
)
def test_a_selector_means_the_same_to_nextest_to_cargo_and_to_us(
    text: str, filterset: str, arguments: str, ids: set[str]
) -> None:
    selector = Selector.parse(text)
    assert str(selector) == text
    assert selector.filterset == filterset
    assert " ".join(selector.cargo_arguments) == arguments
    matched = {
        owner.binary_id(each)
        for owner in (CORE, MACRO)
        for each in owner.targets
        if selector.matches(owner, each)
    }
    assert matched == ids


def test_a_list_of_the_settings_is_read_in_order() -> None:
    assert [str(each) for each in selectors(["b", "a::x"])] == ["b", "a::x"]


def test_targets_that_each_have_one_session_are_fine() -> None:
    check_selection(
        workspace(CORE, MACRO), settings(cargo_test="core::it", integration="macro"), "all"
    )


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        pytest.param(
            settings(cargo_test="cor::it"),
            ["unit.cargo-test names cor::it.", "no package cor.", "Did you mean `core`?"],
            id="unknown package",
        ),
        pytest.param(
            settings(integration="zzz"),
            ["integration.targets names zzz.", "no package zzz."],
            id="far",
        ),
        pytest.param(
            settings(cargo_test="core::ti"),
            [
                "unit.cargo-test names core::ti, which does not exist",
                "core, core::bin/tool, core::it, core::bench/speed",
            ],
            id="unknown target",
        ),
        pytest.param(
            settings(cargo_test="core", integration="core::it"),
            ["core::it is in both unit.cargo-test and integration.targets."],
            id="in both",
        ),
    ],
)
def test_settings_that_do_not_fit_the_workspace_are_an_error(
    chosen: GivenAway, words: list[str]
) -> None:
    with pytest.raises(SelectionError) as error:
        check_selection(workspace(CORE), chosen, "all")
    for word in words:
        assert word in error.value.message
    assert error.value.exit_code == 2
    assert error.value.next_step == "Fix .config/tasker-ci.toml."


def test_all_problems_stand_in_one_message() -> None:
    with pytest.raises(SelectionError) as error:
        check_selection(workspace(CORE), settings(cargo_test="a,core::b", integration="c"), "all")
    assert len(error.value.message.splitlines()) == 1 + 3


GATED = package(
    "gated",
    target("gated", "lib"),
    target("it", "test", "http", "tls"),
    default=["http"],
    full=["http", "tls"],
    http=[],
    tls=[],
)


@pytest.mark.parametrize(
    ("features", "lacking"),
    [
        pytest.param("all", None, id="all"),
        pytest.param("default", "tls", id="default"),
        pytest.param("none", "http, tls", id="none"),
        pytest.param(("tls",), None, id="named, with the default ones"),
        pytest.param(("gated/tls",), None, id="named with its package"),
        pytest.param(("full",), None, id="through another feature"),
        pytest.param(("other/tls",), "tls", id="of another package"),
        pytest.param((), "tls", id="empty list"),
    ],
)
def test_a_target_whose_features_nobody_switches_on_would_be_lost(
    features: Features, lacking: str | None
) -> None:
    if lacking is None:
        check_selection(workspace(GATED), settings(), features)
        return
    with pytest.raises(SelectionError) as error:
        check_selection(workspace(GATED), settings(), features)
    assert f"gated::it needs the feature {lacking}, which no session" in error.value.message


def test_a_binary_that_is_not_built_is_only_a_warning() -> None:
    gated = package("gated", target("gated", "lib"), target("tool", "bin", "cli"), cli=[])
    (warning,) = check_selection(workspace(gated), settings(), "default")
    assert warning.startswith("gated::bin/tool needs the feature cli, which no session switches on")
    assert check_selection(workspace(gated), settings(), "all") == ()


def test_a_target_of_integration_may_need_what_it_likes() -> None:
    check_selection(workspace(GATED), settings(integration="gated::it"), "none")


@pytest.mark.parametrize(
    ("chosen", "packages", "left"),
    [
        pytest.param(settings(), (), True, id="nothing given away"),
        pytest.param(settings(cargo_test="core"), (), True, id="one package of two"),
        pytest.param(settings(cargo_test="core", integration="macro"), (), False, id="all"),
        pytest.param(settings(cargo_test="core"), ("core",), False, id="all of the chosen package"),
        pytest.param(
            settings(cargo_test="core"), ("macro",), True, id="none of the chosen package"
        ),
        pytest.param(settings(cargo_test="core"), ("core", "macro"), True, id="one of two chosen"),
        pytest.param(settings(cargo_test="core::it"), ("core",), True, id="one target"),
        pytest.param(settings(cargo_test="core"), ("nobody",), True, id="unknown: nextest says it"),
    ],
)
def test_nextest_runs_only_if_anything_is_left_for_it(
    chosen: GivenAway, packages: tuple[str, ...], left: bool
) -> None:
    assert left_for_nextest(workspace(CORE, MACRO), chosen, packages) is left


def test_a_workspace_without_targets_is_left_for_nextest_to_judge() -> None:
    assert left_for_nextest(workspace(), settings())


def test_unknown_packages_are_named_with_the_nearest() -> None:
    assert unknown_packages(workspace(CORE, MACRO), ["core"]) is None
    text = unknown_packages(workspace(CORE, MACRO), ["marco", "core", "zzz"])
    assert text == (
        "The workspace has no package marco. Did you mean `macro`? "
        "The workspace has no package zzz."
    )


@pytest.mark.parametrize(
    ("features", "packages", "expected"),
    [
        ("all", ["a"], "all"),
        (("fast", "slow"), ["a"], ("fast",)),
        (("fast", "slow"), ["a", "b"], ("fast", "slow")),
        (("a/fast", "b/slow", "serde/derive"), ["a"], ("a/fast", "serde/derive")),
        (("slow",), ["a"], ()),
    ],
)
def test_a_command_for_some_packages_names_no_feature_that_they_lack(
    features: Features, packages: list[str], expected: Features
) -> None:
    members = workspace(package("a", fast=[]), package("b", slow=[]))
    assert fitting_features(members, features, packages) == expected
