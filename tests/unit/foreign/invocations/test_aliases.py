from __future__ import annotations

from pathlib import PurePosixPath

from foreign_commands import TextsOf

from tasker_ci.foreign.invocations.aliases import alias_of, configurations

TOP = PurePosixPath()


def test_the_nearest_file_and_before_it_the_environment_count() -> None:
    texts = TextsOf({
        ".cargo/config.toml": "alias.x = 'test'\nalias.y = 'doc'",
        "a/.cargo/config.toml": "alias.x = ['build', '-r']",
    })  # fmt: skip
    assert alias_of("x", TOP, texts, {}) == ("test",)
    assert alias_of("x", TOP / "a", texts, {}) == ("build", "-r")
    assert alias_of("y", TOP / "a", texts, {}) == ("doc",)
    assert alias_of("x", TOP, texts, {"CARGO_ALIAS_X": "run"}) == ("run",)
    assert alias_of("x", None, texts, {}) is None


def test_no_alias_replaces_a_subcommand_and_one_replaces_cargo_s_own_alias() -> None:
    texts = TextsOf({".cargo/config.toml": "alias.test = 'build'\nalias.t = 'build'"})
    assert alias_of("test", TOP, texts, {}) is None
    assert alias_of("t", TOP, texts, {}) == ("build",)
    assert alias_of("b", TOP, texts, {}) == ("build",)


def test_a_file_that_is_no_toml_says_nothing() -> None:
    texts = TextsOf({".cargo/config.toml": "alias = ["})
    assert list(configurations(TOP, texts)) == [{}]
