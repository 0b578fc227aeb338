from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from planted_ci import planted

from tasker_ci.sessions.review.nextest_reports import covers, report_settings

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
[store]
dir = "out"

[profile.default.junit]
path = "all.xml"

[profile.ci]
inherits = "base"

[profile.base.junit]
path = "base.xml"

[profile.twice.junit]
path = "out/twice.xml"
"""


def test_where_profiles_write(tmp_path: Path) -> None:
    subject = planted(tmp_path, {"rust/.config/nextest.toml": SETTINGS})
    (found,) = report_settings(subject.checkout)
    assert found.report("default") == "rust/out/default/all.xml"
    assert found.report("ci") == "rust/out/ci/base.xml"
    assert found.report("other") == "rust/out/other/all.xml"
    assert found.is_joined_twice("twice")
    assert not found.is_joined_twice("ci")
    assert str(found.place("twice")) == "rust/.config/nextest.toml:14"


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    subject = planted(tmp_path, {".config/nextest.toml": "a = ["})
    assert [*report_settings(subject.checkout)] == []


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        (("a/b/junit.xml",), True),
        (("a",), True),
        (("a/",), True),
        (("a/**/*.xml",), True),
        (("**/junit.xml",), True),
        (("a/b/*",), True),
        (("a/b/junit.?ml",), True),
        (("a/*.xml",), False),
        (("b/junit.xml",), False),
        (("a/**", "!a/b/junit.xml"), False),
    ],
)
def test_what_patterns_take(patterns: tuple[str, ...], taken: bool) -> None:
    assert covers(patterns, "a/b/junit.xml") is taken
