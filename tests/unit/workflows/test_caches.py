"""Which cache a job finds, and who keeps it."""

from __future__ import annotations

from tasker_ci.workflows.caches import STORING, built, checked_only


def test_who_checks_and_who_builds_have_a_cache_each_and_toolchains_too() -> None:
    keys = {each.key for each in (built("stable"), built("beta"), checked_only())}

    assert keys == {"build-stable", "build-beta", "check"}


def test_nothing_is_kept_unless_it_is_said() -> None:
    assert (built("stable").saved, checked_only().saved) == ("false", "false")
    assert checked_only(saved=True).saved == "${{ github.event_name == 'push' }}"
    assert list(STORING) == ["SCCACHE_GHA_RW_MODE"]
