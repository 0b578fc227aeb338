"""The session `features`: the calls, and a depth that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UsageError
from tasker_ci.sessions.features.session import _groups, _parts, features
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path


def test_a_package_with_exclusive_features_has_a_call_of_its_own() -> None:
    assert [*_parts(["a", "b"], {})] == [(("--workspace",), ())]
    assert [*_parts(["a", "b"], {"a": ("x,y",)})] == [
        (("--workspace", "--exclude", "a"), ()),
        (("--package", "a"), ("x,y",)),
    ]
    assert [*_parts(["a"], {"a": ("x,y",)})] == [(("--package", "a"), ("x,y",))]


def test_all_at_once_is_left_out_where_some_exclude_each_other() -> None:
    assert [*_groups(())] == []
    assert [*_groups(("x,y", "x,y"))] == [
        "--mutually-exclusive-features",
        "x,y",
        "--exclude-all-features",
    ]


def test_a_depth_is_one_or_more(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="So many features"):
        features(make_context(tmp_path, runner=RecordingRunner()), depth=0)
