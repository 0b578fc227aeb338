"""Which variables change output, and which of them an earlier step has set for us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.settings.output_variables import (
    changes_output,
    list_of,
    names_set,
    without_output_variables,
)

TABLE = {"CARGO_TERM_COLOR": "always", "RUST_BACKTRACE": "1"}


@pytest.mark.parametrize(
    "name",
    [
        "CARGO_TERM_COLOR",
        "CARGO_TERM_PROGRESS_WHEN",
        "CARGO_TERM_QUIET",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "FORCE_COLOR",
        "NO_COLOR",
        "RUST_LOG_STYLE",
        "TERM",
    ],
)
def test_what_changes_output(name: str) -> None:
    assert changes_output(name)


@pytest.mark.parametrize(
    "name",
    ["RUST_BACKTRACE", "RUST_LOG", "CARGO_INCREMENTAL", "CARGO_TERMINAL", "COLOR_SERVICE_URL", ""],
)
def test_what_does_not(name: str) -> None:
    assert not changes_output(name)


class TestWhatAnEarlierStepHasSet:
    def left(self, **environment: str) -> dict[str, str]:
        return without_output_variables(environment, TABLE)

    def test_colour_goes_and_all_else_stays(self) -> None:
        names = "CARGO_TERM_COLOR RUST_BACKTRACE"
        given = {"CARGO_TERM_COLOR": "always", "RUST_BACKTRACE": "1", "HOME": "/h"}
        assert self.left(TASKER_CI_SET=names, **given) == {"RUST_BACKTRACE": "1", "HOME": "/h"}

    def test_without_the_list_everything_is_the_author_s(self) -> None:
        assert self.left(CARGO_TERM_COLOR="always") == {"CARGO_TERM_COLOR": "always"}

    def test_another_value_is_the_author_s_though_the_list_has_the_name(self) -> None:
        left = self.left(TASKER_CI_SET="CARGO_TERM_COLOR", CARGO_TERM_COLOR="never")
        assert left == {"CARGO_TERM_COLOR": "never"}

    def test_a_name_that_the_table_no_longer_has_was_set_all_the_same(self) -> None:
        assert self.left(TASKER_CI_SET="FORCE_COLOR", FORCE_COLOR="1") == {}

    @pytest.mark.parametrize("separator", [" ", ",", "\n", ", ", ":"])
    def test_whatever_separates_the_names(self, separator: str) -> None:
        names = separator.join(("CARGO_TERM_COLOR", "CLICOLOR_FORCE"))
        assert names_set({"TASKER_CI_SET": names}) == {"CARGO_TERM_COLOR", "CLICOLOR_FORCE"}

    def test_a_hostile_list_takes_nothing_else_away(self) -> None:
        given = {"PATH": "/bin", "HOME": "/h", "RUSTFLAGS": "-g"}
        assert self.left(TASKER_CI_SET="PATH HOME RUSTFLAGS $(id) * \x1b[31m", **given) == given

    @given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
    def test_any_text_is_read(self, text: str) -> None:
        names = names_set({"TASKER_CI_SET": text})
        assert names_set({"TASKER_CI_SET": list_of(names)}) == names
        assert without_output_variables({"TASKER_CI_SET": text, "A": "1"}, {}) == {"A": "1"}
